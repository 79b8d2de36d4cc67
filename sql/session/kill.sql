-- id: session.kill
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY CONNECTION
-- params: session:int
-- columns: -
KILL {{session:int}};
