-- id: role.add_member
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY SERVER ROLE, and membership in a fixed role to give it
-- params: role:ident, member:ident
-- columns: -
ALTER SERVER ROLE {{role:ident}} ADD MEMBER {{member:ident}};
