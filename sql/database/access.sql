-- id: database.access
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DATABASE, VIEW SERVER STATE, VIEW ANY DEFINITION
-- params: database:bind
-- columns: name text, state text, is_read_only bit, updateability text?, user_access text, group_name text?, is_distributed bit?, role text?
SELECT
    d.name,
    ISNULL(d.state_desc, N'') AS state,
    ISNULL(d.is_read_only, 0) AS is_read_only,
    CAST(DATABASEPROPERTYEX(d.name, 'Updateability') AS nvarchar(60)) AS updateability,
    ISNULL(d.user_access_desc, N'') AS user_access,
    g.name AS group_name,
    g.is_distributed,
    a.role_desc AS role
FROM sys.databases AS d
LEFT JOIN sys.dm_hadr_database_replica_states AS s ON s.database_id = d.database_id AND s.is_local = 1
LEFT JOIN sys.availability_groups AS g ON g.group_id = s.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS a ON a.group_id = s.group_id AND a.is_local = 1
WHERE d.name = {{database:bind}};
