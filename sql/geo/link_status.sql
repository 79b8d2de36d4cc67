-- id: geo.link_status
-- access: read
-- edition: SQL Managed Instance
-- permission: VIEW DATABASE STATE on the database
-- params: database:ident
-- columns: state text?, lag_s int?, age_s int?, role int?
-- why: empty where the database is not replicated; on a secondary the lag says nothing
SELECT
    g.replication_state_desc AS state,
    g.replication_lag_sec AS lag_s,
    DATEDIFF(SECOND, g.last_replication, SYSDATETIMEOFFSET()) AS age_s,
    CAST(g.role AS int) AS role
FROM {{database:ident}}.sys.dm_geo_replication_link_status AS g;
