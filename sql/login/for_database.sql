-- id: login.for_database
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION; CONNECT on the database
-- params: database:ident
-- columns: name text, kind text, sid binary?, is_disabled bit, is_sysadmin bit, has_control_server bit, connect_sql text?, default_database text?, user_name text?; name text, kind text, sid binary?, connect text?, without_login bit; guest_enabled bit
SELECT
    p.name,
    p.type AS kind,
    p.sid,
    ISNULL(p.is_disabled, 0) AS is_disabled,
    CAST(CASE WHEN m.member_principal_id IS NULL THEN 0 ELSE 1 END AS bit) AS is_sysadmin,
    CAST(CASE WHEN k.state IN ('G', 'W') THEN 1 ELSE 0 END AS bit) AS has_control_server,
    c.state AS connect_sql,
    p.default_database_name AS default_database,
    u.name AS user_name
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
LEFT JOIN {{database:ident}}.sys.database_principals AS u
    ON u.sid = p.sid AND u.type IN ('S', 'U', 'G', 'E', 'X')
WHERE p.type IN ('S', 'U', 'G', 'E', 'X')
    AND (u.principal_id IS NOT NULL OR m.member_principal_id IS NOT NULL OR k.state IN ('G', 'W'))
ORDER BY p.name;

SELECT
    u.name,
    u.type AS kind,
    u.sid,
    c.state AS connect,
    CAST(CASE WHEN u.authentication_type = 2 OR (u.type IN ('U', 'G', 'E', 'X') AND p.principal_id IS NULL) THEN 1
              ELSE 0 END AS bit) AS without_login
FROM {{database:ident}}.sys.database_principals AS u
LEFT JOIN {{database:ident}}.sys.database_permissions AS c
    ON c.grantee_principal_id = u.principal_id AND c.class = 0 AND c.type = 'CO'
LEFT JOIN sys.server_principals AS p ON p.sid = u.sid
WHERE u.principal_id > 4 AND u.type IN ('S', 'U', 'G', 'E', 'X')
ORDER BY u.name;

SELECT CAST(CASE WHEN EXISTS (
    SELECT 1
    FROM {{database:ident}}.sys.database_permissions AS g
    WHERE g.grantee_principal_id = 2 AND g.class = 0 AND g.type = 'CO' AND g.state IN ('G', 'W')
) THEN 1 ELSE 0 END AS bit) AS guest_enabled;
