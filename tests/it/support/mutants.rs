//! The table of conditions: how each is broken in the lab's own state, and mended.

use Act::Delete;
use Act::Estate;
use Act::Fault;
use Act::Inside;
use Act::Patch;
use Act::Probe;
use Act::Put;
use Act::Run;
use Act::Sql;

/// How a condition is broken and mended: statements and door requests, never the inventory.
pub enum Act {
    /// Statement at a server, in `master`.
    Sql(&'static str, &'static str),
    /// In the linked database.
    Inside(&'static str, &'static str),
    /// `lab fault …`
    Fault(&'static str),
    /// A command of milink's.
    Run(&'static str),
    /// `link probe`, whatever it finds.
    Probe,
    /// A request to Azure: path after `providers/`, with its api-version, and body.
    Put(&'static str, &'static str),
    Patch(&'static str, &'static str),
    Delete(&'static str),
    /// The estate file: one text for another.
    Estate(&'static str, &'static str),
}

pub struct Mutant {
    pub check: &'static str,
    pub purpose: &'static str,
    pub break_it: &'static [Act],
    pub mend_it: &'static [Act],
    /// Checks that must turn with it, because they rest on the same fact.
    pub consequences: &'static [&'static str],
}

pub const NEW: &str = "create";
pub const NIGHT: &str = "cutover";

macro_rules! mutant {
    ($check:literal, $purpose:expr, [$($b:expr),* $(,)?], [$($m:expr),* $(,)?] $(, also $($c:literal),+)? $(,)?) => {
        Mutant { check: $check, purpose: $purpose, break_it: &[$($b),*], mend_it: &[$($m),*], consequences: &[$($($c),+)?] }
    };
}

/// Before there is a link.
pub const BEFORE: &[Mutant] = &[
    mutant!("instance.hadr", NEW, [Fault("set sql-a hadr off")], [Fault("set sql-a hadr on")]),
    mutant!(
        "instance.trace_flags",
        NEW,
        [Sql("sql-a", "DBCC TRACEOFF (9567, -1)")],
        [Sql("sql-a", "DBCC TRACEON (9567, -1)")]
    ),
    mutant!(
        "instance.master_key",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY"
        )],
        [Sql("sql-a", "DROP MASTER KEY")]
    ),
    mutant!("permission.azure", NEW, [Fault("set mi-a permissions read")], [Fault("set mi-a permissions all")]),
    mutant!("managed.locks", NEW, [Fault("set mi-a lock ReadOnly")], [Fault("set mi-a lock none")]),
    mutant!(
        "managed.failover_group",
        NEW,
        [Fault("set mi-a failover-group fog-1")],
        [Fault("set mi-a failover-group none")]
    ),
    mutant!(
        "network.nsg_inbound",
        NEW,
        [Put(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/close?api-version=2024-05-01",
            r#"{"properties": {"protocol": "Tcp", "access": "Deny", "direction": "Inbound", "priority": 300, "sourcePortRange": "*",
            "sourceAddressPrefix": "10.0.1.0/24", "destinationAddressPrefix": "*", "destinationPortRange": "11900-11910"}}"#
        )],
        [Delete("Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/close?api-version=2024-05-01")]
    ),
    mutant!(
        "network.nsg_outbound",
        NEW,
        [Delete(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_mirroring_outbound?api-version=2024-05-01"
        )],
        [Put(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_mirroring_outbound?api-version=2024-05-01",
            r#"{"properties": {"protocol": "*", "access": "Allow", "direction": "Outbound", "priority": 1200, "sourcePortRanges": ["*"],
            "sourceAddressPrefixes": ["10.0.16.0/25", "10.0.16.128/25"], "destinationAddressPrefixes": ["10.0.1.8"],
            "destinationPortRanges": ["1433", "5000-5022"]}}"#
        )]
    ),
    mutant!(
        "network.route",
        NEW,
        [Put(
            "Microsoft.Network/routeTables/rt-mi-a/routes/hole?api-version=2024-05-01",
            r#"{"properties": {"addressPrefix": "10.0.1.0/24", "nextHopType": "None"}}"#
        )],
        [Delete("Microsoft.Network/routeTables/rt-mi-a/routes/hole?api-version=2024-05-01")]
    ),
    // A firewall on the way, which Azure does not show.
    mutant!("network.reached", NEW, [Fault("cut sql-a mi-a"), Probe], [Fault("restore sql-a mi-a"), Probe]),
    mutant!(
        "network.proven",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; \
        CREATE CERTIFICATE own WITH SUBJECT = N'own', EXPIRY_DATE = N'20400101'; CREATE ENDPOINT mirror STATE = STARTED AS TCP \
        (LISTENER_PORT = 5022) FOR DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE own, ENCRYPTION = REQUIRED ALGORITHM AES)"
        )],
        [Sql("sql-a", "DROP ENDPOINT mirror; DROP CERTIFICATE own; DROP MASTER KEY")]
    ),
    mutant!(
        "managed.operations",
        NEW,
        [Patch("Microsoft.Sql/managedInstances/mi-a?api-version=2025-01-01", r#"{"properties": {"vCores": 16}}"#)],
        // It ends by itself.
        []
    ),
    mutant!(
        "managed.log_rate",
        NEW,
        [Fault("set sql-a log-rate-mib 90 ledger")],
        [Fault("set sql-a log-rate-mib none ledger")]
    ),
    mutant!("instance.clocks", NEW, [Fault("set sql-a clock-ahead-s 300")], [Fault("set sql-a clock-ahead-s 0")]),
    mutant!("instance.time_zone", NEW, [Fault("set sql-a zone-minutes 120")], [Fault("set sql-a zone-minutes 0")]),
    mutant!(
        "database.user",
        NEW,
        [Fault("set sql-a distributor on ledger")],
        [Fault("set sql-a distributor off ledger")]
    ),
    mutant!(
        "database.version_store",
        NEW,
        [Fault("set sql-a version-store 2 ledger")],
        [Fault("set sql-a version-store 1 ledger")]
    ),
    mutant!(
        "database.cross_database",
        NEW,
        [Fault("set sql-a refers-to archive ledger")],
        [Fault("set sql-a refers-to none ledger")]
    ),
    mutant!(
        "group.listener",
        NEW,
        [Sql(
            "sql-a",
            "CREATE AVAILABILITY GROUP AG_ledger WITH (CLUSTER_TYPE = NONE) FOR DATABASE ledger REPLICA ON N'SQL-A' WITH \
            (ENDPOINT_URL = N'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC), \
            N'SQL-Z' WITH (ENDPOINT_URL = N'TCP://10.0.1.99:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, \
            SEEDING_MODE = AUTOMATIC)"
        )],
        [Sql("sql-a", "DROP AVAILABILITY GROUP AG_ledger")]
    ),
    mutant!("managed.storage", NEW, [Fault("set sql-a file-gib 300 ledger")], [Fault("set sql-a file-gib 0 ledger")]),
    mutant!("managed.file_size", NEW, [Fault("set sql-a file-gib 9000 ledger")], [Fault("set sql-a file-gib 0 ledger")], also "managed.storage"),
    mutant!("database.exists", NEW, [Sql("sql-a", "ALTER DATABASE ledger SET OFFLINE WITH ROLLBACK IMMEDIATE")],
        [Sql("sql-a", "ALTER DATABASE ledger SET ONLINE")],
        also "database.read_write", "database.full_backup", "database.filestream", "database.memory_optimized", "database.master_key",
        "objects.windows_logins", "objects.orphans"),
    mutant!("database.recovery_model", NEW, [Sql("sql-a", "ALTER DATABASE ledger SET RECOVERY SIMPLE")],
        [Sql("sql-a", "ALTER DATABASE ledger SET RECOVERY FULL; BACKUP DATABASE ledger TO DISK = N'again.bak' WITH CHECKSUM")],
        also "database.full_backup"),
    mutant!(
        "database.full_backup",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET RECOVERY SIMPLE; ALTER DATABASE ledger SET RECOVERY FULL")],
        [Sql("sql-a", "BACKUP DATABASE ledger TO DISK = N'again.bak' WITH CHECKSUM")]
    ),
    mutant!(
        "database.log_files",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger ADD LOG FILE (NAME = N'second_log', FILENAME = N'second.ldf')")],
        [Sql("sql-a", "ALTER DATABASE ledger REMOVE FILE second_log")]
    ),
    mutant!(
        "database.filestream",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger ADD FILEGROUP streams CONTAINS FILESTREAM")],
        [Sql("sql-a", "ALTER DATABASE ledger REMOVE FILEGROUP streams")]
    ),
    mutant!(
        "database.memory_optimized",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger ADD FILEGROUP quick CONTAINS MEMORY_OPTIMIZED_DATA")],
        [Sql("sql-a", "ALTER DATABASE ledger REMOVE FILEGROUP quick")]
    ),
    mutant!(
        "database.defunct_files",
        NEW,
        [Fault("set sql-a defunct ledger ledger")],
        [Fault("set sql-a defunct none ledger")]
    ),
    mutant!(
        "database.reserved_names",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger ADD FILE (NAME = N'XTP', FILENAME = N'x.ndf')")],
        [Sql("sql-a", "ALTER DATABASE ledger REMOVE FILE XTP")]
    ),
    mutant!(
        "database.read_write",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET READ_ONLY WITH ROLLBACK IMMEDIATE")],
        [Sql("sql-a", "ALTER DATABASE ledger SET READ_WRITE WITH ROLLBACK IMMEDIATE")]
    ),
    mutant!(
        "database.auto_close",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET AUTO_CLOSE ON")],
        [Sql("sql-a", "ALTER DATABASE ledger SET AUTO_CLOSE OFF")]
    ),
    mutant!(
        "database.compatibility",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET COMPATIBILITY_LEVEL = 90")],
        [Sql("sql-a", "ALTER DATABASE ledger SET COMPATIBILITY_LEVEL = 150")]
    ),
    mutant!(
        "database.encryption",
        NEW,
        [Fault("set sql-a encrypted on ledger")],
        [Fault("set sql-a encrypted off ledger")]
    ),
    mutant!(
        "database.accelerated_recovery",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET ACCELERATED_DATABASE_RECOVERY = OFF")],
        [Sql("sql-a", "ALTER DATABASE ledger SET ACCELERATED_DATABASE_RECOVERY = ON")]
    ),
    mutant!(
        "database.broker",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET DISABLE_BROKER WITH ROLLBACK IMMEDIATE")],
        [Sql("sql-a", "ALTER DATABASE ledger SET ENABLE_BROKER WITH ROLLBACK IMMEDIATE")]
    ),
    mutant!(
        "database.replication",
        NEW,
        [Fault("set sql-a published on ledger")],
        [Fault("set sql-a published off ledger")]
    ),
    mutant!(
        "database.change_capture",
        NEW,
        [Fault("set sql-a change-capture on ledger")],
        [Fault("set sql-a change-capture off ledger")]
    ),
    mutant!(
        "database.trusted",
        NEW,
        [Sql("sql-a", "ALTER DATABASE ledger SET TRUSTWORTHY ON")],
        [Sql("sql-a", "ALTER DATABASE ledger SET TRUSTWORTHY OFF")]
    ),
    mutant!(
        "database.master_key",
        NEW,
        [Inside("sql-a", "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'")],
        [Inside("sql-a", "DROP MASTER KEY")]
    ),
    mutant!(
        "database.owner",
        NEW,
        [
            Sql("sql-a", "CREATE LOGIN owner_here WITH PASSWORD = N'Long#enough1'"),
            Inside("sql-a", "EXEC sp_changedbowner @loginame = N'owner_here'")
        ],
        [Inside("sql-a", "EXEC sp_changedbowner @loginame = N'sa'"), Sql("sql-a", "DROP LOGIN owner_here")]
    ),
    mutant!("database.name_free", NEW, [Sql("mi-a", "CREATE DATABASE ledger")], [Sql("mi-a", "DROP DATABASE ledger")]),
    mutant!(
        "group.alone",
        NEW,
        [Sql(
            "sql-a",
            "CREATE DATABASE other; BACKUP DATABASE other TO DISK = N'o.bak'; \
            CREATE AVAILABILITY GROUP AG_both WITH (CLUSTER_TYPE = NONE) FOR DATABASE ledger, other REPLICA ON N'SQL-A' WITH \
            (ENDPOINT_URL = N'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)"
        )],
        [Sql("sql-a", "DROP AVAILABILITY GROUP AG_both; DROP DATABASE other")]
    ),
    mutant!(
        "group.names",
        NEW,
        [Sql(
            "sql-a",
            "CREATE DATABASE other; BACKUP DATABASE other TO DISK = N'o.bak'; \
            CREATE AVAILABILITY GROUP AG_ledger WITH (CLUSTER_TYPE = NONE) FOR DATABASE other REPLICA ON N'SQL-A' WITH \
            (ENDPOINT_URL = N'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)"
        )],
        [Sql("sql-a", "DROP AVAILABILITY GROUP AG_ledger; DROP DATABASE other")]
    ),
    mutant!(
        "endpoint.port",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; \
        CREATE CERTIFICATE own WITH SUBJECT = N'own', EXPIRY_DATE = N'20400101'; CREATE ENDPOINT mirror STATE = STARTED AS TCP \
        (LISTENER_PORT = 5055) FOR DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE own, ENCRYPTION = REQUIRED ALGORITHM AES)"
        )],
        [Sql("sql-a", "DROP ENDPOINT mirror; DROP CERTIFICATE own; DROP MASTER KEY")],
        also "network.proven"
    ),
    mutant!(
        "objects.windows_logins",
        NEW,
        [
            Sql("sql-a", "CREATE LOGIN [CORP\\clerk] FROM WINDOWS"),
            Inside("sql-a", "CREATE USER [CORP\\clerk] FOR LOGIN [CORP\\clerk]")
        ],
        [Inside("sql-a", "DROP USER [CORP\\clerk]"), Sql("sql-a", "DROP LOGIN [CORP\\clerk]")]
    ),
    mutant!(
        "objects.orphans",
        NEW,
        [
            Sql("sql-a", "CREATE LOGIN gone WITH PASSWORD = N'Long#enough1'"),
            Inside("sql-a", "CREATE USER gone FOR LOGIN gone"),
            Sql("sql-a", "DROP LOGIN gone")
        ],
        [Inside("sql-a", "DROP USER gone")]
    ),
    mutant!(
        "objects.job_steps",
        NEW,
        [Sql(
            "sql-a",
            "EXEC msdb.dbo.sp_add_job @job_name = N'copy'; EXEC msdb.dbo.sp_add_jobstep @job_name = N'copy', @step_name = N's', \
            @subsystem = N'CmdExec', @command = N'copy', @database_name = N'ledger'"
        )],
        [Sql("sql-a", "EXEC msdb.dbo.sp_delete_job @job_name = N'copy'")]
    ),
];

