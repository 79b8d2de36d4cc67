-- id: login.survey
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION; CONTROL SERVER to see that a login has a password hash
-- params: -
-- columns: name text, kind text, sid binary?, is_disabled bit, default_database text?, default_language text?, is_policy_checked bit, is_expiration_checked bit, has_hash bit; role text, member text; name text, state text, permission text
SELECT
    p.name,
    p.type AS kind,
    p.sid,
    CAST(ISNULL(p.is_disabled, 0) AS bit) AS is_disabled,
    p.default_database_name AS default_database,
    p.default_language_name AS default_language,
    CAST(ISNULL(l.is_policy_checked, 0) AS bit) AS is_policy_checked,
    CAST(ISNULL(l.is_expiration_checked, 0) AS bit) AS is_expiration_checked,
    CAST(CASE WHEN l.password_hash IS NULL THEN 0 ELSE 1 END AS bit) AS has_hash
FROM sys.server_principals AS p
LEFT JOIN sys.sql_logins AS l ON l.principal_id = p.principal_id
WHERE p.type IN ('S', 'U', 'G', 'E', 'X') OR (p.type = 'R' AND p.is_fixed_role = 0 AND p.principal_id > 2)
ORDER BY p.name;

SELECT r.name AS role, m.name AS member
FROM sys.server_role_members AS x
JOIN sys.server_principals AS r ON r.principal_id = x.role_principal_id
JOIN sys.server_principals AS m ON m.principal_id = x.member_principal_id
ORDER BY r.name, m.name;

SELECT p.name, g.state, g.permission_name AS permission
FROM sys.server_permissions AS g
JOIN sys.server_principals AS p ON p.principal_id = g.grantee_principal_id
WHERE g.class = 100
ORDER BY p.name, g.permission_name;
