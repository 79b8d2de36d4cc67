//! Estates that are not as they should be, from the day they were installed: no statement breaks or mends them, so each is a
//! scenario of its own. `migrate-2019` itself, where all is in order, is judged green in `check.rs`.

use crate::support::arm;
use crate::support::lab::Lab;
use milink::arm::transport::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// A lab of `migrate-2019` with each `from` replaced by its `to`.
#[track_caller]
fn odd(changes: &[(&str, &str)], arguments: &str) -> Lab {
    let shown = crate::support::process::milink(&["lab", "scenarios", "--show", "migrate-2019"]).exits(0);
    let mut text = shown.stdout;
    for (from, to) in changes {
        assert!(text.contains(from), "no `{from}` in the scenario\n{text}");
        text = text.replacen(from, to, 1);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.toml");
    std::fs::write(&path, text).unwrap();
    Lab::up(path.to_str().unwrap(), arguments)
}

/// Id and status of the first link's checks that neither passed nor were out of place.
fn open(report: &Value) -> BTreeMap<String, String> {
    let checks = report["links"][0]["checks"].as_array().unwrap();
    let word = |c: &Value, key: &str| c[key].as_str().unwrap().to_owned();
    checks
        .iter()
        .filter(|c| !["pass", "not_applicable"].contains(&c["status"].as_str().unwrap()))
        .map(|c| (word(c, "id"), word(c, "status")))
        .collect()
}

/// What the estate as such turns: nobody has prepared it.
const UNPREPARED: [&str; 2] = ["database.accelerated_recovery", "objects.smoke_test"];

#[track_caller]
fn turns(lab: &Lab, wanted: &[&str], verdict: &str) {
    let done = lab.milink("check --for create --output json");
    let report = done.json();
    let mut found = open(&report);
    found.retain(|id, _| !UNPREPARED.contains(&id.as_str()));
    let ids: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(ids, wanted, "{report:#}");
    assert_eq!(report["links"][0]["verdict"], verdict, "{report:#}");
    assert_eq!(done.code, Some(if verdict == "ready" { 0 } else { 3 }));
}

#[test]
fn a_build_that_lacks_the_link() {
    // The last build of SQL Server 2019 before CU20 (facts: mi-link 1.1).
    let lab = odd(&[("15.0.4312.2", "15.0.4298.1"), ("\"CU20\"", "\"CU19\""), ("KB5024276", "KB5023049")], "");
    turns(&lab, &["instance.build", "instance.link_procedures"], "not_ready");
}

#[test]
fn a_2016_without_its_pack() {
    let lab = odd(
        &[
            ("15.0.4312.2", "13.0.6300.2"),
            ("update_level = \"CU20\"\n", ""),
            ("update_reference = \"KB5024276\"\n", ""),
        ],
        "",
    );
    turns(&lab, &["instance.build", "instance.link_procedures"], "not_ready");
}

#[test]
fn an_edition_that_cannot_link() {
    let lab = odd(&[("Enterprise Edition (64-bit)", "Web Edition (64-bit)")], "");
    turns(&lab, &["instance.edition"], "not_ready");
}

#[test]
fn a_machine_that_was_renamed() {
    let lab = odd(&[("server_name = \"SQL-A\"", "server_name = \"SQL-A\"\nmachine_name = \"SQL-NEW\"")], "");
    turns(&lab, &["instance.server_name"], "not_ready");
}

#[test]
fn a_failover_cluster_instance_is_a_warning() {
    let lab = odd(&[("server_name = \"SQL-A\"", "server_name = \"SQL-A\"\nclustered = true")], "");
    turns(&lab, &["instance.clustered"], "ready");
}

#[test]
fn a_named_instance_on_the_default_port_is_a_warning() {
    let lab = odd(&[("server_name = \"SQL-A\"", "server_name = 'SQL-A\\PAYROLL'")], "");
    turns(&lab, &["instance.named"], "ready");
}

#[test]
fn another_collation() {
    let lab = odd(&[("trace_flags", "collation = \"Latin1_General_CI_AS\"\ntrace_flags")], "");
    turns(&lab, &["instance.collation"], "not_ready");
}

/// 141 databases of two files each: more databases, files and disks than a General Purpose instance takes.
#[test]
fn more_than_the_instance_holds() {
    let lab = odd(&[("storage_gb = 256", "storage_gb = 4096")], "--databases 141");
    turns(&lab, &["managed.database_limit", "managed.disks", "managed.file_count"], "not_ready");
}

#[test]
fn a_target_that_is_no_managed_instance() {
    let lab = odd(&[], "");
    let record = lab.record();
    let servers = record["servers"].as_array().unwrap();
    let port = |id: &str| {
        let found = servers.iter().find(|s| s["id"] == id).unwrap();
        format!("port = {}", found["address"]["port"])
    };
    let password = "password = { file = \"mi-a.password\" }";
    let estate = lab.estate_with(
        "wrong.toml",
        &[(&port("mi-a"), &port("sql-a")), (password, "password = { file = \"sql-a.password\" }")],
    );
    let done = lab.start(lab.command("check --for create --output json").env("MILINK_ESTATE", estate)).wait().exits(3);
    assert_eq!(open(&done.json())["managed.reachable"], "fail", "{}", done.stdout);
}

/// Few rights on the target: watching is enough to judge a creation, not to cut over.
#[test]
fn a_login_with_few_rights_on_the_target() {
    let lab = odd(
        &[(
            "[[login]]\ninstance = \"mi-a\"\nname = \"lab_admin\"",
            "[[login]]\ninstance = \"mi-a\"\nname = \"few\"\npassword = \"Long#enough1\"\n\n[[login]]\ninstance = \"mi-a\"\nname = \"lab_admin\"",
        )],
        "",
    );
    lab.milink("link create").exits(0);
    std::fs::write(lab.path("few.password"), "Long#enough1").unwrap();
    let admin = "user = \"lab_admin\"\npassword = { file = \"mi-a.password\" }";
    let estate = lab.estate_with("few.toml", &[(admin, "user = \"few\"\npassword = { file = \"few.password\" }")]);
    let done = lab.start(lab.command("check --for cutover --output json").env("MILINK_ESTATE", estate)).wait().exits(3);
    let found = open(&done.json());
    assert_eq!(found["permission.watch_target"], "fail", "{found:#?}");
    assert_eq!(found["permission.change_target"], "fail", "{found:#?}");
    assert_eq!(done.json()["verdict"], "not_ready");
}

/// The name is taken by a link that carries another database.
#[test]
fn a_link_of_this_name_for_another_database() {
    let lab = odd(&[], "--databases 2");
    lab.milink("link create ledger").exits(0);
    let estate = lab.estate_with(
        "swapped.toml",
        &[
            ("database = \"ledger\"", "database = \"other\""),
            ("database = \"ledger-2\"", "database = \"ledger\""),
            ("database = \"other\"", "database = \"ledger-2\""),
        ],
    );
    let line = "check ledger --for create --output json";
    let done = lab.start(lab.command(line).env("MILINK_ESTATE", estate)).wait().exits(3);
    assert_eq!(open(&done.json())["link.name"], "fail", "{}", done.stdout);
}

/// A scenario of one's own is read from its file, with its mistakes told.
#[test]
fn a_scenario_file_with_a_mistake_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let said = |arguments: &[&str]| {
        let mut all = vec!["lab", "up", "--dir", dir.path().to_str().unwrap(), "--scenario"];
        all.extend(arguments);
        crate::support::process::milink(&all).exits(2)
    };
    said(&[path.to_str().unwrap()]).says("mine.toml cannot be read").says("No such file");
    std::fs::write(&path, "name = \"mine\"\nsumary = \"x\"\n").unwrap();
    said(&[path.to_str().unwrap()]).says("the scenario file is not valid").says("sumary");
    said(&["mine"]).says("no scenario `mine`").says("lab scenarios");
}

