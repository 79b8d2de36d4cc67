-- size of files, per database in a loop
CREATE TABLE #space ([db] sysname, [file_id] int, [size_mb] decimal(18, 2), [used_mb] AS ([size_mb] / 2) PERSISTED, [path] nvarchar(260))
DECLARE @db sysname, @cmd nvarchar(max) = N''
SELECT @cmd += N'USE ' + QUOTENAME(name) + N'; INSERT #space SELECT DB_NAME(), file_id, size * 8 / 1024.0, physical_name FROM sys.database_files; ' FROM sys.databases WHERE state = 0 AND HAS_DBACCESS(name) = 1
EXEC sp_executesql @cmd
SELECT vs.volume_mount_point, vs.total_bytes / 1073741824 AS gb, SUM(s.size_mb) AS [total] FROM #space s CROSS APPLY sys.dm_os_volume_stats(DB_ID(s.db), s.[file_id]) AS vs GROUP BY vs.volume_mount_point, vs.total_bytes
DBCC SQLPERF(LOGSPACE) WITH NO_INFOMSGS
