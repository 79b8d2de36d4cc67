-- id: group.replicas
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION
-- params: -
-- columns: group_id guid, group_name text, is_distributed bit?, replica_id guid, name text, endpoint_url text?, mode text, failover_mode text?, seeding_mode text?, session_timeout int?, is_local bit?, role text?, operational_state text?, connected text?, health text?, last_connect_error_number int?, last_connect_error text?, last_connect_error_at datetime?
SELECT
    g.group_id,
    g.name AS group_name,
    g.is_distributed,
    r.replica_id,
    r.replica_server_name AS name,
    r.endpoint_url,
    r.availability_mode_desc AS mode,
    r.failover_mode_desc AS failover_mode,
    r.seeding_mode_desc AS seeding_mode,
    r.session_timeout,
    s.is_local,
    s.role_desc AS role,
    s.operational_state_desc AS operational_state,
    s.connected_state_desc AS connected,
    s.synchronization_health_desc AS health,
    s.last_connect_error_number,
    s.last_connect_error_description AS last_connect_error,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_connect_error_timestamp) AS last_connect_error_at
FROM sys.availability_replicas AS r
JOIN sys.availability_groups AS g ON g.group_id = r.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS s ON s.replica_id = r.replica_id AND s.group_id = r.group_id
ORDER BY g.name, r.replica_server_name;
