//! Estates that are not as they should be, from the day they were installed: no statement breaks or mends them, so each is a
//! scenario of its own. `migrate-2019` itself, where all is in order, is judged green, too.

use crate::support::lab::Lab;
use crate::support::play::at;
use crate::support::play::finding;
use crate::support::play::open;
use crate::support::play::prepare;
use crate::support::process::Done;

/// A lab of `migrate-2019`, otherwise in one thing, and prepared as it should be.
#[track_caller]
fn odd(changes: &[(&str, &str)], arguments: &str) -> Lab {
    let lab = Lab::changed("migrate-2019", changes, arguments);
    prepare(&lab);
    lab
}

/// Exactly these turn, and nothing else.
#[track_caller]
fn turns(lab: &Lab, wanted: &[&str], verdict: &str) {
    let done = lab.milink("check --for create --output json");
    turned(&done, wanted, verdict);
}

#[track_caller]
fn turned(done: &Done, wanted: &[&str], verdict: &str) {
    let report = done.json();
    let found = open(&report);
    let ids: Vec<&str> = found.keys().map(String::as_str).collect();
    let said: Vec<String> = ids.iter().map(|id| format!("{id}: {}", finding(&report, id)["found"])).collect();
    assert_eq!(ids, wanted, "{said:#?}");
    assert_eq!(report["links"][0]["verdict"], verdict, "{said:#?}");
    assert_eq!(done.code, Some(if verdict == "ready" { 0 } else { 3 }));
}

/// What the others are one thing away from.
#[test]
fn the_estate_as_it_should_be() {
    turns(&odd(&[], ""), &[], "ready");
}

#[test]
fn a_build_that_lacks_the_link() {
    // The last build of SQL Server 2019 before CU20 (facts: mi-link 1.1).
    let lab = odd(&[("15.0.4312.2", "15.0.4298.1"), ("\"CU20\"", "\"CU19\""), ("KB5024276", "KB5023049")], "");
    turns(&lab, &["instance.build", "instance.link_procedures"], "not_ready");
}

#[test]
fn a_2016_without_its_pack() {
    let lab = Lab::changed(
        "migrate-2019",
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

/// Availability groups cannot be enabled there.
#[test]
fn a_client_windows() {
    let lab =
        odd(&[("server_name = \"SQL-A\"", "server_name = \"SQL-A\"\nsystem = \"Windows 11 Pro 10.0 <X64>\"")], "");
    turns(&lab, &["instance.system"], "not_ready");
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

#[test]
fn a_target_that_is_smaller_is_a_warning() {
    turns(&odd(&[("vcores = 8", "vcores = 4")], ""), &["managed.capacity"], "ready");
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
    turns(&lab, &[], "ready");
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
    let done = lab.start(lab.command("check --for create --output json").env("MILINK_ESTATE", estate)).wait();
    // The database is on that server, too.
    turned(&done, &["database.name_free", "managed.reachable"], "not_ready");
    turns(&lab, &[], "ready");
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
    // The other database is as it was made.
    at(&lab, "sql-a", "master", "ALTER DATABASE [ledger-2] SET ACCELERATED_DATABASE_RECOVERY = ON");
    lab.milink("link create ledger").exits(0);
    lab.milink("link probe").exits(0);
    let estate = lab.estate_with(
        "swapped.toml",
        &[
            ("database = \"ledger\"", "database = \"other\""),
            ("database = \"ledger-2\"", "database = \"ledger\""),
            ("database = \"other\"", "database = \"ledger-2\""),
        ],
    );
    let judged = |name: &str| {
        let line = format!("check {name} --for create --output json");
        lab.start(lab.command(&line).env("MILINK_ESTATE", &estate)).wait()
    };
    turned(&lab.milink("check link2 --for create --output json"), &[], "ready");
    turned(&judged("ledger"), &["link.name"], "not_ready");
    turned(&lab.milink("check link2 --for create --output json"), &[], "ready");
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
