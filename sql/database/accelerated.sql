-- id: database.accelerated
-- access: read
-- edition: 2019 and later, SQL Managed Instance
-- permission: VIEW ANY DATABASE, VIEW SERVER STATE
-- params: -
-- columns: database_name text, is_on bit, filegroup_id int?
SELECT
    d.name AS database_name,
    CAST(ISNULL(d.is_accelerated_database_recovery_on, 0) AS bit) AS is_on,
    CAST(p.pvs_filegroup_id AS int) AS filegroup_id
FROM sys.databases AS d
LEFT JOIN sys.dm_tran_persistent_version_store_stats AS p ON p.database_id = d.database_id
WHERE d.database_id > 4
ORDER BY d.name;
