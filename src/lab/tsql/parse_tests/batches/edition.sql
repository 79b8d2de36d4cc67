-- one SELECT with properties and a CASE over EXISTS
SELECT SERVERPROPERTY('EngineEdition'), SERVERPROPERTY('productversion'), SERVERPROPERTY ('productlevel'),
  SERVERPROPERTY ('edition'), SERVERPROPERTY('MachineName') AS [Machine],
  CASE WHEN EXISTS (SELECT TOP 1 1 FROM [sys].[all_columns] WITH (NOLOCK) WHERE name = N'xml_index_type' AND OBJECT_ID(N'sys.xml_indexes') = object_id)
       THEN 1 ELSE 0 END AS SXI_PRESENT,
  OSVersion = RIGHT(@@version, LEN(@@version) - 3 - charindex(' on ', LOWER(@@version)))
