//! `milink check` against a running lab: green as it is; each condition broken in the lab's own state turns its check, and
//! only what follows from it, red or unknown; mended, it is green again.

use crate::support::lab::Lab;
use crate::support::process::Done;
use crate::support::sql;
use milink::rules::checks::registry;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// How a condition is broken and mended: statements and door requests, never the inventory.
enum Act {
    /// Statement at a server, in `master`.
    Sql(&'static str, &'static str),
    /// In the linked database.
    Inside(&'static str, &'static str),
    /// `lab fault …`
    Fault(&'static str),
}
use Act::Fault;
use Act::Inside;
use Act::Sql;

struct Mutant {
    check: &'static str,
    purpose: &'static str,
    break_it: &'static [Act],
    mend_it: &'static [Act],
    /// Checks that must turn with it, because they rest on the same fact.
    consequences: &'static [&'static str],
}

const NEW: &str = "create";
const NIGHT: &str = "cutover";

macro_rules! mutant {
    ($check:literal, $purpose:expr, [$($b:expr),* $(,)?], [$($m:expr),* $(,)?] $(, also $($c:literal),+)?) => {
        Mutant { check: $check, purpose: $purpose, break_it: &[$($b),*], mend_it: &[$($m),*], consequences: &[$($($c),+)?] }
    };
}

/// Before there is a link.
const BEFORE: &[Mutant] = &[
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
        [Sql(
            "sql-a",
            "CREATE LOGIN owner_here WITH PASSWORD = N'Long#enough1'; ALTER AUTHORIZATION ON DATABASE::ledger TO owner_here"
        )],
        [Sql("sql-a", "ALTER AUTHORIZATION ON DATABASE::ledger TO sa; DROP LOGIN owner_here")]
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
];

/// With the link up.
const AFTER: &[Mutant] = &[
    mutant!("managed.locks", NIGHT, [Fault("set mi-a lock CanNotDelete")], [Fault("set mi-a lock none")]),
    mutant!("endpoint.settings", NIGHT, [Sql("sql-a", "ALTER ENDPOINT milink_mirroring STATE = STOPPED")],
        [Sql("sql-a", "ALTER ENDPOINT milink_mirroring STATE = STARTED")],
        also "endpoint.connected", "link.healthy", "link.lag", "link.redo", "link.state"),
    mutant!("endpoint.connected", NIGHT, [Fault("cut sql-a mi-a")], [Fault("restore sql-a mi-a")],
        also "link.healthy", "link.lag", "link.redo", "link.state"),
    mutant!("link.suspended", NIGHT, [Sql("sql-a", "ALTER DATABASE ledger SET HADR SUSPEND")],
        [Sql("sql-a", "ALTER DATABASE ledger SET HADR RESUME")],
        also "link.healthy", "link.lag", "link.redo", "link.state", "endpoint.connected"),
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
        "objects.smoke_test",
        NIGHT,
        [Sql("mi-a", "ALTER LOGIN smoke DISABLE")],
        [Sql("mi-a", "ALTER LOGIN smoke ENABLE")]
    ),
];

/// Checks that no row here breaks, and why: each needs another estate, another server, or time to pass.
const WITHOUT: &[(&str, &str)] = &[
    ("instance.build", "another build: a scenario of its own"),
    ("instance.edition", "another edition"),
    ("instance.link_procedures", "an unpatched build"),
    ("instance.server_name", "a renamed machine"),
    ("instance.clustered", "a cluster instance"),
    ("instance.named", "a named instance"),
    ("instance.collation", "another collation"),
    ("instance.time_zone", "another time zone"),
    ("instance.clocks", "a clock that is wrong"),
    ("permission.watch_source", "another login of milink's"),
    ("permission.watch_target", "another login of milink's"),
    ("permission.change_source", "another login of milink's"),
    ("permission.change_target", "another login of milink's"),
    ("managed.reachable", "a target that is no managed instance"),
    ("managed.state", "a stopped instance"),
    ("managed.operations", "scaling takes 20 s in the lab"),
    ("managed.database_limit", "a hundred databases"),
    ("managed.file_count", "280 files"),
    ("managed.disks", "the storage ends first"),
    ("database.user", "a distribution database"),
    ("database.version_store", "a version store elsewhere"),
    ("database.readable_copy", "a copy that is not readable"),
    ("link.name", "another link of this name"),
    ("link.mode", "a multi-database link"),
    ("link.state", "only as a consequence"),
    ("link.direction", "roles that were switched"),
    ("link.healthy", "only as a consequence"),
    ("link.lag", "only as a consequence"),
    ("link.redo", "only as a consequence"),
    ("link.send_queue", "a gigabyte of log"),
    ("endpoint.port", "an estate file that is wrong"),
    ("certificate.endpoint", "an expired certificate"),
    ("certificate.expiry", "time"),
    ("certificate.on_managed", "a certificate deleted in Azure"),
    ("certificate.imported", "tests of trust do it"),
    ("certificate.roots", "tests of trust do it"),
    ("objects.required", "a test of its own, with another estate file"),
    ("objects.operators", "operators cannot be dropped in the lab"),
];

