-- id: group.options
-- access: read
-- edition: 2017 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: group_id guid, cluster_type text?, required_synchronized_secondaries int?
SELECT
    g.group_id,
    g.cluster_type_desc AS cluster_type,
    g.required_synchronized_secondaries_to_commit AS required_synchronized_secondaries
FROM sys.availability_groups AS g;
