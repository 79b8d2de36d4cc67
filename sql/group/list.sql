-- id: group.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION
-- params: -
-- columns: group_id guid, name text, is_distributed bit?, primary_replica text?, health text?
SELECT g.group_id, g.name, g.is_distributed, s.primary_replica, s.synchronization_health_desc AS health
FROM sys.availability_groups AS g
LEFT JOIN sys.dm_hadr_availability_group_states AS s ON s.group_id = g.group_id
ORDER BY g.name;
