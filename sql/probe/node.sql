-- id: probe.node
-- access: read
-- edition: SQL Managed Instance
-- permission: VIEW SERVER STATE
-- params: -
-- columns: fqdn text?, port text?, cluster text?, node text?
-- why: the views have no reference page: they are asked as the vendor's own network test asks them, and may be missing
SELECT
    CAST((SELECT MAX(c.value) FROM sys.dm_hadr_fabric_config_parameters AS c
          WHERE c.parameter_name = N'DnsRecordName') AS nvarchar(512)) AS fqdn,
    CAST((SELECT MAX(c.value) FROM sys.dm_hadr_fabric_config_parameters AS c
          WHERE c.parameter_name = N'HadrPort') AS nvarchar(32)) AS port,
    CAST((SELECT MAX(c.value) FROM sys.dm_hadr_fabric_config_parameters AS c
          WHERE c.parameter_name = N'ClusterName') AS nvarchar(512)) AS cluster,
    CAST(MAX(SUBSTRING(r.replica_address, 0, CHARINDEX(N'\', r.replica_address))) AS nvarchar(512)) AS node
FROM sys.dm_hadr_fabric_partitions AS p
JOIN sys.dm_hadr_fabric_replicas AS r ON r.partition_id = p.partition_id
JOIN sys.dm_hadr_fabric_nodes AS f ON f.node_name = r.node_name
WHERE p.service_name LIKE N'%ManagedServer%' AND r.replica_role = 2
    AND RIGHT(p.service_name, CHARINDEX(N'/', REVERSE(p.service_name)) - 1)
        = (SELECT MAX(c.value) FROM sys.dm_hadr_fabric_config_parameters AS c
           WHERE c.section_name = N'SQL' AND c.parameter_name = N'InstanceName');
