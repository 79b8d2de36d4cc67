-- id: user.grant_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: user:ident
-- columns: -
-- why: takes the place of a denial; it is replicated
GRANT CONNECT TO {{user:ident}};
