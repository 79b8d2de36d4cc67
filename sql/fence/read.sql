-- id: fence.read
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONNECT on the database
-- params: database:ident, name:string
-- columns: value text?
SELECT CAST(e.value AS nvarchar(400)) AS value
FROM {{database:ident}}.sys.extended_properties AS e
WHERE e.class = 0 AND e.name = {{name:string}};
