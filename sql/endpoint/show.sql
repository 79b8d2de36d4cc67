-- id: endpoint.show
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: name text, state text?, role text?, authentication text?, is_encryption_enabled bit, algorithm text?, port int?, ip_address text?, certificate_id int, certificate_name text?
SELECT
    e.name,
    e.state_desc AS state,
    e.role_desc AS role,
    e.connection_auth_desc AS authentication,
    e.is_encryption_enabled,
    e.encryption_algorithm_desc AS algorithm,
    t.port,
    t.ip_address,
    e.certificate_id,
    c.name AS certificate_name
FROM sys.database_mirroring_endpoints AS e
LEFT JOIN sys.tcp_endpoints AS t ON t.endpoint_id = e.endpoint_id
LEFT JOIN master.sys.certificates AS c ON c.certificate_id = e.certificate_id;
