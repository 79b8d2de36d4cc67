//! `milink check` against a running lab: green as it is; each condition broken in the lab's own state turns its check, and
//! only what follows from it, red or unknown; mended, it is green again.

use crate::support::lab::Lab;
use crate::support::mutants::AFTER;
use crate::support::mutants::BOTH_WAYS_AFTER;
use crate::support::mutants::BOTH_WAYS_BEFORE;
use crate::support::mutants::DATABASE;
use crate::support::mutants::INSTANCES;
use crate::support::mutants::NEW;
use crate::support::mutants::NIGHT;
use crate::support::mutants::OWN;
use crate::support::mutants::RIGHTS;
use crate::support::mutants::SEVERAL;
use crate::support::mutants::WATCH;
use crate::support::mutants::tables;
use crate::support::play::Player;
use crate::support::play::at;
use crate::support::play::check;
use crate::support::play::open;
use crate::support::play::prepare;
use crate::support::play::until_green;
use milink::rules::checks::registry;
use std::collections::BTreeSet;

const BACKUP_LOG: &str = "BACKUP LOG ledger TO DISK = N'first.trn' WITH CHECKSUM";

#[test]
fn each_check_of_servers_and_azure_turns_with_its_condition_and_back() {
    let lab = Lab::up("migrate-2019", "");
    prepare(&lab);
    until_green(&lab, NEW).unwrap();
    let mut player = Player::new(&lab);
    player.play_all(INSTANCES);
    player.no_mistakes();
}

#[test]
fn each_check_of_the_database_turns_with_its_condition_and_back() {
    let lab = Lab::up("migrate-2019", "");
    prepare(&lab);
    until_green(&lab, NEW).unwrap();
    let mut player = Player::new(&lab);
    player.play_all(DATABASE);
    player.no_mistakes();
}

#[test]
fn each_check_of_a_link_turns_with_its_condition_and_back() {
    let lab = Lab::up("migrate-2019", "");
    prepare(&lab);
    lab.milink("link create").exits(0);
    at(&lab, "sql-a", "master", BACKUP_LOG);
    until_green(&lab, NIGHT).unwrap();
    until_green(&lab, WATCH).unwrap();
    let mut player = Player::new(&lab);
    player.play_all(AFTER);
    player.no_mistakes();
}

#[test]
fn each_check_of_a_link_both_ways_turns_with_its_condition_and_back() {
    let lab = Lab::up("two-way-2022", "");
    prepare(&lab);
    until_green(&lab, NEW).unwrap();
    let mut player = Player::new(&lab);
    player.play_all(BOTH_WAYS_BEFORE);
    lab.milink("link create").exits(0);
    until_green(&lab, NIGHT).unwrap();
    player.play_all(BOTH_WAYS_AFTER);
    player.no_mistakes();
}

#[test]
fn links_of_several_databases_are_a_switch_of_the_source() {
    let changes = [("16.0.4125.3", "16.0.4295.3"), ("\"CU13\"", "\"CU27\""), ("KB5036432", "KB5099999")];
    let lab = Lab::changed("two-way-2022", &changes, "");
    prepare(&lab);
    until_green(&lab, NEW).unwrap();
    let mut player = Player::new(&lab);
    player.play_all(SEVERAL);
    player.no_mistakes();
}

/// milink by a login of its own on both sides: what a watcher may, then what the night needs.
#[test]
fn each_right_of_milink_turns_its_check_and_back() {
    let lab = Lab::up("migrate-2019", "");
    prepare(&lab);
    lab.milink("link create").exits(0);
    at(&lab, "sql-a", "master", BACKUP_LOG);
    for server in ["sql-a", "mi-a"] {
        at(
            &lab,
            server,
            "master",
            "CREATE LOGIN watcher WITH PASSWORD = N'Long#enough1'; GRANT VIEW SERVER STATE, VIEW ANY DEFINITION TO watcher",
        );
        at(&lab, server, "msdb", "CREATE USER watcher FOR LOGIN watcher; ALTER ROLE db_datareader ADD MEMBER watcher");
    }
    std::fs::write(lab.path("watcher.password"), "Long#enough1").unwrap();
    lab.estate_with(
        "milink.toml",
        &[
            ("user = \"lab_admin\"", "user = \"watcher\""),
            ("{ file = \"sql-a.password\" }", "{ file = \"watcher.password\" }"),
            ("{ file = \"mi-a.password\" }", "{ file = \"watcher.password\" }"),
        ],
    );
    until_green(&lab, WATCH).unwrap();
    let mut player = Player::new(&lab);
    let (watch, change): (Vec<_>, Vec<_>) = RIGHTS.iter().partition(|m| m.purpose == WATCH);
    for m in watch {
        player.play(m);
    }
    for server in ["sql-a", "mi-a"] {
        at(&lab, server, "master", "ALTER SERVER ROLE sysadmin ADD MEMBER watcher");
    }
    until_green(&lab, NIGHT).unwrap();
    for m in change {
        player.play(m);
    }
    player.no_mistakes();
}

/// The text of a test, from its name to the next one.
fn text_of(file: &str, name: &str) -> String {
    let path = format!("{}/tests/it/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    let all = std::fs::read_to_string(&path).unwrap();
    let head = format!("#[test]\nfn {name}()");
    let at = all.find(&head).unwrap_or_else(|| panic!("{path} has no test {name}"));
    let rest = &all[at + head.len()..];
    rest[..rest.find("#[test]").unwrap_or(rest.len())].to_owned()
}

/// Adding a check means adding a row, or a test of its own that is named, there, and speaks of it.
#[test]
fn every_check_has_a_mutant() {
    let rows: BTreeSet<&str> = tables().map(|m| m.check).collect();
    let own: BTreeSet<&str> = OWN.iter().map(|(id, ..)| *id).collect();
    assert_eq!(rows.intersection(&own).collect::<Vec<_>>(), Vec::<&&str>::new(), "by a row and by a test");
    for (id, file, name) in OWN {
        assert!(text_of(file, name).contains(&format!("\"{id}\"")), "{file}::{name} does not look at {id}");
    }
    let all: BTreeSet<&str> = registry::of_links().map(|c| c.id.as_str()).collect();
    let broken: BTreeSet<&str> = rows.union(&own).copied().collect();
    assert_eq!(all.difference(&broken).collect::<Vec<_>>(), Vec::<&&str>::new(), "nothing breaks them");
    assert_eq!(broken.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new(), "no such check");
    // Playing a row runs the statement of its check: so every statement there is must stand in a row.
    for c in registry::all().iter().filter(|c| c.statement.is_some()) {
        assert!(rows.contains(c.id.as_str()), "{} offers a statement that no row runs", c.id);
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