/// With the link up.
pub const AFTER: &[Mutant] = &[
    mutant!("managed.locks", NIGHT, [Fault("set mi-a lock CanNotDelete")], [Fault("set mi-a lock none")]),
    mutant!("endpoint.settings", NIGHT, [Sql("sql-a", "ALTER ENDPOINT database_mirroring_endpoint STATE = STOPPED")],
        [Sql("sql-a", "ALTER ENDPOINT database_mirroring_endpoint STATE = STARTED")],
        also "endpoint.connected", "link.healthy", "link.lag", "link.redo", "link.state", "network.proven"),
    mutant!("endpoint.connected", NIGHT, [Fault("cut sql-a mi-a")], [Fault("restore sql-a mi-a")],
        also "link.healthy", "link.lag", "link.redo", "link.state", "network.proven"),
    mutant!("link.suspended", NIGHT, [Sql("sql-a", "ALTER DATABASE ledger SET HADR SUSPEND")],
        [Sql("sql-a", "ALTER DATABASE ledger SET HADR RESUME")],
        also "link.healthy", "link.lag", "link.redo", "link.state", "endpoint.connected", "network.proven"),
    mutant!(
        "objects.logins",
        NIGHT,
        [Sql("mi-a", "DROP LOGIN app_ledger; CREATE LOGIN app_ledger WITH PASSWORD = N'Another#1'")],
        [Sql("mi-a", "DROP LOGIN app_ledger"), Fault("")]
    ),
    mutant!(
        "objects.login_rights",
        NIGHT,
        [Sql("sql-a", "GRANT VIEW SERVER STATE TO app_ledger")],
        [Sql("sql-a", "REVOKE VIEW SERVER STATE FROM app_ledger")]
    ),
    mutant!(
        "objects.back_doors",
        NIGHT,
        [Inside("sql-a", "GRANT CONNECT TO guest")],
        [Inside("sql-a", "REVOKE CONNECT FROM guest")]
    ),
    mutant!(
        "objects.jobs",
        NIGHT,
        [Sql(
            "sql-a",
            "EXEC msdb.dbo.sp_add_job @job_name = N'night'; EXEC msdb.dbo.sp_add_jobstep @job_name = N'night', @step_name = N's', \
            @subsystem = N'TSQL', @command = N'SELECT 1', @database_name = N'ledger'"
        )],
        [Sql("sql-a", "EXEC msdb.dbo.sp_delete_job @job_name = N'night'")]
    ),
    mutant!(
        "objects.jobs_disabled",
        NIGHT,
        [Sql(
            "mi-a",
            "EXEC msdb.dbo.sp_add_job @job_name = N'early'; EXEC msdb.dbo.sp_add_jobstep @job_name = N'early', @step_name = N's', \
            @subsystem = N'TSQL', @command = N'SELECT 1', @database_name = N'ledger'"
        )],
        [Sql("mi-a", "EXEC msdb.dbo.sp_delete_job @job_name = N'early'")]
    ),
    mutant!(
        "objects.linked_servers",
        NIGHT,
        [Sql("sql-a", "EXEC sp_addlinkedserver @server = N'AWAY', @srvproduct = N'SQL Server'")],
        [Sql("sql-a", "EXEC sp_dropserver @server = N'AWAY', @droplogins = 'droplogins'")]
    ),
    mutant!(
        "objects.credentials",
        NIGHT,
        [Sql("sql-a", "CREATE CREDENTIAL vault WITH IDENTITY = N'app', SECRET = N's'")],
        [Sql("sql-a", "DROP CREDENTIAL vault")]
    ),
    mutant!(
        "objects.operators",
        NIGHT,
        [Sql("sql-a", "EXEC msdb.dbo.sp_add_operator @name = N'night watch'")],
        [Sql("mi-a", "EXEC msdb.dbo.sp_add_operator @name = N'night watch'")]
    ),
    mutant!(
        "certificate.expiry",
        NIGHT,
        [Fault("set sql-a certificate ending")],
        [Fault("set sql-a certificate valid")]
    ),
    mutant!("certificate.endpoint", NIGHT, [Fault("set sql-a certificate expired")], [Fault("set sql-a certificate valid")],
        also "certificate.expiry", "endpoint.connected", "link.healthy", "link.lag", "link.redo", "link.state", "network.proven"),
    mutant!(
        "certificate.on_managed",
        NIGHT,
        [Delete("Microsoft.Sql/managedInstances/mi-a/serverTrustCertificates/Cert_SQL_A_endpoint?api-version=2025-01-01")],
        [Run("cert exchange")],
        also "endpoint.connected", "link.healthy", "link.lag", "link.redo", "link.state", "network.proven"
    ),
    mutant!(
        "objects.required",
        NIGHT,
        [Estate("[application]\n", "[objects]\njobs = [\"Not there\"]\n\n[application]\n")],
        [Estate("[objects]\njobs = [\"Not there\"]\n\n[application]\n", "[application]\n")]
    ),
    mutant!(
        "certificate.imported",
        NIGHT,
        [Sql("sql-a", "DROP CERTIFICATE [mi-a.a1b2c3d4e5f6.database.windows.net]")],
        [Run("cert exchange")],
        also "certificate.roots"
    ),
    mutant!(
        "objects.smoke_test",
        NIGHT,
        [Sql("mi-a", "ALTER LOGIN smoke DISABLE")],
        [Sql("mi-a", "ALTER LOGIN smoke ENABLE")]
    ),
];

