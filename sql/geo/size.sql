-- id: geo.size
-- access: read
-- edition: SQL Managed Instance
-- permission: CONNECT on the database
-- params: database:ident
-- columns: bytes bigint?
-- why: what the first copy carries; Azure SQL Database too, asked inside of the database
SELECT SUM(CAST(f.size AS bigint)) * 8192 AS bytes
FROM {{database:ident}}.sys.database_files AS f;
