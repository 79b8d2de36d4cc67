-- id: group.contained
-- access: read
-- edition: 2022 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: name text
SELECT g.name FROM sys.availability_groups AS g WHERE g.is_contained = 1 ORDER BY g.name;
