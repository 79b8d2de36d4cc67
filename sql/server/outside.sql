-- id: server.outside
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: name text, product text?, provider text?, data_source text?, catalog text?, is_rpc_out bit; name text, identity_name text?
SELECT
    s.name,
    s.product,
    s.provider,
    s.data_source,
    s.catalog,
    CAST(ISNULL(s.is_rpc_out_enabled, 0) AS bit) AS is_rpc_out
FROM sys.servers AS s
WHERE s.is_linked = 1
ORDER BY s.name;

SELECT c.name, c.credential_identity AS identity_name
FROM sys.credentials AS c
ORDER BY c.name;
