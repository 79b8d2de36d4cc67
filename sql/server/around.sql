-- id: server.around
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION; SELECT on msdb.dbo.backupset and log_shipping_primary_databases
-- params: -
-- columns: database_name text, seconds int; host text?, login text, sessions int; group_name text, listener text?; database_name text, backups int, largest_bytes bigint, span_s int, age_s int; database_name text, waits_for text?, used_kb bigint?, limit_kb bigint?; processors int; endpoint text, kind text, port int; database_name text
-- why: what happens around the databases: write transactions that are old, other servers that come in by a linked server, listeners of groups, log backups of two weeks, room in the logs, processors, ports that are taken, log shipping
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
    DATEDIFF(SECOND, MIN(b.backup_finish_date), MAX(b.backup_finish_date)) AS span_s,
    DATEDIFF(SECOND, MAX(b.backup_finish_date), SYSDATETIME()) AS age_s
FROM msdb.dbo.backupset AS b
WHERE b.type = 'L' AND b.backup_finish_date > DATEADD(DAY, -14, SYSDATETIME())
GROUP BY b.database_name
ORDER BY b.database_name;

SELECT d.name AS database_name, d.log_reuse_wait_desc AS waits_for, u.used_kb, f.limit_kb
FROM sys.databases AS d
LEFT JOIN (
    SELECT p.instance_name, MAX(p.cntr_value) AS used_kb
    FROM sys.dm_os_performance_counters AS p
    WHERE p.object_name LIKE N'%:Databases%' AND p.counter_name = N'Log File(s) Used Size (KB)'
    GROUP BY p.instance_name
) AS u ON u.instance_name = d.name
LEFT JOIN (
    SELECT m.database_id,
        MAX(CASE WHEN m.growth = 0 THEN CAST(m.size AS bigint) * 8
                 WHEN m.max_size > 0 AND m.max_size < 268435456 THEN CAST(m.max_size AS bigint) * 8 END) AS limit_kb
    FROM sys.master_files AS m
    WHERE m.type = 1
    GROUP BY m.database_id
) AS f ON f.database_id = d.database_id
WHERE d.database_id > 4
ORDER BY d.name;

SELECT i.cpu_count AS processors FROM sys.dm_os_sys_info AS i;

SELECT e.name AS endpoint, e.type_desc AS kind, e.port
FROM sys.tcp_endpoints AS e
WHERE e.type_desc <> N'DATABASE_MIRRORING' AND e.port > 0
ORDER BY e.name;

IF OBJECT_ID(N'msdb.dbo.log_shipping_primary_databases') IS NOT NULL
    SELECT s.primary_database AS database_name
    FROM msdb.dbo.log_shipping_primary_databases AS s
    ORDER BY s.primary_database;
