-- id: monitor.sweep
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION, VIEW ANY DATABASE
-- params: -
-- columns: server_name text?, now_utc datetime; name text, state text, is_read_only bit, updateability text?, user_access text, log_reuse_wait text?, log_max_kb bigint?, log_used_kb bigint?, log_size_kb bigint?; group_id guid, group_name text, is_distributed bit?, replica_id guid, name text, endpoint_url text?, mode text, failover_mode text?, seeding_mode text?, session_timeout int?, is_local bit?, role text?, operational_state text?, connected text?, health text?, last_connect_error_number int?, last_connect_error text?, last_connect_error_at datetime?; group_id guid, group_name text, is_distributed bit?, replica_id guid, replica text?, database_name text?, database_id int?, group_database_id guid, is_local bit?, is_primary_replica bit?, sync_state text?, health text?, database_state text?, is_suspended bit?, suspend_reason text?, end_of_log_lsn lsn?, last_sent_lsn lsn?, last_received_lsn lsn?, last_hardened_lsn lsn?, last_redone_lsn lsn?, last_commit_lsn lsn?, truncation_lsn lsn?, recovery_lsn lsn?, last_sent_at datetime?, last_received_at datetime?, last_hardened_at datetime?, last_redone_at datetime?, last_commit_at datetime?, log_send_queue_kb bigint?, log_send_rate_kb bigint?, redo_queue_kb bigint?, redo_rate_kb bigint?, secondary_lag_seconds bigint?; group_id guid?, group_database_id guid?, operation_id guid, started datetime?, completed datetime?, is_source bit?, state text?, performed_seeding bit?, attempts int?, failure text?, error_code int?, database_name text?, role text?, internal_state text?, transferred_bytes bigint?, database_bytes bigint?, bytes_per_second bigint?, estimated_end datetime?, failure_code int?, failure_message text?; name text, kind text, sid binary?, is_disabled bit, is_sysadmin bit, has_control_server bit, connect_sql text?, default_database text?; name text, not_after datetime?
-- why: everything of one instance in one round trip, however many links it has; counters of a managed instance go by physical names, and before 2019 that column is missing: the name then means the one outside
SELECT @@SERVERNAME AS server_name, SYSUTCDATETIME() AS now_utc;

SELECT
    d.name,
    ISNULL(d.state_desc, N'') AS state,
    ISNULL(d.is_read_only, 0) AS is_read_only,
    CAST(DATABASEPROPERTYEX(d.name, 'Updateability') AS nvarchar(60)) AS updateability,
    ISNULL(d.user_access_desc, N'') AS user_access,
    d.log_reuse_wait_desc AS log_reuse_wait,
    f.log_max_kb,
    u.used_kb AS log_used_kb,
    z.size_kb AS log_size_kb
FROM sys.databases AS d
LEFT JOIN (
    SELECT x.database_id, LOWER(x.physical_name) AS name
    FROM (SELECT CAST(NULL AS nvarchar(128)) AS physical_database_name) AS older
    CROSS APPLY (
        SELECT s.database_id, ISNULL(physical_database_name, s.name) AS physical_name FROM sys.databases AS s
    ) AS x
) AS n ON n.database_id = d.database_id
LEFT JOIN (
    SELECT m.database_id,
        SUM(CASE WHEN m.max_size <= 0 OR m.max_size >= 268435456 THEN CAST(0 AS bigint)
                 ELSE CAST(m.max_size AS bigint) * 8 END) AS log_max_kb
    FROM sys.master_files AS m
    WHERE m.type = 1
    GROUP BY m.database_id
) AS f ON f.database_id = d.database_id
LEFT JOIN (
    SELECT LOWER(RTRIM(p.instance_name)) AS name, MAX(p.cntr_value) AS used_kb
    FROM sys.dm_os_performance_counters AS p
    WHERE p.counter_name = N'Log File(s) Used Size (KB)'
    GROUP BY LOWER(RTRIM(p.instance_name))
) AS u ON u.name = n.name
LEFT JOIN (
    SELECT LOWER(RTRIM(p.instance_name)) AS name, MAX(p.cntr_value) AS size_kb
    FROM sys.dm_os_performance_counters AS p
    WHERE p.counter_name = N'Log File(s) Size (KB)'
    GROUP BY LOWER(RTRIM(p.instance_name))
) AS z ON z.name = n.name
WHERE d.database_id > 4;

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
FROM sys.availability_groups AS g
JOIN sys.availability_replicas AS r ON r.group_id = g.group_id
LEFT JOIN sys.dm_hadr_availability_replica_states AS s ON s.replica_id = r.replica_id AND s.group_id = r.group_id
WHERE g.is_distributed = 1;

