-- id: database.set_read_write
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the database
-- params: database:ident
-- columns: -
ALTER DATABASE {{database:ident}} SET READ_WRITE WITH ROLLBACK IMMEDIATE;
