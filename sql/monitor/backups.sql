-- id: monitor.backups
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SELECT on msdb.dbo.backupset; VIEW ANY DATABASE
-- params: -
-- columns: name text, finished datetime?
-- why: joined by GUID too: the backup of a dropped database of the same name proves nothing
SELECT d.name, DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), b.finished) AS finished
FROM sys.databases AS d
LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id
LEFT JOIN (
    SELECT s.database_name, s.database_guid, MAX(s.backup_finish_date) AS finished
    FROM msdb.dbo.backupset AS s
    WHERE s.type = 'D' AND s.is_copy_only = 0
    GROUP BY s.database_name, s.database_guid
) AS b ON b.database_name = d.name AND b.database_guid = r.database_guid
WHERE d.database_id > 4;
