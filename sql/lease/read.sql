-- id: lease.read
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE
-- params: resource:bind
-- columns: session_id int, login text?, host text?, program text?, since datetime?
-- why: the description holds the first 32 characters of the name, in brackets
SELECT
    l.request_session_id AS session_id,
    s.login_name AS login,
    s.host_name AS host,
    s.program_name AS program,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), s.login_time) AS since
FROM sys.dm_tran_locks AS l
LEFT JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id
WHERE l.resource_type = N'APPLICATION'
    AND l.resource_database_id = DB_ID(N'master')
    AND l.request_status = N'GRANT'
    AND CHARINDEX(N'[' + LEFT({{resource:bind}}, 32) + N']', l.resource_description) > 0;
