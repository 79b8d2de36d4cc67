-- id: role.drop_member
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY SERVER ROLE
-- params: role:ident, member:ident
-- columns: -
ALTER SERVER ROLE {{role:ident}} DROP MEMBER {{member:ident}};
