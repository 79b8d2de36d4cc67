-- id: backup.last_full
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SELECT on msdb.dbo.backupset
-- params: database:bind
-- columns: started datetime, finished datetime, is_copy_only bit, has_checksums bit?, bytes bigint?, first_lsn lsn?, last_lsn lsn?, database_guid guid?
SELECT TOP (1)
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), b.backup_start_date) AS started,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), b.backup_finish_date) AS finished,
    ISNULL(b.is_copy_only, 0) AS is_copy_only,
    b.has_backup_checksums AS has_checksums,
    CAST(b.backup_size AS bigint) AS bytes,
    b.first_lsn,
    b.last_lsn,
    b.database_guid
FROM msdb.dbo.backupset AS b
WHERE b.database_name = {{database:bind}} AND b.type = 'D' AND b.is_copy_only = 0
    AND b.backup_start_date IS NOT NULL AND b.backup_finish_date IS NOT NULL
ORDER BY b.backup_finish_date DESC;
