-- id: group.databases
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION
-- params: -
-- columns: group_id guid, group_name text, is_distributed bit?, replica_id guid, replica text?, database_name text?, database_id int?, group_database_id guid, is_local bit?, is_primary_replica bit?, sync_state text?, health text?, database_state text?, is_suspended bit?, suspend_reason text?, end_of_log_lsn lsn?, last_sent_lsn lsn?, last_received_lsn lsn?, last_hardened_lsn lsn?, last_redone_lsn lsn?, last_commit_lsn lsn?, truncation_lsn lsn?, recovery_lsn lsn?, last_sent_at datetime?, last_received_at datetime?, last_hardened_at datetime?, last_redone_at datetime?, last_commit_at datetime?, log_send_queue_kb bigint?, log_send_rate_kb bigint?, redo_queue_kb bigint?, redo_rate_kb bigint?, secondary_lag_seconds bigint?
SELECT
    s.group_id,
    g.name AS group_name,
    g.is_distributed,
    s.replica_id,
    r.replica_server_name AS replica,
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
LEFT JOIN sys.availability_replicas AS r ON r.replica_id = s.replica_id AND r.group_id = s.group_id
LEFT JOIN sys.databases AS d ON d.database_id = s.database_id
LEFT JOIN sys.availability_databases_cluster AS c ON c.group_database_id = s.group_database_id AND c.group_id = s.group_id
ORDER BY g.name, s.database_id;
