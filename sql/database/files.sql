-- id: database.files
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: database_name text, kind int, name text, bytes bigint, state text?
SELECT
    d.name AS database_name,
    CAST(f.type AS int) AS kind,
    f.name,
    CAST(f.size AS bigint) * 8192 AS bytes,
    f.state_desc AS state
FROM sys.master_files AS f
JOIN sys.databases AS d ON d.database_id = f.database_id
WHERE d.database_id > 4
ORDER BY d.name, f.file_id;
