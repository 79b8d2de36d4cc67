-- synchronous, equal log positions, switch
ALTER AVAILABILITY GROUP [DAG_Sales] MODIFY AVAILABILITY GROUP ON 'AG_Sales' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT), 'AG_Sales_MI' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)
DECLARE @a numeric(25,0), @b numeric(25, 0), @tries int = 0
WHILE @tries < 10 BEGIN
  SELECT @a = drs.last_hardened_lsn, @b = drs.end_of_log_lsn FROM sys.dm_hadr_database_replica_states drs INNER JOIN sys.availability_groups ag ON drs.group_id = ag.group_id WHERE ag.is_distributed = 1 AND drs.database_id = DB_ID('Sales')
  IF @a = @b AND @a IS NOT NULL BREAK
  WAITFOR DELAY '00:00:01' SET @tries += 1
END
IF @a <> @b THROW 50001, N'log positions differ', 1;
ALTER AVAILABILITY GROUP [DAG_Sales] SET (ROLE = SECONDARY)
ALTER AVAILABILITY GROUP [DAG_Sales] FORCE_FAILOVER_ALLOW_DATA_LOSS
DROP AVAILABILITY GROUP [DAG_Sales]
ALTER DATABASE [Sales] SET READ_ONLY WITH ROLLBACK IMMEDIATE
