-- id: login.set_default_database
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LOGIN
-- params: login:ident, database:ident
-- columns: -
ALTER LOGIN {{login:ident}} WITH DEFAULT_DATABASE = {{database:ident}};