fn at(lab: &Lab, server: &str, database: &str, text: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(sql::rows(&lab.record(), &lab.path("ca.pem"), server, database, text));
    if let Err(e) = done {
        panic!("{server}: {text}\n{e}");
    }
}

fn act(lab: &Lab, acts: &[Act]) {
    for a in acts {
        match a {
            Sql(server, text) => at(lab, server, "master", text),
            Inside(server, text) => at(lab, server, "ledger", text),
            Fault("") => same_login(lab),
            Fault(words) => lab.fault(words),
        }
    }
}

/// The application's login on the target, with the SID it has on the source.
fn same_login(lab: &Lab) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = "SELECT sid FROM sys.server_principals WHERE name = N'app_ledger'";
    let rows = runtime.block_on(sql::rows(&lab.record(), &lab.path("ca.pem"), "sql-a", "master", text)).unwrap();
    let sid: &[u8] = rows[0].get(0).unwrap();
    let sid = milink::base::hex::encode(sid);
    at(lab, "mi-a", "master", &format!("CREATE LOGIN app_ledger WITH PASSWORD = N'Another#1', SID = 0x{sid}"));
}

/// Id and status of every check that neither passed nor was out of place.
fn open(report: &Value) -> BTreeMap<String, String> {
    let checks = report["links"][0]["checks"].as_array().unwrap();
    let word = |c: &Value, key: &str| c[key].as_str().unwrap().to_owned();
    checks
        .iter()
        .filter(|c| !["pass", "not_applicable"].contains(&c["status"].as_str().unwrap()))
        .map(|c| (word(c, "id"), word(c, "status")))
        .collect()
}

fn check(lab: &Lab, purpose: &str) -> Done {
    lab.milink(&format!("check ledger --for {purpose} --output json"))
}

/// Green, whatever settles by itself within the bound; else what is open.
fn until_green(lab: &Lab, purpose: &str) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..100 {
        let done = check(lab, purpose);
        let open = open(&done.json());
        if done.code == Some(0) && open.is_empty() {
            return Ok(());
        }
        last = format!("exit {:?}, open {open:?}", done.code);
        // The link takes up again by itself; nothing else has to be waited for.
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(last)
}

/// Breaks, looks, mends; every mistake is told, so that one row hides no other.
fn play(lab: &Lab, m: &Mutant, mistakes: &mut Vec<String>) {
    act(lab, m.break_it);
    if let Err(what) = broken(lab, m) {
        mistakes.push(format!("{}: {what}", m.check));
    }
    act(lab, m.mend_it);
    if let Err(what) = until_green(lab, m.purpose) {
        mistakes.push(format!("{}: not green again: {what}", m.check));
    }
}

fn broken(lab: &Lab, m: &Mutant) -> Result<(), String> {
    let allowed: BTreeSet<&str> = m.consequences.iter().copied().chain([m.check]).collect();
    for _ in 0..100 {
        let done = check(lab, m.purpose);
        let report = done.json();
        let found = open(&report);
        let stray: Vec<&String> = found.keys().filter(|id| !allowed.contains(id.as_str())).collect();
        if !stray.is_empty() {
            return Err(format!("others turned too: {stray:?}"));
        }
        if found.contains_key(m.check) {
            return judged(m, &done, &report["links"][0]);
        }
        // A broken connection is noticed after its time limit.
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("it did not turn".to_owned())
}

/// Verdict and exit code follow from what failed.
fn judged(m: &Mutant, done: &Done, link: &Value) -> Result<(), String> {
    let any = |key: &str| link[key].as_u64().unwrap() > 0;
    let (verdict, code) = match (any("blocking"), any("unknown")) {
        (true, _) => ("not_ready", 3),
        (false, true) => ("unknown", 3),
        (false, false) => ("ready", 0),
    };
    let blocks = registry::find(m.check).unwrap().severity == registry::Severity::Block;
    if link["verdict"] != verdict || done.code != Some(code) || (blocks && code != 3) {
        return Err(format!("verdict {}, exit {:?}, expected {verdict}, {code}", link["verdict"], done.code));
    }
    Ok(())
}

#[test]
fn each_check_turns_with_its_condition_and_back() {
    let lab = Lab::up("migrate-2019", "");
    // The estate as a careful team prepares it.
    at(&lab, "sql-a", "master", "ALTER DATABASE ledger SET ACCELERATED_DATABASE_RECOVERY = ON");
    at(&lab, "mi-a", "master", "CREATE LOGIN smoke WITH PASSWORD = N'Long#enough1'");
    at(
        &lab,
        "mi-a",
        "master",
        "EXEC msdb.dbo.sp_add_job @job_name = N'Ledger close of day', @enabled = 0; EXEC sp_addlinkedserver @server = N'REPORTING', @srvproduct = N'SQL Server'",
    );
    let path = lab.path("milink.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[application]\n", "[application]\nallow_logins = [\"smoke\"]\n")).unwrap();
    until_green(&lab, NEW).unwrap();
    let mut mistakes = Vec::new();
    for m in BEFORE {
        play(&lab, m, &mut mistakes);
    }
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
    lab.milink("link create").exits(0);
    until_green(&lab, NIGHT).unwrap();
    for m in AFTER {
        play(&lab, m, &mut mistakes);
    }
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
}

