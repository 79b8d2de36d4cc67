-- id: login.revoke_connect
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL SERVER
-- params: login:ident
-- columns: -
REVOKE CONNECT SQL FROM {{login:ident}};
