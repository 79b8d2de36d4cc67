-- id: group.create
-- access: change
-- edition: 2017 and later
-- permission: CREATE AVAILABILITY GROUP
-- params: group:ident, database:ident, server:string, url:string
-- columns: -
CREATE AVAILABILITY GROUP {{group:ident}}
    WITH (CLUSTER_TYPE = NONE)
    FOR DATABASE {{database:ident}}
    REPLICA ON {{server:string}} WITH (
        ENDPOINT_URL = {{url:string}},
        AVAILABILITY_MODE = SYNCHRONOUS_COMMIT,
        FAILOVER_MODE = MANUAL,
        SEEDING_MODE = AUTOMATIC
    );
