-- id: database.log_end
-- access: read
-- edition: 2016 SP2 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE (2022: VIEW SERVER PERFORMANCE STATE)
-- params: database:bind
-- columns: log_end_lsn text?, log_reuse_wait text?
SELECT CAST(l.log_end_lsn AS nvarchar(48)) AS log_end_lsn, l.log_truncation_holdup_reason AS log_reuse_wait
FROM sys.databases AS d
CROSS APPLY sys.dm_db_log_stats(d.database_id) AS l
WHERE d.name = {{database:bind}};
