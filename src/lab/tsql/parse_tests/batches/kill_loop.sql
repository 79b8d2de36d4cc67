-- a loop that ends sessions in one database
DECLARE @spid int, @sql nvarchar(100), @n int
DECLARE @victims TABLE (spid int PRIMARY KEY, login sysname NULL, started datetime DEFAULT GETDATE())
SET @n = 0
INSERT INTO @victims (spid, login) SELECT session_id, original_login_name FROM sys.dm_exec_sessions WHERE database_id = DB_ID(N'Sales') AND session_id <> @@SPID
SELECT @spid = MIN(spid) FROM @victims
WHILE @spid IS NOT NULL
BEGIN
  SET @sql = N'KILL ' + CAST(@spid AS nvarchar(10))
  BEGIN TRY EXEC (@sql) SET @n += 1 END TRY
  BEGIN CATCH
    IF ERROR_NUMBER() NOT IN (6104, 6106, 6107) THROW
  END CATCH
  DELETE TOP (1) FROM @victims WHERE spid = @spid
  SELECT @spid = MIN(spid) FROM @victims
END
PRINT CONCAT('killed ', @n)
KILL 'D5499C66-E398-45CA-BF7E-DC9C194B48CF'
RETURN