/// Stopped in the portal: its state says so, what only it could tell is unknown, and started again all is as before.
#[test]
fn an_instance_that_is_stopped() {
    let lab = Lab::up("migrate-2019", "");
    let act = |verb: &str| {
        let path = format!("Microsoft.Sql/managedInstances/mi-a/{verb}?api-version=2025-01-01");
        arm::send(&lab, Method::Post, &path, "").unwrap();
    };
    act("stop");
    let found = crate::support::process::until("the instance to stop", || {
        let report = lab.milink("check --for create --output json").exits(3).json();
        let found = open(&report);
        (found.get("managed.state").map(String::as_str) == Some("fail")).then_some(found)
    });
    assert_eq!(found["managed.reachable"], "unknown", "{found:#?}");
    assert!(!found.contains_key("database.recovery_model"), "the source still tells: {found:#?}");
    act("start");
    crate::support::process::until("the instance to start", || {
        let report = lab.milink("check --for create --output json").json();
        (!open(&report).contains_key("managed.state") && !open(&report).contains_key("managed.reachable")).then_some(())
    });
}

/// An encrypted database under the service's own key cannot go back to SQL Server; under the customer's own it can.
#[test]
fn a_way_back_needs_the_customers_key() {
    let lab = Lab::up("two-way-2022", "");
    let judged = || {
        let report = lab.milink("check --for create --output json").json();
        open(&report).get("managed.encryption_protector").cloned()
    };
    assert_eq!(judged(), None);
    lab.fault("set sql-a encrypted on ledger");
    assert_eq!(judged().as_deref(), Some("fail"));
    let path = "Microsoft.Sql/managedInstances/mi-a/encryptionProtector/current?api-version=2025-01-01";
    let body = r#"{"properties": {"serverKeyType": "AzureKeyVault", "serverKeyName": "vault_key_1"}}"#;
    arm::send(&lab, Method::Put, path, body).unwrap();
    crate::support::process::until("the key to be set", || judged().is_none().then_some(()));
}
