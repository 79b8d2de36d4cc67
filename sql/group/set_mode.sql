-- id: group.set_mode
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY AVAILABILITY GROUP
-- params: group:ident, first:string, second:string, mode:keyword(SYNCHRONOUS_COMMIT|ASYNCHRONOUS_COMMIT)
-- columns: -
ALTER AVAILABILITY GROUP {{group:ident}}
    MODIFY AVAILABILITY GROUP ON
    {{first:string}} WITH (AVAILABILITY_MODE = {{mode:keyword}}),
    {{second:string}} WITH (AVAILABILITY_MODE = {{mode:keyword}});
