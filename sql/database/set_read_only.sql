-- id: database.set_read_only
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the database
-- params: database:ident
-- columns: -
-- why: refused with 1468 while the database is in a group
ALTER DATABASE {{database:ident}} SET READ_ONLY WITH ROLLBACK IMMEDIATE;
