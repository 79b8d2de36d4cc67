-- id: login.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: name text, kind text, sid binary?, is_disabled bit, is_sysadmin bit, has_control_server bit, connect_sql text?, default_database text?
SELECT
    p.name,
    p.type AS kind,
    p.sid,
    ISNULL(p.is_disabled, 0) AS is_disabled,
    CAST(CASE WHEN m.member_principal_id IS NULL THEN 0 ELSE 1 END AS bit) AS is_sysadmin,
    CAST(CASE WHEN k.state IN ('G', 'W') THEN 1 ELSE 0 END AS bit) AS has_control_server,
    c.state AS connect_sql,
    p.default_database_name AS default_database
FROM sys.server_principals AS p
LEFT JOIN (
    SELECT x.member_principal_id
    FROM sys.server_role_members AS x
    JOIN sys.server_principals AS r ON r.principal_id = x.role_principal_id
    WHERE r.name = N'sysadmin'
) AS m ON m.member_principal_id = p.principal_id
LEFT JOIN sys.server_permissions AS c
    ON c.grantee_principal_id = p.principal_id AND c.class = 100 AND c.type = 'COSQ'
LEFT JOIN sys.server_permissions AS k
    ON k.grantee_principal_id = p.principal_id AND k.class = 100 AND k.type = 'CL'
WHERE p.type IN ('S', 'U', 'G', 'E', 'X')
ORDER BY p.name;
