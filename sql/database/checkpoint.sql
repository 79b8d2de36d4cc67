-- id: database.checkpoint
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: CHECKPOINT and membership of db_owner in the database
-- params: database:ident
-- columns: -
EXEC {{database:ident}}.sys.sp_executesql N'CHECKPOINT';