/// Adding a check means adding a row, or saying here why there is none.
#[test]
fn every_check_has_a_mutant_or_a_reason() {
    let with: BTreeSet<&str> = BEFORE.iter().chain(AFTER).map(|m| m.check).collect();
    let without: BTreeSet<&str> = WITHOUT.iter().map(|(id, _)| *id).collect();
    assert_eq!(with.intersection(&without).collect::<Vec<_>>(), Vec::<&&str>::new());
    let all: BTreeSet<&str> = registry::all().iter().map(|c| c.id.as_str()).collect();
    let named: BTreeSet<&str> = with.union(&without).copied().collect();
    assert_eq!(
        all.difference(&named).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "without a mutant and without a reason"
    );
    assert_eq!(named.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new(), "no such check");
}

/// The estate's own list blocks; a waiver with a reason lets it pass, and is shown; a wrong id is an error.
#[test]
fn a_required_object_blocks_until_it_is_there_or_waived() {
    let lab = Lab::linked("migrate-2019", "");
    let path = lab.path("milink.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n[objects]\njobs = [\"Ledger close of day\"]\n")).unwrap();
    let report = check(&lab, NIGHT).exits(3).json();
    assert_eq!(report["verdict"], "not_ready");
    assert_eq!(open(&report)["objects.required"], "fail");
    let mut command = lab.command("check ledger --for cutover");
    let done = lab.start(command.args(["--waive", "objects.required=made by hand on Sunday"])).wait().exits(0);
    assert!(done.stdout.lines().next().unwrap().starts_with("ledger: ready for cutover: YES ("), "{}", done.stdout);
    assert!(done.stdout.contains("waived: made by hand on Sunday"), "{}", done.stdout);
    let mut command = lab.command("check");
    lab.start(command.args(["--waive", "objects.require=x"])).wait().exits(2).says("did you mean `objects.required`?");
}

/// One side down: its checks are unknown, the others judged; everything down: exit 5.
#[test]
fn what_does_not_answer_is_unknown_and_never_ready() {
    let lab = Lab::up("migrate-2019", "");
    let text = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    let port = |server: &str| {
        let record = lab.record();
        let found = record["servers"].as_array().unwrap().iter().find(|s| s["id"] == server).unwrap().clone();
        format!("port = {}", found["address"]["port"])
    };
    let (source, target) = (port("sql-a"), port("mi-a"));
    let dead = |text: &str, name: &str| {
        let path = lab.path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let half = dead(&text.replace(&target, "port = 1"), "half.toml");
    let done = lab.start(lab.command("check --for create --output json").env("MILINK_ESTATE", half)).wait().exits(3);
    let report = done.json();
    assert_eq!(report["verdict"], "unknown");
    let found = open(&report);
    assert_eq!(found["database.name_free"], "unknown", "{found:#?}");
    assert!(!found.contains_key("database.recovery_model"), "the source still tells: {found:#?}");
    let endpoint = lab.record()["arm"]["endpoint"].as_str().unwrap().to_owned();
    let all = text.replace(&target, "port = 1").replace(&source, "port = 1").replace(&endpoint, "https://localhost:1");
    let none = dead(&all, "none.toml");
    lab.start(lab.command("check --for create").env("MILINK_ESTATE", none))
        .wait()
        .exits(5)
        .says("nothing could be judged");
}
