//! `milink check` against a running lab: green as it is; each condition broken in the lab's own state turns its check, and
//! only what follows from it, red or unknown; mended, it is green again.

use crate::support::arm;
use crate::support::lab::Lab;
use crate::support::mutants::AFTER;
use crate::support::mutants::Act;
use crate::support::mutants::BEFORE;
use crate::support::mutants::Mutant;
use crate::support::mutants::NEW;
use crate::support::mutants::NIGHT;
use crate::support::mutants::ODD;
use crate::support::mutants::WITHOUT;
use crate::support::process::Done;
use crate::support::sql;
use milink::arm::transport::Method;
use milink::rules::checks::registry;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

fn tried(lab: &Lab, server: &str, database: &str, text: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(sql::rows(&lab.record(), &lab.path("ca.pem"), server, database, text));
    done.map(drop).map_err(|e| format!("{server}: {text}: {e}"))
}

#[track_caller]
fn at(lab: &Lab, server: &str, database: &str, text: &str) {
    tried(lab, server, database, text).unwrap();
}

fn act(lab: &Lab, acts: &[Act]) -> Result<(), String> {
    for a in acts {
        match a {
            Act::Sql(server, text) => tried(lab, server, "master", text)?,
            Act::Inside(server, text) => tried(lab, server, "ledger", text)?,
            Act::Fault("") => same_login(lab),
            Act::Fault(words) => lab.fault(words),
            Act::Run(line) => {
                lab.milink(line).exits(0);
            }
            Act::Probe => drop(lab.milink("link probe")),
            Act::Put(path, body) => drop(arm::send(lab, Method::Put, path, body)?),
            Act::Patch(path, body) => drop(arm::send(lab, Method::Patch, path, body)?),
            Act::Delete(path) => drop(arm::send(lab, Method::Delete, path, "")?),
            Act::Estate(from, to) => drop(lab.estate_with("milink.toml", &[(from, to)])),
        }
    }
    Ok(())
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
    let remedy = act(lab, m.break_it).and_then(|()| broken(lab, m)).unwrap_or_else(|what| {
        mistakes.push(format!("{}: {what}", m.check));
        None
    });
    // Where the check names a statement, that very statement must mend it.
    let mended = match remedy {
        Some((site, statement)) => tried(lab, &site, "master", &statement),
        None => act(lab, m.mend_it),
    };
    if let Err(what) = mended.and_then(|()| until_green(lab, m.purpose)) {
        mistakes.push(format!("{}: not green again: {what}", m.check));
    }
}

/// Site and statement of the remedy, where there is one.
fn broken(lab: &Lab, m: &Mutant) -> Result<Option<(String, String)>, String> {
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
            judged(m, &done, &report["links"][0])?;
            return Ok(statement(&report, m.check));
        }
        // A broken connection is noticed after its time limit.
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("it did not turn".to_owned())
}

fn statement(report: &Value, id: &str) -> Option<(String, String)> {
    let checks = report["links"][0]["checks"].as_array().unwrap();
    let found = &checks.iter().find(|c| c["id"] == id).unwrap()["statement"];
    let word = |key: &str| found[key].as_str().map(str::to_owned);
    word("site").zip(word("sql"))
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
    let with: BTreeSet<&str> = BEFORE.iter().chain(AFTER).map(|m| m.check).chain(ODD.iter().copied()).collect();
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
    // A statement that a check offers has been run, and mended it.
    let played: BTreeSet<&str> = BEFORE.iter().chain(AFTER).map(|m| m.check).collect();
    for c in registry::all().iter().filter(|c| c.statement.is_some()) {
        assert!(played.contains(c.id.as_str()), "{} offers a statement that no row runs", c.id);
    }
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
    // What `check` says binds a run.
    let refused = lab.milink("cutover run ledger --yes").exits(3).says("`objects.required` fails");
    assert!(refused.stderr.contains("nothing was changed"), "{}", refused.stderr);
    assert!(lab.last_run()["run_id"].as_str().unwrap().starts_with("create"), "a refused run was begun");
    let mut command = lab.command("cutover run ledger --yes");
    lab.start(command.args(["--waive", "objects.required=made by hand on Sunday"])).wait().exits(0);
    let export = lab.milink("runs export last").exits(0).stdout;
    let judged = export.lines().find(|l| l.contains(r#""name":"checks""#)).unwrap();
    assert!(judged.contains("made by hand on Sunday") && judged.contains("objects.required"), "{judged}");
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

/// Few rights: what cannot be seen is unknown and names its permission; the rest is judged; nothing is ready.
#[test]
fn a_login_without_rights_makes_unknowns_that_name_the_permission() {
    let lab = Lab::up("migrate-2019", "");
    at(&lab, "sql-a", "master", "CREATE LOGIN few WITH PASSWORD = N'Long#enough1'");
    std::fs::write(lab.path("few.password"), "Long#enough1").unwrap();
    let text = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    let text = text.replacen(
        "user = \"lab_admin\"\npassword = { file = \"sql-a.password\" }",
        "user = \"few\"\npassword = { file = \"few.password\" }",
        1,
    );
    assert!(text.contains("few.password"));
    std::fs::write(lab.path("few.toml"), text).unwrap();
    let estate = lab.path("few.toml");
    let done = lab.start(lab.command("check --for create --output json").env("MILINK_ESTATE", estate)).wait().exits(3);
    let report = done.json();
    let found = open(&report);
    assert_eq!(report["verdict"], "not_ready");
    assert_eq!(found["permission.watch_source"], "fail");
    assert_eq!(found["permission.change_source"], "fail");
    assert_eq!(found["database.encryption"], "unknown", "{found:#?}");
    assert!(!found.contains_key("instance.edition") && !found.contains_key("managed.state"), "{found:#?}");
    let checks = report["links"][0]["checks"].as_array().unwrap();
    let encryption = checks.iter().find(|c| c["id"] == "database.encryption").unwrap();
    assert!(encryption["found"].as_str().unwrap().contains("needs VIEW SERVER STATE"), "{encryption:#}");
}

/// However many databases there are, an instance is asked the same few questions.
#[test]
fn the_number_of_statements_does_not_grow_with_the_databases() {
    let asked = |databases: &str| {
        let lab = Lab::up("migrate-2019", databases);
        let text = "SELECT CAST(cntr_value AS bigint) FROM sys.dm_os_performance_counters \
                    WHERE RTRIM(counter_name) = N'Batch Requests/sec'";
        let before = lab.number("sql-a", "master", text);
        lab.milink("check --for create");
        lab.number("sql-a", "master", text) - before
    };
    let (one, many) = (asked("--databases 1"), asked("--databases 12"));
    // Sessions are three or four, as they come free; each begins with a batch of its own.
    assert!(one > 0 && many <= one + 2, "{one} batches for one database, {many} for twelve");
    assert!(many <= 20, "{many} batches");
}
