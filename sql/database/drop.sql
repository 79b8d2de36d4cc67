-- id: database.drop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL on the database, or ALTER ANY DATABASE
-- params: database:ident
-- columns: -
-- why: refused with 3702 while in use and with 3752 while in a group
DROP DATABASE {{database:ident}};
