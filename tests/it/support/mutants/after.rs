//! With the link up.

use super::types::Act::Delete;
use super::types::Act::Estate;
use super::types::Act::Fault;
use super::types::Act::Inside;
use super::types::Act::Run;
use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NIGHT;
use super::types::WATCH;
use super::types::mutant;

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
        [Sql("mi-a", "DROP LOGIN app_ledger"), Run("objects sync")]
    ),
    mutant!("objects.logins", NIGHT, [Sql("mi-a", "DROP LOGIN app_ledger")], []),
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
    // Made anew, so that the link takes up again.
    mutant!("certificate.expiry", NIGHT, [Fault("set sql-a certificate ending")], [Fault("set sql-a certificate valid")],
        also "endpoint.connected", "link.healthy", "link.lag", "link.redo", "link.state", "network.proven"),
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
    // The source has it: it is brought over.
    mutant!(
        "objects.required",
        NIGHT,
        [
            Sql("sql-a", "EXEC msdb.dbo.sp_add_job @job_name = N'everywhere'"),
            Estate("[application]\n", "[objects]\njobs = [\"everywhere\"]\n\n[application]\n")
        ],
        [],
        clear[Estate("[objects]\njobs = [\"everywhere\"]\n\n[application]\n", "[application]\n")]
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
    // Redo that does not keep up, with a burst of work behind it.
    mutant!(
        "link.redo",
        NIGHT,
        [
            Fault("set mi-a redo-delay-ms 600000"),
            Inside(
                "sql-a",
                "CREATE TABLE dbo.bulk (x nvarchar(max) NULL); INSERT INTO dbo.bulk (x) VALUES (REPLICATE(CAST(N'x' AS nvarchar(max)), 1500000))"
            )
        ],
        [Fault("set mi-a redo-delay-ms 20"), Inside("sql-a", "DROP TABLE dbo.bulk")],
        also "link.lag"
    ),
    // A slow line, and the log of an index rebuild in front of every commit.
    mutant!("link.lag", NIGHT,
        [Fault("slow sql-a mi-a 4 1"), Fault("set sql-a log-burst-mib 512 ledger")],
        [Fault("slow sql-a mi-a 4 0")],
        meanwhile Inside("sql-a", "INSERT INTO dbo.entry (entry_id, writer, seq, amount) VALUES (NEWID(), 9001, 1, 0)")),
    mutant!(
        "link.send_queue",
        WATCH,
        [Fault("slow sql-a mi-a 4 1"), Fault("set sql-a log-burst-mib 2048 ledger")],
        [Fault("slow sql-a mi-a 4 0")]
    ),
    // It cannot grow any more, and what is in it waits for a backup.
    mutant!(
        "database.log_space",
        NIGHT,
        [Fault("set sql-a log-burst-mib 64 ledger"), Fault("set sql-a log-mib 64 ledger")],
        [Fault("set sql-a log-mib none ledger")]
    ),
    mutant!("database.log_backup", WATCH, [Fault("set sql-a log-backups-older-h 25 ledger")], []),
    // A page that cannot be redone.
    mutant!("link.healthy", NIGHT, [Fault("set mi-a suspended redo ledger")], [Fault("set mi-a suspended none ledger")],
        also "link.suspended", "link.lag", "link.redo", "link.state"),
    mutant!("link.state", NIGHT, [Fault("cut sql-a mi-a")], [Fault("restore sql-a mi-a")],
        also "endpoint.connected", "link.healthy", "link.lag", "link.redo", "network.proven"),
    mutant!(
        "database.readable_copy",
        NIGHT,
        [Fault("set mi-a files away ledger")],
        [Fault("set mi-a files there ledger")]
    ),
    mutant!(
        "certificate.roots",
        NIGHT,
        [Sql("sql-a", "DROP CERTIFICATE [milink Lab Root CAPKI]")],
        [Run("cert exchange")]
    ),
];
