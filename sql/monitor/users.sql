-- id: monitor.users
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONNECT on the database (or CONNECT ANY DATABASE), VIEW ANY DEFINITION
-- params: database:ident, name:string
-- columns: database_name text, user_name text, kind text, sid binary?, principal_id int, authentication_type int?, guest_enabled bit
-- why: many databases are asked in one batch, one row set each; dbo is always among the rows
SELECT
    {{name:string}} AS database_name,
    u.name AS user_name,
    u.type AS kind,
    u.sid,
    u.principal_id,
    CAST(u.authentication_type AS int) AS authentication_type,
    CAST(CASE WHEN EXISTS (
        SELECT 1
        FROM {{database:ident}}.sys.database_permissions AS g
        WHERE g.grantee_principal_id = 2 AND g.class = 0 AND g.type = 'CO' AND g.state IN ('G', 'W')
    ) THEN 1 ELSE 0 END AS bit) AS guest_enabled
FROM {{database:ident}}.sys.database_principals AS u
WHERE u.type IN ('S', 'U', 'G', 'E', 'X') AND u.principal_id NOT IN (2, 3, 4);
