-- id: group.failover
-- access: change
-- edition: 2022 CU13 and later, SQL Managed Instance
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident
-- columns: -
-- why: of a link it runs on the current primary
ALTER AVAILABILITY GROUP {{group:ident}} FAILOVER;
