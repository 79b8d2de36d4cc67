-- id: database.flush_log
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: membership of db_owner in the database
-- params: database:ident
-- columns: -
-- why: delayed durability acknowledges commits that are not on disk yet
EXEC {{database:ident}}.sys.sp_flush_log;
