-- id: group.set_secondary
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident
-- columns: -
-- why: repairs a split brain; its undo is a forced failover
ALTER AVAILABILITY GROUP {{group:ident}} SET (ROLE = SECONDARY);
