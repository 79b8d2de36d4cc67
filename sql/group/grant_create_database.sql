-- id: group.grant_create_database
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident
-- columns: -
ALTER AVAILABILITY GROUP {{group:ident}} GRANT CREATE ANY DATABASE;
