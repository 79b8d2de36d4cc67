-- id: login.disable
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LOGIN
-- params: login:ident
-- columns: -
ALTER LOGIN {{login:ident}} DISABLE;
