-- id: database.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DATABASE; VIEW ANY DEFINITION for files; SELECT on msdb.dbo.backupset
-- params: -
-- columns: name text, database_id int, created datetime?, state text, recovery_model text, is_read_only bit, updateability text?, user_access text, compatibility_level int, collation text?, is_auto_close bit, is_encrypted bit?, is_broker_enabled bit, is_cdc_enabled bit, is_published bit, is_merge_published bit, is_subscribed bit, is_distributor bit, is_trustworthy bit?, is_db_chaining bit?, containment int?, owner_sid binary?, replica_id guid?, group_database_id guid?, log_reuse_wait text?, guid guid?, last_log_backup_lsn lsn?, last_full_backup datetime?, data_bytes bigint?, log_bytes bigint?, data_files int?, log_files int?, stream_containers int?, defunct_files int?, largest_file_bytes bigint?
-- why: joined by GUID too: the backup of a dropped database of the same name proves nothing
SELECT
    d.name,
    d.database_id,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), d.create_date) AS created,
    ISNULL(d.state_desc, N'') AS state,
    ISNULL(d.recovery_model_desc, N'') AS recovery_model,
    ISNULL(d.is_read_only, 0) AS is_read_only,
    CAST(DATABASEPROPERTYEX(d.name, 'Updateability') AS nvarchar(60)) AS updateability,
    ISNULL(d.user_access_desc, N'') AS user_access,
    CAST(d.compatibility_level AS int) AS compatibility_level,
    d.collation_name AS collation,
    d.is_auto_close_on AS is_auto_close,
    d.is_encrypted,
    d.is_broker_enabled,
    d.is_cdc_enabled,
    d.is_published,
    d.is_merge_published,
    d.is_subscribed,
    d.is_distributor,
    d.is_trustworthy_on AS is_trustworthy,
    d.is_db_chaining_on AS is_db_chaining,
    CAST(d.containment AS int) AS containment,
    d.owner_sid,
    d.replica_id,
    d.group_database_id,
    d.log_reuse_wait_desc AS log_reuse_wait,
    r.database_guid AS guid,
    r.last_log_backup_lsn,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), b.finished) AS last_full_backup,
    f.data_bytes,
    f.log_bytes,
    f.data_files,
    f.log_files,
    f.stream_containers,
    f.defunct_files,
    f.largest_file_bytes
FROM sys.databases AS d
LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id
LEFT JOIN (
    SELECT
        m.database_id,
        SUM(CASE WHEN m.type <> 1 THEN CAST(m.size AS bigint) * 8192 ELSE 0 END) AS data_bytes,
        SUM(CASE WHEN m.type = 1 THEN CAST(m.size AS bigint) * 8192 ELSE 0 END) AS log_bytes,
        SUM(CASE WHEN m.type <> 1 THEN 1 ELSE 0 END) AS data_files,
        SUM(CASE WHEN m.type = 1 THEN 1 ELSE 0 END) AS log_files,
        SUM(CASE WHEN m.type = 2 THEN 1 ELSE 0 END) AS stream_containers,
        SUM(CASE WHEN m.state = 8 THEN 1 ELSE 0 END) AS defunct_files,
        MAX(CAST(m.size AS bigint) * 8192) AS largest_file_bytes
    FROM sys.master_files AS m
    GROUP BY m.database_id
) AS f ON f.database_id = d.database_id
LEFT JOIN (
    SELECT s.database_name, s.database_guid, MAX(s.backup_finish_date) AS finished
    FROM msdb.dbo.backupset AS s
    WHERE s.type = 'D' AND s.is_copy_only = 0
    GROUP BY s.database_name, s.database_guid
) AS b ON b.database_name = d.name AND b.database_guid = r.database_guid
ORDER BY d.name;
