-- id: group.drop
-- access: change
-- edition: 2016 and later
-- permission: CONTROL on the group, ALTER ANY AVAILABILITY GROUP
-- params: group:ident
-- columns: -
DROP AVAILABILITY GROUP {{group:ident}};
