-- id: session.in_database
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE
-- params: database:bind
-- columns: session_id int, unit_of_work guid?, login text?, original_login text?, host text?, program text?, status text?, database_name text?, open_transactions int?, login_at datetime?, last_request_start datetime?, log_bytes bigint?, command text?, percent_complete float?, estimated_completion_ms bigint?
-- why: writers by three-part names sit in another database and show only by their locks
SELECT
    k.session_id,
    k.unit_of_work,
    s.login_name AS login,
    s.original_login_name AS original_login,
    s.host_name AS host,
    s.program_name AS program,
    s.status,
    DB_NAME(s.database_id) AS database_name,
    s.open_transaction_count AS open_transactions,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.login_time) AS login_at,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.last_request_start_time) AS last_request_start,
    t.log_bytes,
    q.command,
    CAST(q.percent_complete AS float) AS percent_complete,
    q.estimated_completion_time AS estimated_completion_ms
FROM (
    SELECT e.session_id, CAST(NULL AS uniqueidentifier) AS unit_of_work
    FROM sys.dm_exec_sessions AS e
    WHERE e.database_id = DB_ID({{database:bind}}) AND e.is_user_process = 1
    UNION
    SELECT l.request_session_id, CASE WHEN l.request_session_id = -2 THEN l.request_owner_guid END
    FROM sys.dm_tran_locks AS l
    WHERE l.resource_database_id = DB_ID({{database:bind}})
    UNION
    SELECT x.session_id, CAST(NULL AS uniqueidentifier)
    FROM sys.dm_tran_database_transactions AS y
    JOIN sys.dm_tran_session_transactions AS x ON x.transaction_id = y.transaction_id
    WHERE y.database_id = DB_ID({{database:bind}})
) AS k
LEFT JOIN sys.dm_exec_sessions AS s ON s.session_id = k.session_id
LEFT JOIN (
    SELECT x.session_id, SUM(y.database_transaction_log_bytes_used) AS log_bytes
    FROM sys.dm_tran_database_transactions AS y
    JOIN sys.dm_tran_session_transactions AS x ON x.transaction_id = y.transaction_id
    WHERE y.database_id = DB_ID({{database:bind}})
    GROUP BY x.session_id
) AS t ON t.session_id = k.session_id
LEFT JOIN (
    SELECT r.session_id, MAX(r.command) AS command, MAX(r.percent_complete) AS percent_complete,
        MAX(r.estimated_completion_time) AS estimated_completion_time
    FROM sys.dm_exec_requests AS r
    GROUP BY r.session_id
) AS q ON q.session_id = k.session_id
WHERE (k.session_id = -2 OR s.is_user_process = 1) AND k.session_id <> @@SPID
ORDER BY k.session_id;
