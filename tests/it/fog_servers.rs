use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use crate::support::process::until;
use serde_json::Value;
use serde_json::json;

const SCENARIO: &str = include_str!("../../src/lab/scenario/sqldb-fog.toml");

fn up() -> Lab {
    Lab::up("sqldb-fog", "--writers 2")
}

/// The scenario with some of its words changed.
fn up_with(changes: &[(&str, &str)]) -> Lab {
    let mut text = SCENARIO.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "no `{from}` in the scenario");
        text = text.replacen(from, to, 1);
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("changed.toml");
    std::fs::write(&path, text).unwrap();
    Lab::up(path.to_str().unwrap(), "--writers 2")
}

fn show(lab: &Lab, group: &str) -> Value {
    lab.milink(&format!("fog show {group} --output json")).exits(0).json()
}

fn no_run(lab: &Lab) {
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), json!([]), "something was begun");
}

/// Another request of that kind would be refused, and the run would fail with it.
fn only_once(lab: &Lab, method: &str, path: &str) {
    let rule = format!(
        r#"{{"method":"{method}","path":"{path}","skip":1,"times":9,"action":{{"kind":"refuse","status":409,"code":"SentTwice"}}}}"#
    );
    lab.fault(&format!("arm {rule}"));
}

#[test]
fn three_groups_between_one_pair_of_servers_and_one_left_out() {
    let lab = up();
    let dry = planned(&lab.milink("fog create fog-shop --dry-run --output json").exits(0).json());
    let script = lab.milink("fog create fog-shop --script").exits(0).stdout;
    assert!(script.contains("/servers/srv-a/failoverGroups/fog-shop"), "sent to the primary server: {script}");
    for id in ["/servers/srv-a/databases/orders", "/servers/srv-a/databases/stock"] {
        assert!(script.contains(id), "{script}");
    }
    assert!(!script.contains("databases/notes") && !script.contains("GracePeriod"), "{script}");
    no_run(&lab);
    lab.milink("fog create fog-shop --yes").exits(0);
    assert_eq!(ran(&lab.last_run()), dry);
    lab.milink("fog create fog-tenants --yes").exits(0);
    let shop = show(&lab, "fog-shop");
    assert_eq!(
        (&shop["protected"], &shop["primary"], &shop["settings_fit"]),
        (&true.into(), &"srv-a".into(), &true.into())
    );
    assert_eq!(shop["databases"].as_array().unwrap().len(), 2, "a subset: {shop:#}");
    assert_eq!(shop["read_write_listener"], "fog-shop.database.windows.net", "no zone in it");
    assert_eq!(shop["read_only_listener"], "fog-shop.secondary.database.windows.net");
    let listeners = lab.milink("listener check fog-shop --output json").exits(0).json();
    assert_eq!(listeners["ok"], true, "{listeners:#}");
    assert_eq!(listeners["listeners"][0]["server"], "srv-a");
    assert_eq!(listeners["listeners"][0]["ttl_s"], 30);
    assert_eq!(listeners["listeners"][1]["server"], "srv-b");
    for i in 0..2 {
        assert_eq!(listeners["listeners"][1]["updateability"][i][1], "READ_ONLY");
    }
    // Each fails over alone.
    lab.until_written(20);
    lab.milink("fog failover fog-tenants --yes").exits(0);
    assert_eq!(show(&lab, "fog-tenants")["primary"], "srv-b");
    assert_eq!(show(&lab, "fog-shop")["primary"], "srv-a", "the other group was not touched");
    lab.milink("listener check fog-shop").exits(0);
    lab.milink("listener check fog-tenants").exits(0);
    lab.until_written(20);
    lab.milink("fog failover fog-tenants --to srv-b --yes").exits(3).says("primary already");
    let all = lab.milink("fog list --output json").exits(0).json();
    assert_eq!(all.as_array().unwrap().len(), 3, "{all:#}");
    lab.verdict_holds();
    lab.milink("runs verify").exits(0);
}

