-- id: group.create_distributed
-- access: change
-- edition: builds that can hold a link
-- permission: CREATE AVAILABILITY GROUP
-- params: group:ident, first:string, first_url:string, second:string, second_url:string
-- columns: -
CREATE AVAILABILITY GROUP {{group:ident}}
    WITH (DISTRIBUTED)
    AVAILABILITY GROUP ON
    {{first:string}} WITH (
        LISTENER_URL = {{first_url:string}},
        AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT,
        FAILOVER_MODE = MANUAL,
        SEEDING_MODE = AUTOMATIC,
        SESSION_TIMEOUT = 20
    ),
    {{second:string}} WITH (
        LISTENER_URL = {{second_url:string}},
        AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT,
        FAILOVER_MODE = MANUAL,
        SEEDING_MODE = AUTOMATIC
    );
