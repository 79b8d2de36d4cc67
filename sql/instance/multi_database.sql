-- id: instance.multi_database
-- access: read
-- edition: 2022 CU27 and later, 2025 CU9 and later
-- permission: sysadmin
-- params: -
-- columns: is_on int?
-- why: without an argument the procedure tells the switch and changes nothing
DECLARE @on int;
EXEC @on = sys.sp_multidb_milink;
SELECT @on AS is_on;
