-- id: group.create_on_cluster
-- access: change
-- edition: 2016
-- permission: CREATE AVAILABILITY GROUP
-- params: group:ident, database:ident, server:string, url:string
-- columns: -
-- why: 2016 has no CLUSTER_TYPE and needs a failover cluster
CREATE AVAILABILITY GROUP {{group:ident}}
    FOR DATABASE {{database:ident}}
    REPLICA ON {{server:string}} WITH (
        ENDPOINT_URL = {{url:string}},
        AVAILABILITY_MODE = SYNCHRONOUS_COMMIT,
        FAILOVER_MODE = MANUAL,
        SEEDING_MODE = AUTOMATIC
    );
