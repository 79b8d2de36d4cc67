-- id: role.create
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CREATE SERVER ROLE
-- params: role:ident
-- columns: -
CREATE SERVER ROLE {{role:ident}};
