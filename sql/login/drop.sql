-- id: login.drop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LOGIN
-- params: login:ident
-- columns: -
DROP LOGIN {{login:ident}};
