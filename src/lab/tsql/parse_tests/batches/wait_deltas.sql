-- two samples and their difference
SET NOCOUNT, XACT_ABORT ON
SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
IF OBJECT_ID('tempdb.dbo.#w') IS NOT NULL
    DROP TABLE #w;
CREATE TABLE #w (pass tinyint NOT NULL, wait_type nvarchar(60), ms bigint, CONSTRAINT pk_w PRIMARY KEY (pass, wait_type))
DECLARE @i tinyint = 1, @stop datetime
WHILE @i <= 2
BEGIN
    INSERT #w SELECT @i, wait_type, SUM(wait_time_ms) FROM sys.dm_os_wait_stats (NOLOCK) WHERE wait_type NOT IN ('SLEEP_TASK', N'BROKER_EVENTHANDLER') AND wait_type NOT LIKE 'PREEMPTIVE[_]%' GROUP BY wait_type
    IF @i = 1 WAITFOR DELAY '00:00:05'
    SET @i += 1
    IF @i > 5 BREAK ELSE CONTINUE
END
SELECT TOP (10) WITH TIES b.wait_type, b.ms - a.ms AS delta, 100. * (b.ms - a.ms) / NULLIF(SUM(b.ms - a.ms) OVER (), 0) AS pct
FROM #w a INNER HASH JOIN #w b ON a.wait_type = b.wait_type AND a.pass = 1 AND b.pass = 2 WHERE b.ms > a.ms ORDER BY delta DESC
OPTION (MAXDOP 1)
TRUNCATE TABLE #w DROP TABLE #w
