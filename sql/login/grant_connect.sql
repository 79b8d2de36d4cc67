-- id: login.grant_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL SERVER
-- params: login:ident
-- columns: -
GRANT CONNECT SQL TO {{login:ident}};
