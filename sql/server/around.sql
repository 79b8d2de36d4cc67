-- id: server.around
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION; SELECT on msdb.dbo.backupset
-- params: -
-- columns: database_name text, seconds int; host text?, login text, sessions int; group_name text, listener text?; database_name text, backups int, largest_bytes bigint, span_s int
-- why: what happens around the databases: write transactions that are old, other servers that come in by a linked server, listeners of groups, log backups of two weeks
SELECT d.name AS database_name, MAX(DATEDIFF(SECOND, a.transaction_begin_time, SYSDATETIME())) AS seconds
FROM sys.dm_tran_database_transactions AS y
JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = y.transaction_id
JOIN sys.databases AS d ON d.database_id = y.database_id
WHERE y.database_id > 4 AND y.database_transaction_type = 1 AND y.database_transaction_begin_lsn IS NOT NULL
GROUP BY d.name
ORDER BY d.name;

SELECT s.host_name AS host, s.login_name AS login, COUNT(*) AS sessions
FROM sys.dm_exec_sessions AS s
WHERE s.is_user_process = 1 AND s.program_name = N'Microsoft SQL Server'
    AND ISNULL(s.host_name, N'') <> ISNULL(CAST(SERVERPROPERTY('MachineName') AS nvarchar(128)), N'')
GROUP BY s.host_name, s.login_name
ORDER BY s.host_name, s.login_name;

SELECT g.name AS group_name, l.dns_name AS listener
FROM sys.availability_groups AS g
JOIN sys.availability_group_listeners AS l ON l.group_id = g.group_id
ORDER BY g.name;

SELECT
    b.database_name,
    COUNT(*) AS backups,
    CAST(MAX(b.backup_size) AS bigint) AS largest_bytes,
    DATEDIFF(SECOND, MIN(b.backup_finish_date), MAX(b.backup_finish_date)) AS span_s
FROM msdb.dbo.backupset AS b
WHERE b.type = 'L' AND b.backup_finish_date > DATEADD(DAY, -14, SYSDATETIME())
GROUP BY b.database_name
ORDER BY b.database_name;
