-- performance counters pivoted
DECLARE @t TABLE (object_name nvarchar(128), counter_name nvarchar(128), instance_name nvarchar(128), cntr_value bigint, UNIQUE CLUSTERED (object_name, counter_name, instance_name))
INSERT INTO @t SELECT DISTINCT RTRIM(spi.object_name), RTRIM(spi.counter_name), RTRIM(spi.instance_name), CAST(spi.cntr_value AS bigint) FROM sys.dm_os_performance_counters AS spi WHERE (counter_name IN ('Log Send Queue', N'Recovery Queue') OR (object_name LIKE '%Database Replica%' AND instance_name <> '_Total'))
SELECT instance_name, [Log Send Queue], [Recovery Queue] FROM (SELECT instance_name, counter_name, cntr_value FROM @t) AS src PIVOT (MAX(cntr_value) FOR counter_name IN ([Log Send Queue], [Recovery Queue])) AS p
SELECT 'sqlserver_performance' AS [measurement], REPLACE(@@SERVERNAME, '\', ':') AS [sql_instance], v.value FROM (VALUES (1, 'a'), (2, NULL)) AS v(id, value) WHERE v.value IS NOT NULL
