-- id: geo.wait_copy_sync
-- access: read
-- edition: SQL Managed Instance, Azure SQL Database
-- permission: the right to connect to the database; the reference asks for a user in both copies
-- params: server:string, database:string
-- columns: -
-- why: an application runs it on the primary, in the database, right after COMMIT; milink prints it and never sends it
EXEC sys.sp_wait_for_database_copy_sync @target_server = {{server:string}}, @target_database = {{database:string}};
