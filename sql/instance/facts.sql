-- id: instance.facts
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: none; VIEW ANY DEFINITION to see the master key
-- params: -
-- columns: version text, level text?, update_level text?, update_reference text?, build_type text?, update_type text?, edition text, engine_edition int, server_name text?, property_server_name text?, machine_name text?, instance_name text?, is_hadr_enabled int?, hadr_manager_status int?, is_clustered int?, collation text?, platform text?, system text?, login text, is_sysadmin bit, view_server_state bit, view_any_definition bit, view_any_database bit, alter_any_availability_group bit, has_add_issuer bit, has_get_endpoint_certificate bit, has_validate_chain bit, has_multi_database_link bit, has_master_key bit, master_key_by_server bit, now_utc datetime, utc_offset_minutes int
SELECT
    CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
    CAST(SERVERPROPERTY('ProductLevel') AS nvarchar(128)) AS level,
    CAST(SERVERPROPERTY('ProductUpdateLevel') AS nvarchar(128)) AS update_level,
    CAST(SERVERPROPERTY('ProductUpdateReference') AS nvarchar(128)) AS update_reference,
    CAST(SERVERPROPERTY('ProductBuildType') AS nvarchar(128)) AS build_type,
    CAST(SERVERPROPERTY('ProductUpdateType') AS nvarchar(128)) AS update_type,
    CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,
    CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine_edition,
    @@SERVERNAME AS server_name,
    CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS property_server_name,
    CAST(SERVERPROPERTY('MachineName') AS nvarchar(128)) AS machine_name,
    CAST(SERVERPROPERTY('InstanceName') AS nvarchar(128)) AS instance_name,
    CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS is_hadr_enabled,
    CAST(SERVERPROPERTY('HadrManagerStatus') AS int) AS hadr_manager_status,
    CAST(SERVERPROPERTY('IsClustered') AS int) AS is_clustered,
    CAST(SERVERPROPERTY('Collation') AS nvarchar(128)) AS collation,
    CAST(CASE WHEN @@VERSION LIKE N'% on Linux%' THEN N'Linux'
              WHEN @@VERSION LIKE N'% on Windows%' THEN N'Windows' END AS nvarchar(20)) AS platform,
    CASE WHEN CHARINDEX(N' on ', @@VERSION) > 0
         THEN LTRIM(RTRIM(REPLACE(SUBSTRING(@@VERSION, CHARINDEX(N' on ', @@VERSION) + 4, 200), NCHAR(10), N''))) END AS system,
    SUSER_SNAME() AS login,
    CAST(ISNULL(IS_SRVROLEMEMBER('sysadmin'), 0) AS bit) AS is_sysadmin,
    CAST(ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'), 0) AS bit) AS view_server_state,
    CAST(ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DEFINITION'), 0) AS bit) AS view_any_definition,
    CAST(ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DATABASE'), 0) AS bit) AS view_any_database,
    CAST(ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, N'ALTER ANY AVAILABILITY GROUP'), 0) AS bit) AS alter_any_availability_group,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.system_objects WHERE name = N'sp_certificate_add_issuer') THEN 1 ELSE 0 END AS bit) AS has_add_issuer,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.system_objects WHERE name = N'sp_get_endpoint_certificate') THEN 1 ELSE 0 END AS bit) AS has_get_endpoint_certificate,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.system_objects WHERE name = N'sp_validate_certificate_ca_chain') THEN 1 ELSE 0 END AS bit) AS has_validate_chain,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.system_objects WHERE name = N'sp_multidb_milink') THEN 1 ELSE 0 END AS bit) AS has_multi_database_link,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM master.sys.symmetric_keys WHERE symmetric_key_id = 101) THEN 1 ELSE 0 END AS bit) AS has_master_key,
    CAST(CASE WHEN EXISTS (SELECT 1 FROM sys.databases WHERE name = N'master' AND is_master_key_encrypted_by_server = 1) THEN 1 ELSE 0 END AS bit) AS master_key_by_server,
    SYSUTCDATETIME() AS now_utc,
    DATEPART(TZOFFSET, SYSDATETIMEOFFSET()) AS utc_offset_minutes;