SELECT
    s.group_id,
    g.name AS group_name,
    g.is_distributed,
    s.replica_id,
    CAST(NULL AS nvarchar(256)) AS replica,
    COALESCE(d.name, c.database_name) AS database_name,
    s.database_id,
    s.group_database_id,
    s.is_local,
    s.is_primary_replica,
    s.synchronization_state_desc AS sync_state,
    s.synchronization_health_desc AS health,
    s.database_state_desc AS database_state,
    s.is_suspended,
    s.suspend_reason_desc AS suspend_reason,
    s.end_of_log_lsn,
    s.last_sent_lsn,
    s.last_received_lsn,
    s.last_hardened_lsn,
    s.last_redone_lsn,
    s.last_commit_lsn,
    s.truncation_lsn,
    s.recovery_lsn,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_sent_time) AS last_sent_at,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_received_time) AS last_received_at,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_hardened_time) AS last_hardened_at,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_redone_time) AS last_redone_at,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_commit_time) AS last_commit_at,
    s.log_send_queue_size AS log_send_queue_kb,
    s.log_send_rate AS log_send_rate_kb,
    s.redo_queue_size AS redo_queue_kb,
    s.redo_rate AS redo_rate_kb,
    CAST(s.secondary_lag_seconds AS bigint) AS secondary_lag_seconds
FROM sys.dm_hadr_database_replica_states AS s
JOIN sys.availability_groups AS g ON g.group_id = s.group_id
LEFT JOIN sys.databases AS d ON d.database_id = s.database_id
LEFT JOIN sys.availability_databases_cluster AS c ON c.group_database_id = s.group_database_id AND c.group_id = s.group_id
WHERE g.is_distributed = 1;

SELECT
    a.ag_id AS group_id,
    a.ag_db_id AS group_database_id,
    a.operation_id,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), a.start_time) AS started,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), a.completion_time) AS completed,
    a.is_source,
    a.current_state AS state,
    a.performed_seeding,
    a.number_of_attempts AS attempts,
    a.failure_state_desc AS failure,
    a.error_code,
    p.local_database_name AS database_name,
    p.role_desc AS role,
    p.internal_state_desc AS internal_state,
    p.transferred_size_bytes AS transferred_bytes,
    p.database_size_bytes AS database_bytes,
    p.transfer_rate_bytes_per_second AS bytes_per_second,
    p.estimate_time_complete_utc AS estimated_end,
    p.failure_code,
    p.failure_message
FROM sys.dm_hadr_automatic_seeding AS a
LEFT JOIN sys.dm_hadr_physical_seeding_stats AS p ON p.local_physical_seeding_id = a.operation_id
ORDER BY a.start_time DESC;

SELECT
    p.name,
    p.type AS kind,
    p.sid,
    ISNULL(p.is_disabled, 0) AS is_disabled,
    CAST(CASE WHEN m.member_principal_id IS NULL THEN 0 ELSE 1 END AS bit) AS is_sysadmin,
    CAST(CASE WHEN k.state IN ('G', 'W') THEN 1 ELSE 0 END AS bit) AS has_control_server,
    c.state AS connect_sql,
    p.default_database_name AS default_database
FROM sys.server_principals AS p
LEFT JOIN (
    SELECT x.member_principal_id
    FROM sys.server_role_members AS x
    JOIN sys.server_principals AS r ON r.principal_id = x.role_principal_id
    WHERE r.name = N'sysadmin'
) AS m ON m.member_principal_id = p.principal_id
LEFT JOIN sys.server_permissions AS c
    ON c.grantee_principal_id = p.principal_id AND c.class = 100 AND c.type = 'COSQ'
LEFT JOIN sys.server_permissions AS k
    ON k.grantee_principal_id = p.principal_id AND k.class = 100 AND k.type = 'CL'
WHERE p.type IN ('S', 'U', 'G', 'E', 'X')
ORDER BY p.name;

SELECT e.name, c.expiry_date AS not_after
FROM sys.database_mirroring_endpoints AS e
LEFT JOIN master.sys.certificates AS c ON c.certificate_id = e.certificate_id;
