-- id: user.revoke_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: user:ident
-- columns: -
-- why: guest is shut by taking its grant away; it is replicated
REVOKE CONNECT FROM {{user:ident}};
