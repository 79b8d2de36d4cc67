-- id: role.drop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY SERVER ROLE
-- params: role:ident
-- columns: -
DROP SERVER ROLE {{role:ident}};
