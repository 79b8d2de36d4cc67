-- id: database.inside
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONNECT and VIEW DEFINITION on the database, VIEW ANY DEFINITION
-- params: database:ident, name:string
-- columns: database_name text, memory_filegroups int, stream_filegroups int, memory_tables int, file_tables int, master_keys int, guest_grants int; database_name text, name text, kind text, sid binary?, authentication int, login text?; other_server text?, other_database text
-- why: one such three answers for each database, all of them in one batch
SELECT
    {{name:string}} AS database_name,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.filegroups AS g WHERE g.type = 'FX') AS memory_filegroups,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.filegroups AS g WHERE g.type = 'FD') AS stream_filegroups,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.tables AS t WHERE t.is_memory_optimized = 1) AS memory_tables,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.tables AS t WHERE t.is_filetable = 1) AS file_tables,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.symmetric_keys AS k WHERE k.symmetric_key_id = 101) AS master_keys,
    (SELECT COUNT(*) FROM {{database:ident}}.sys.database_permissions AS p
     WHERE p.grantee_principal_id = 2 AND p.class = 0 AND p.type = 'CO' AND p.state IN ('G', 'W')) AS guest_grants;

SELECT
    {{name:string}} AS database_name,
    u.name,
    u.type AS kind,
    u.sid,
    CAST(u.authentication_type AS int) AS authentication,
    l.name AS login
FROM {{database:ident}}.sys.database_principals AS u
LEFT JOIN sys.server_principals AS l ON l.sid = u.sid
WHERE u.principal_id > 4 AND u.type IN ('S', 'U', 'G', 'E', 'X')
ORDER BY u.name;

SELECT x.referenced_server_name AS other_server, x.referenced_database_name AS other_database
FROM {{database:ident}}.sys.sql_expression_dependencies AS x
WHERE x.referenced_database_name IS NOT NULL AND x.referenced_database_name <> {{name:string}}
UNION
SELECT PARSENAME(n.base_object_name, 4), PARSENAME(n.base_object_name, 3)
FROM {{database:ident}}.sys.synonyms AS n
WHERE PARSENAME(n.base_object_name, 3) IS NOT NULL AND PARSENAME(n.base_object_name, 3) <> {{name:string}}
ORDER BY 1, 2;
