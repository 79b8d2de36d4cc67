-- id: database.flush_query_store
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on the database
-- params: database:ident, name:string
-- columns: -
-- why: its late write would move a log that should stand still
IF EXISTS (SELECT 1 FROM sys.databases WHERE name = {{name:string}} AND is_query_store_on = 1)
    EXEC {{database:ident}}.sys.sp_query_store_flush_db;
