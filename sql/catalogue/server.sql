-- id: catalogue.server
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION, SQLAgentReaderRole in msdb
-- params: -
-- columns: kind text, name text, facet text, value text?; kind text, name text, facet text, value text?; kind text, name text, facet text, value text?; kind text, name text, facet text, value text?
-- why: one shape for all, so that two pictures can be compared line by line; sets of their own, for collations may differ
SELECT
    N'login' AS kind,
    p.name,
    N'state' AS facet,
    CASE WHEN p.is_disabled = 1 THEN N'DISABLED' ELSE N'ENABLED' END AS value
FROM sys.server_principals AS p
WHERE p.type IN ('S', 'U', 'G', 'E', 'X')
ORDER BY p.name;

SELECT N'login' AS kind, p.name, g.permission_name AS facet, g.state_desc AS value
FROM sys.server_permissions AS g
JOIN sys.server_principals AS p ON p.principal_id = g.grantee_principal_id
WHERE g.class = 100
ORDER BY p.name, g.permission_name;

SELECT
    N'job' AS kind,
    j.name,
    N'state' AS facet,
    CASE WHEN j.enabled = 1 THEN N'ENABLED' ELSE N'DISABLED' END AS value
FROM msdb.dbo.sysjobs AS j
ORDER BY j.name;

SELECT N'endpoint' AS kind, e.name, N'state' AS facet, e.state_desc AS value
FROM sys.endpoints AS e
ORDER BY e.name;
