//! The database, its groups and the objects around it, before there is a link.

use super::types::Act::Fault;
use super::types::Act::Hold;
use super::types::Act::Inside;
use super::types::Act::Release;
use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NEW;
use super::types::mutant;

/// Before there is a link: the database, its groups and the objects around it.
pub const DATABASE: &[Mutant] = &[
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
    mutant!("database.exists", NEW, [Sql("sql-a", "ALTER DATABASE ledger SET OFFLINE WITH ROLLBACK IMMEDIATE")],
        [Sql("sql-a", "ALTER DATABASE ledger SET ONLINE")],
        also "database.read_write", "database.full_backup", "database.filestream", "database.memory_optimized", "database.master_key", "database.cross_database",
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
    mutant!(
        "database.log_shipping",
        NEW,
        [Fault("set sql-a log-shipping on ledger")],
        [Fault("set sql-a log-shipping off ledger")]
    ),
    mutant!(
        "database.long_transactions",
        NEW,
        [
            Hold("sql-a", "BEGIN TRANSACTION; INSERT INTO dbo.account (account_id, balance) VALUES (-1, 0)"),
            Fault("set sql-a transactions-older-min 15 ledger")
        ],
        [Release]
    ),
];
