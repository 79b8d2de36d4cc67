-- id: user.grant_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: database:ident, user:ident
-- columns: -
-- why: takes the place of a denial; it is replicated
USE {{database:ident}};
GRANT CONNECT TO {{user:ident}};
USE master;
