-- id: group.create_empty
-- access: change
-- edition: 2022 CU10 and later
-- permission: CREATE AVAILABILITY GROUP
-- params: group:ident, server:string, url:string
-- columns: -
-- why: for links that start from the managed instance
CREATE AVAILABILITY GROUP {{group:ident}}
    WITH (CLUSTER_TYPE = NONE)
    FOR
    REPLICA ON {{server:string}} WITH (
        ENDPOINT_URL = {{url:string}},
        AVAILABILITY_MODE = SYNCHRONOUS_COMMIT,
        FAILOVER_MODE = MANUAL,
        SEEDING_MODE = AUTOMATIC
    );
