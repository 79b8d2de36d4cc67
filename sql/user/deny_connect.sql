-- id: user.deny_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database
-- params: user:ident
-- columns: -
-- why: a user with a password of its own passes every bar on logins; the denial is replicated
DENY CONNECT TO {{user:ident}};
