-- id: seeding.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE
-- params: -
-- columns: group_id guid?, group_database_id guid?, operation_id guid, started datetime?, completed datetime?, is_source bit?, state text?, performed_seeding bit?, attempts int?, failure text?, error_code int?, database_name text?, role text?, internal_state text?, transferred_bytes bigint?, database_bytes bigint?, bytes_per_second bigint?, estimated_end datetime?, failure_code int?, failure_message text?
-- why: one view keeps local time, the other UTC; no rows mean not started or already over
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
