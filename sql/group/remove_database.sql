-- id: group.remove_database
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident, database:ident
-- columns: -
ALTER AVAILABILITY GROUP {{group:ident}} REMOVE DATABASE {{database:ident}};
