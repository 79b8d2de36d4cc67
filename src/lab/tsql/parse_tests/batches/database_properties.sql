-- temp table filled by a procedure, joined to sys.databases
SET NOCOUNT ON
IF OBJECT_ID('tempdb..#options') IS NOT NULL DROP TABLE #options
CREATE TABLE #options (name sysname COLLATE DATABASE_DEFAULT NOT NULL PRIMARY KEY CLUSTERED, value int NULL, minimum sql_variant, is_dynamic bit DEFAULT (0) NOT NULL)
INSERT INTO #options (name, value) SELECT name, CONVERT(int, value_in_use) FROM sys.configurations WITH (NOLOCK) WHERE is_advanced = 0 OPTION (RECOMPILE)
UPDATE o SET value += 1, is_dynamic = c.is_dynamic FROM #options AS o INNER JOIN sys.configurations c ON c.name = o.name COLLATE DATABASE_DEFAULT WHERE c.is_dynamic = 1
SELECT dtb.name AS [Name], dtb.database_id AS [ID], CAST(case when dtb.name in ('master','model','msdb','tempdb') then 1 else dtb.is_distributor end AS bit) AS [IsSystemObject],
  CAST(has_dbaccess(dtb.name) AS bit) AS [IsAccessible], ISNULL(suser_sname(dtb.owner_sid),'') AS [Owner], dtb.[state] & 2 | 4 AS s,
  (SELECT COUNT(*) FROM #options) AS [n], ISNULL(DATABASEPROPERTYEX(dtb.name, 'Recovery'), N'?') AS r
FROM master.sys.databases AS dtb LEFT OUTER JOIN sys.master_files AS df ON df.database_id = dtb.database_id AND 1=df.data_space_id AND df.file_id = 1
WHERE (CAST(case when dtb.name in ('master','model','msdb','tempdb') then 1 else dtb.is_distributor end AS bit)=N'0') ORDER BY [Name] ASC
DROP TABLE #options
