-- id: user.deny_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: database:ident, user:ident
-- columns: -
-- why: a user with a password of its own passes every bar on logins; the denial is replicated
USE {{database:ident}};
DENY CONNECT TO {{user:ident}};
USE master;
