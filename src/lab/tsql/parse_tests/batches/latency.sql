-- CTEs and window functions over replica states
DECLARE @now datetime2(3) = SYSUTCDATETIME(), @limit int = 60
;WITH pri AS (
  SELECT drs.database_id, drs.last_commit_time, ar.replica_server_name, ROW_NUMBER() OVER (PARTITION BY drs.database_id ORDER BY drs.last_commit_time DESC) AS rn
  FROM sys.dm_hadr_database_replica_states drs JOIN sys.availability_replicas ar ON ar.replica_id = drs.replica_id
  WHERE drs.is_primary_replica = 1
), sec (database_id, t) AS (SELECT database_id, MAX(last_commit_time) FROM sys.dm_hadr_database_replica_states WHERE is_primary_replica = 0 GROUP BY database_id HAVING MAX(last_commit_time) IS NOT NULL)
SELECT DB_NAME(p.database_id) AS db, DATEDIFF(SECOND, s.t, p.last_commit_time) AS lag_s, COUNT(*) OVER () AS total
FROM pri p FULL OUTER JOIN sec s ON s.database_id = p.database_id WHERE p.rn = 1 AND DATEDIFF(ss, s.t, @now) BETWEEN -1 AND @limit
ORDER BY lag_s DESC OFFSET 0 ROWS FETCH NEXT 50 ROWS ONLY
IF @@ROWCOUNT = 0 BEGIN
  RAISERROR (N'no rows at %s', 10, 1, @now) WITH NOWAIT
  RETURN
END
EXEC master..xp_instance_regread N'HKEY_LOCAL_MACHINE', N'SOFTWARE\Microsoft\MSSQLServer', N'x', @now OUTPUT
PRINT 'done'