/// Checks that an estate of its own breaks: `odd.rs`.
pub const ODD: &[&str] = &[
    "instance.build",
    "instance.edition",
    "instance.link_procedures",
    "instance.server_name",
    "instance.clustered",
    "instance.named",
    "instance.collation",
    "managed.reachable",
    "managed.database_limit",
    "managed.file_count",
    "managed.disks",
    "permission.watch_target",
    "permission.change_target",
    "link.name",
];

/// Checks that no row here breaks, and why: each needs another estate, another server, or time to pass.
pub const WITHOUT: &[(&str, &str)] = &[
    ("permission.watch_source", "a test of its own, with another login"),
    ("permission.change_source", "a test of its own, with another login"),
    ("managed.state", "a stopped instance"),
    ("database.readable_copy", "a copy that is not readable"),
    ("link.mode", "a multi-database link"),
    ("link.state", "only as a consequence"),
    ("link.direction", "roles that were switched"),
    ("link.healthy", "only as a consequence"),
    ("link.lag", "only as a consequence"),
    ("link.redo", "only as a consequence"),
    ("link.send_queue", "a gigabyte of log"),
    ("certificate.roots", "tests of trust do it"),
    ("database.long_transactions", "ten minutes must pass"),
    ("managed.encryption_protector", "a test of its own, with a link that goes both ways"),
    ("group.contained", "a test of its own, on SQL Server 2022"),
    ("objects.linked_callers", "a test of its own, with a session that calls itself a linked server"),
    ("drill.recent", "only where the estate file asks for a drill"),
];
