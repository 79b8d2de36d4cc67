-- id: user.revoke_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: database:ident, user:ident
-- columns: -
-- why: guest is shut by taking its grant away; it is replicated
USE {{database:ident}};
REVOKE CONNECT FROM {{user:ident}};
USE master;
