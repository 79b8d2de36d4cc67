-- id: catalogue.database
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW DEFINITION on the database
-- params: database:ident
-- columns: kind text, name text, facet text, value text?; kind text, name text, facet text, value text?
SELECT N'user' AS kind, u.name, N'type' AS facet, u.type_desc AS value
FROM {{database:ident}}.sys.database_principals AS u
WHERE u.type <> 'R'
ORDER BY u.name;

SELECT N'user' AS kind, u.name, g.permission_name AS facet, g.state_desc AS value
FROM {{database:ident}}.sys.database_permissions AS g
JOIN {{database:ident}}.sys.database_principals AS u ON u.principal_id = g.grantee_principal_id
WHERE g.class = 0
ORDER BY u.name, g.permission_name;