#[test]
fn a_partial_creation_is_told_as_partial_and_the_verb_again_repairs_it() {
    let lab = up();
    let plan = lab.milink("fog plan fog-archive --output json").exits(0).json();
    let zones = plan["checks"].as_array().unwrap().iter().find(|c| c["id"] == "sqldb.zones").unwrap();
    assert_eq!(zones["found"], "archive is Hyperscale and zone redundant");
    let partial = lab.milink("fog create fog-archive --yes").exits(4);
    assert!(partial.stderr.contains("PARTIAL") && partial.stderr.contains("archive"), "{}", partial.stderr);
    assert!(partial.stderr.contains("fog update fog-archive"), "{}", partial.stderr);
    assert_eq!(lab.last_run()["status"], "committed", "what could be done is done");
    let shown = show(&lab, "fog-archive");
    assert_eq!((&shown["protected"], &shown["missing"]), (&false.into(), &json!(["archive"])), "{shown:#}");
    assert_eq!(shown["databases"][0]["name"], "audit");
    assert_eq!(shown["databases"][0]["replication_state"], "CATCH_UP");
    // The same verb again: the copy first, without zone redundancy, then the longer list.
    let script = lab.milink("fog create fog-archive --script").exits(0).stdout;
    let (copy, list) = (script.find("\"createMode\":\"Secondary\""), script.find("failoverGroups/fog-archive"));
    assert!(copy.is_some() && copy < list, "{script}");
    assert!(script.contains("\"zoneRedundant\":false"), "{script}");
    let repaired = lab.milink("fog create fog-archive --yes").exits(0);
    assert!(repaired.stderr.contains("WITHOUT zone redundancy"), "{}", repaired.stderr);
    let shown = show(&lab, "fog-archive");
    assert_eq!((&shown["protected"], &shown["missing"]), (&true.into(), &Value::Null), "{shown:#}");
    assert_eq!(shown["databases"].as_array().unwrap().len(), 2);
    lab.milink("fog create fog-archive --yes").exits(0).says("nothing is missing");
    lab.milink("fog failover fog-archive --yes").exits(0);
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn a_group_that_goes_leaves_its_databases_replicated_and_they_are_taken_up_again() {
    let lab = up();
    lab.milink("fog create fog-shop --yes").exits(0);
    lab.milink("fog delete fog-shop --yes --no-input").exits(2);
    lab.milink("fog delete fog-shop --confirm fog-shop").exits(0).says("geo-replicated");
    assert_eq!(show(&lab, "fog-shop")["standing"]["state"], "none");
    // The copies are there, and follow: the next group takes them as they are.
    lab.milink("fog create fog-shop --yes").exits(0);
    assert_eq!(show(&lab, "fog-shop")["protected"], true);
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn databases_join_and_leave_by_the_estate_file() {
    let lab = up();
    lab.milink("fog create fog-shop --yes").exits(0);
    let more = lab.estate_with("more.toml", &[("[\"orders\", \"stock\"]", "[\"orders\", \"notes\"]")]);
    let with = format!("--estate {}", more.display());
    let before = lab.milink(&format!("{with} fog show fog-shop --output json")).exits(0).json();
    assert_eq!((&before["missing"], &before["surplus"]), (&json!(["notes"]), &json!(["stock"])), "{before:#}");
    assert_eq!((&before["protected"], &before["settings_fit"]), (&false.into(), &false.into()));
    let updated = lab.milink(&format!("{with} fog update fog-shop --yes")).exits(0);
    assert!(updated.stderr.contains("stock"), "{}", updated.stderr);
    let after = lab.milink(&format!("{with} fog show fog-shop --output json")).exits(0).json();
    assert_eq!((&after["protected"], &after["settings_fit"]), (&true.into(), &true.into()), "{after:#}");
    lab.milink(&format!("{with} fog update fog-shop --yes")).exits(0).says("those of the estate file");
}

#[test]
fn what_the_service_would_refuse_is_not_asked() {
    let lab = up();
    let refused = |name: &str, from: &str, to: &str, row: &str| {
        let file = lab.estate_with(&format!("{name}.toml"), &[(from, to)]);
        let end = lab.milink(&format!("--estate {} fog create fog-shop --yes", file.display())).exits(3);
        assert!(end.stderr.contains(row), "{name}: {}", end.stderr);
    };
    refused("absent", "[\"orders\", \"stock\"]", "[\"orders\", \"nothing\"]", "nothing is not there");
    lab.fault("set srv-a permissions read");
    let end = lab.milink("fog create fog-shop --yes").exits(3);
    assert!(end.stderr.contains("servers/failoverGroups/write"), "{}", end.stderr);
    lab.fault("set srv-a permissions all");
    lab.milink("fog failover fog-shop --yes").exits(3).says("no group");
    lab.milink("fog update fog-shop --yes").exits(3).says("no group");
    lab.milink("listener check fog-shop").exits(3);
    lab.milink("fog protect fog-shop --yes").exits(3).says("fog create");
    no_run(&lab);
    // A database of another group.
    lab.milink("fog create fog-shop --yes").exits(0);
    let file = lab.estate_with(
        "other.toml",
        &[("[\"orders\", \"stock\"]", "[\"stock\"]"), ("[\"archive\", \"audit\"]", "[\"orders\", \"audit\"]")],
    );
    let end = lab.milink(&format!("--estate {} fog create fog-archive --yes", file.display())).exits(3);
    assert!(end.stderr.contains("orders is in fog-shop"), "{}", end.stderr);
    // What an estate file cannot mean is a mistake in it.
    for (from, to, word) in [
        ("[\"orders\", \"stock\"]", "[\"orders\", \"audit\"]", "one failover group"),
        ("[\"orders\", \"stock\"]", "[]", "at least one database"),
        ("[\"orders\", \"stock\"]", "[\"orders\", \"Orders\"]", "once"),
    ] {
        let file = lab.estate_with("wrong.toml", &[(from, to)]);
        let end = lab.milink(&format!("--estate {} fog list", file.display())).exits(2);
        assert!(end.stderr.contains(word), "{}", end.stderr);
    }
}

#[test]
fn a_pool_must_be_on_the_other_side_and_large_enough() {
    let second = "zones = false\n\n[[server.pool]]\nname = \"pool-tenants\"\ntier = \"GeneralPurpose\"\ncapacity = 4\nsize_gb = 64";
    let lab = up_with(&[(second, "zones = false")]);
    let end = lab.milink("fog create fog-tenants --yes").exits(3);
    assert!(end.stderr.contains("has no pool pool-tenants"), "{}", end.stderr);
    lab.milink("fog create fog-shop --yes").exits(0);
    let small = second.replace("size_gb = 64", "size_gb = 32");
    let lab = up_with(&[(second, &small)]);
    let end = lab.milink("fog create fog-tenants --yes").exits(3);
    assert!(end.stderr.contains("64 GB here, 32 GB there"), "{}", end.stderr);
    no_run(&lab);
}

#[test]
fn servers_of_one_region_and_rules_with_the_automatic_policy_are_refused() {
    let lab = up_with(&[("region = \"ukwest\"", "region = \"uksouth\"")]);
    let end = lab.milink("fog create fog-shop --yes").exits(3);
    assert!(end.stderr.contains("P09"), "{}", end.stderr);
    let lab = up_with(&[("zones = false", "zones = false\nvirtual_network_rules = [\"from-app\"]")]);
    let accept = r#"accept = ["delegate", "an-hour-down", "any-time-later", "all-databases", "other-services", "unknown-loss", "equal-objectives"]"#;
    let automatic = format!("name = \"fog-shop\"\npolicy = \"automatic\"\ngrace = \"1h\"\n{accept}");
    let automatic = ("name = \"fog-shop\"", automatic.as_str());
    let file = lab.estate_with("automatic.toml", &[automatic]);
    let end = lab.milink(&format!("--estate {} fog create fog-shop --yes", file.display())).exits(3);
    assert!(end.stderr.contains("from-app"), "{}", end.stderr);
    no_run(&lab);
    lab.milink("fog create fog-shop --yes").exits(0);
}

#[test]
fn a_drill_of_a_group_of_databases_is_measured_and_goes_home() {
    let lab = up();
    lab.milink("fog create fog-shop --yes").exits(0);
    let drill = lab.milink("drill run fog-shop --yes --output json").exits(0).json();
    for way in ["over", "back"] {
        assert_eq!(drill[way]["lost_writes"], 0, "{drill:#}");
        assert!(drill[way]["write_outage_ms"].as_i64().is_some_and(|ms| ms > 0), "{drill:#}");
    }
    assert_eq!(show(&lab, "fog-shop")["primary"], "srv-a");
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn a_lost_region_is_left_by_trying_the_planned_way_first() {
    let lab = up();
    lab.milink("fog create fog-shop --yes").exits(0);
    lab.until_written(20);
    lab.fault("set srv-a region down");
    let shown = show(&lab, "fog-shop");
    assert_eq!((&shown["standing"]["state"], &shown["protected"]), (&"one_sided".into(), &Value::Null));
    lab.milink("fog failover fog-shop --yes").exits(3);
    lab.milink("fog delete fog-shop --confirm fog-shop").exits(3);
    lab.milink("fog failover fog-shop --try-planned-first --yes --no-input").exits(2).says("LOST");
    lab.milink("fog failover fog-shop --try-planned-first --confirm fog-shop").exits(0);
    lab.until_written(20);
    lab.fault("set srv-a region up");
    until("the old primary to catch up", || (show(&lab, "fog-shop")["protected"] == true).then_some(()));
    let shown = show(&lab, "fog-shop");
    assert_eq!((&shown["primary"], &shown["members"][0]["role"]), (&"srv-b".into(), &"secondary".into()));
    lab.milink("fog failover fog-shop --yes").exits(0);
    assert_eq!(show(&lab, "fog-shop")["primary"], "srv-a");
}

/// Killed there, and the same command again: it ends, and nothing was sent twice.
fn survives(lab: &Lab, command: &str, group: &str, method: &str, step: &str, point: &str) {
    let fault = format!("hang:{step}/{group}:{point}");
    let mut run = lab.start(lab.command(command).env("MILINK_FAULT", fault));
    run.until_it_says(&format!("fault: {point} at {step}/{group}"));
    run.kill();
    assert_eq!(lab.last_run()["status"], "open", "{method}");
    lab.milink(command).exits(0);
    assert_eq!(lab.last_run()["status"], "committed");
    lab.milink("runs verify").exits(0);
}

#[test]
fn a_creation_that_was_killed_sends_no_second_put() {
    for point in ["step-started", "before-act", "after-act"] {
        let lab = up();
        only_once(&lab, "PUT", "*/failovergroups/fog-shop");
        survives(&lab, "fog create fog-shop --yes", "fog-shop", "PUT", "fog.create", point);
        assert_eq!(show(&lab, "fog-shop")["protected"], true);
        lab.until_written(20);
        lab.verdict_holds();
    }
}

#[test]
fn a_failover_and_a_repair_that_were_killed_are_not_repeated() {
    let lab = up();
    lab.milink("fog create fog-shop --yes").exits(0);
    only_once(&lab, "POST", "*/failovergroups/fog-shop/*");
    survives(&lab, "fog failover fog-shop --yes", "fog-shop", "POST", "fog.failover", "after-act");
    assert_eq!(show(&lab, "fog-shop")["primary"], "srv-b");
    lab.milink("fog create fog-archive --yes").exits(4);
    only_once(&lab, "PUT", "*/databases/archive");
    survives(&lab, "fog create fog-archive --yes", "fog-archive", "PUT", "fog.copies", "after-act");
    assert_eq!(show(&lab, "fog-archive")["protected"], true);
}
