-- last backups per database and a backup
SELECT d.name, MAX(CASE WHEN b.type = 'D' THEN b.backup_finish_date END) AS last_full, MAX(CASE b.type WHEN 'L' THEN b.backup_finish_date ELSE NULL END) AS last_log,
  DATEDIFF(hh, MAX(b.backup_finish_date), GETDATE()) AS hours_ago, SUM(b.compressed_backup_size) / 1024.0 / 1024 AS mb
FROM sys.databases d LEFT JOIN msdb..backupset b ON b.database_name = d.name AND b.is_copy_only = 0 WHERE d.database_id NOT IN (2) AND d.source_database_id IS NULL GROUP BY d.name, d.recovery_model HAVING MAX(b.backup_finish_date) < DATEADD(day, -1, GETDATE()) OR MAX(b.backup_finish_date) IS NULL
DECLARE @f nvarchar(260) = N'/var/opt/backup/Sales_' + REPLACE(CONVERT(nvarchar(19), GETDATE(), 126), ':', '') + N'.bak'
BACKUP DATABASE [Sales] TO DISK = @f WITH COPY_ONLY, CHECKSUM, COMPRESSION, INIT, STATS = 10, NAME = N'Sales full'
BACKUP LOG [Sales] TO DISK = N'NUL' WITH NO_CHECKSUM, NOFORMAT
