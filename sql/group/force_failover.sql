-- id: group.force_failover
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident
-- columns: -
-- why: runs on the secondary; what had not arrived is lost
ALTER AVAILABILITY GROUP {{group:ident}} FORCE_FAILOVER_ALLOW_DATA_LOSS;
