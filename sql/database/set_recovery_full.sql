-- id: database.set_recovery_full
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the database
-- params: database:ident
-- columns: -
ALTER DATABASE {{database:ident}} SET RECOVERY FULL;
