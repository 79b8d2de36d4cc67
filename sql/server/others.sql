-- id: server.others
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SELECT on msdb.dbo.sysalerts, sysproxies and sysmail_profile; VIEW ANY DEFINITION
-- params: -
-- columns: kind text, name text
-- why: objects that are not brought over, so that none of them is forgotten in silence
SELECT CAST(N'alert' AS nvarchar(20)) AS kind, CAST(a.name AS nvarchar(400)) AS name FROM msdb.dbo.sysalerts AS a
UNION ALL
SELECT N'proxy', p.name FROM msdb.dbo.sysproxies AS p
UNION ALL
SELECT N'mail_profile', m.name FROM msdb.dbo.sysmail_profile AS m
UNION ALL
SELECT N'linked_login', s.name + N' for ' + ISNULL(p.name, N'everybody')
FROM sys.linked_logins AS l
JOIN sys.servers AS s ON s.server_id = l.server_id
LEFT JOIN sys.server_principals AS p ON p.principal_id = l.local_principal_id
WHERE s.is_linked = 1 AND l.remote_name IS NOT NULL;
