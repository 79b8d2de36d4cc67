use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use crate::support::play::open;
use crate::support::play::prepare;
use crate::support::process::Done;
use crate::support::process::until;
use serde_json::Value;

fn up() -> Lab {
    Lab::up("fog-ready", "--writers 4")
}

fn grouped() -> Lab {
    let lab = up();
    lab.milink("fog create --yes").exits(0);
    lab
}

fn show(lab: &Lab) -> Value {
    lab.milink("fog show --output json").exits(0).json()
}

/// Another request of that kind would be refused, and the run would fail with it.
fn only_once(lab: &Lab, method: &str) {
    let rule = format!(
        r#"{{"method":"{method}","path":"*/instancefailovergroups/*","skip":1,"times":9,"action":{{"kind":"refuse","status":409,"code":"SentTwice"}}}}"#
    );
    lab.fault(&format!("arm {rule}"));
}

#[test]
fn a_group_is_made_checked_and_taken_away() {
    let lab = up();
    let plan = lab.milink("fog plan --output json").exits(0).json();
    assert_eq!((&plan["standing"]["state"], &plan["protected"]), (&"none".into(), &false.into()));
    let dry = planned(&lab.milink("fog create --dry-run --output json").exits(0).json());
    assert_eq!(show(&lab)["standing"]["state"], "none", "a dry run changes nothing");
    lab.milink("fog create --no-input").exits(2);
    lab.milink("fog create --yes").exits(0);
    assert_eq!(ran(&lab.last_run()), dry);
    let shown = show(&lab);
    assert_eq!((&shown["protected"], &shown["primary"]), (&true.into(), &"mi-a".into()));
    assert_eq!(shown["databases"][0]["replication_state"], "CATCH_UP");
    assert_eq!(shown["settings_fit"], true);
    lab.milink("fog create --yes").exits(0).says("nothing is missing");
    let listeners = lab.milink("listener check --output json").exits(0).json();
    assert_eq!(listeners["ok"], true, "{listeners:#}");
    let rw = &listeners["listeners"][0];
    assert_eq!(rw["chain"][0], "mi-a.a1b2c3d4e5f6.database.windows.net");
    assert_eq!((&rw["landing"], &rw["ttl_s"]), (&"right".into(), &30.into()));
    assert_eq!(rw["updateability"][0][1], "READ_WRITE");
    assert_eq!(listeners["listeners"][1]["updateability"][0][1], "READ_ONLY");
    lab.until_written(20);
    lab.verdict_holds();
    lab.milink("fog delete --yes --no-input").exits(2);
    assert_eq!(show(&lab)["standing"]["state"], "in_sync", "`--yes` deletes no group");
    lab.milink("fog delete --confirm fog-ledger").exits(0);
    assert_eq!(show(&lab)["standing"]["state"], "none");
    // What is left on the old secondary stands in the way of the next group.
    let again = lab.milink("fog create --yes").exits(3);
    assert!(again.stderr.contains("fog.secondary_empty"), "{}", again.stderr);
}

#[test]
fn a_planned_failover_loses_nothing_and_is_not_made_twice() {
    let lab = grouped();
    lab.until_written(20);
    only_once(&lab, "POST");
    lab.milink("fog failover --yes").exits(0);
    assert_eq!(show(&lab)["primary"], "mi-b");
    lab.until_written(20);
    let runs = lab.milink("runs list --output json").exits(0).json();
    lab.milink("fog failover --to mi-b --yes").exits(3).says("primary already");
    lab.milink("fog failover --to nowhere --yes").exits(2);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), runs, "nothing was begun");
    lab.verdict_holds();
}

#[test]
fn a_drill_is_measured_and_goes_home() {
    let lab = grouped();
    let drill = lab.milink("drill run --yes --output json").exits(0).json();
    for way in ["over", "back"] {
        assert_eq!(drill[way]["lost_writes"], 0, "{drill:#}");
        assert!(drill[way]["write_outage_ms"].as_i64().is_some_and(|ms| ms > 0), "{drill:#}");
        assert!(drill[way]["listener_ms"].as_i64().is_some(), "{drill:#}");
    }
    assert_eq!(show(&lab)["primary"], "mi-a");
    let list = lab.milink("drill list --output json").exits(0).json();
    assert_eq!((&list[0]["run_id"], &list[0]["status"]), (&drill["run_id"], &"committed".into()));
    lab.until_written(20);
    lab.verdict_holds();
}

/// The drill of a rehearsal pair stands in the same journal as the check of another estate.
#[test]
fn a_cutover_waits_for_the_drill_that_the_policy_asks_for() {
    let pair = grouped();
    let lab = Lab::up("migrate-2019", "");
    prepare(&lab);
    lab.milink("link create").exits(0);
    let judged = || {
        let mut command = lab.command("check ledger --for cutover --output json");
        lab.start(command.env("MILINK_STATE_DIR", pair.path("state"))).wait()
    };
    let turned = |done: &Done| open(&done.json()).into_keys().collect::<Vec<_>>();
    let done = judged().exits(0);
    assert_eq!(turned(&done), Vec::<String>::new(), "nobody asks for a drill");
    lab.estate_with("milink.toml", &[("[policy]\n", "[policy]\ndrill_within = \"90d\"\n")]);
    let done = judged().exits(3);
    assert_eq!(turned(&done), ["drill.recent"], "{}", done.stdout);
    assert_eq!(done.json()["links"][0]["verdict"], "not_ready");
    pair.milink("drill run --yes").exits(0);
    let done = judged().exits(0);
    assert_eq!(turned(&done), Vec::<String>::new(), "{}", done.stdout);
}

#[test]
fn a_lost_region_is_left_by_force_and_comes_back_as_secondary() {
    let lab = grouped();
    lab.until_written(20);
    lab.fault("set mi-a region down");
    let shown = show(&lab);
    assert_eq!((&shown["standing"]["state"], &shown["protected"]), (&"one_sided".into(), &Value::Null));
    let runs = lab.milink("runs list --output json").exits(0).json();
    lab.milink("fog failover --yes").exits(3);
    lab.milink("drill run --yes").exits(3);
    lab.milink("fog update --yes").exits(3);
    lab.milink("fog delete --confirm fog-ledger").exits(3);
    lab.milink("fog failover --forced --yes --no-input").exits(2).says("LOST");
    lab.milink("fog failover --forced --confirm wrong").exits(3);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), runs, "nothing was begun");
    lab.milink("fog failover --forced --confirm fog-ledger").exits(0);
    lab.until_written(20);
    lab.milink("fog failover --to mi-a --yes").exits(3);
    lab.fault("set mi-a region up");
    until("the old primary to catch up", || (show(&lab)["protected"] == true).then_some(()));
    let shown = show(&lab);
    assert_eq!((&shown["primary"], &shown["members"][0]["role"]), (&"mi-b".into(), &"secondary".into()));
    lab.milink("fog failover --to mi-a --yes").exits(0);
    lab.until_written(20);
    lab.milink("runs verify").exits(0);
}

#[test]
fn settings_follow_the_estate_file() {
    let lab = grouped();
    let accept = r#"accept = ["delegate", "an-hour-down", "any-time-later", "all-databases", "other-services", "unknown-loss", "equal-objectives"]"#;
    let wanted = "secondary = \"mi-b\"\npolicy = \"automatic\"\ngrace = \"2h\"\n";
    // Six of seven words are not all of them, and nothing is sent.
    let six = accept.replace(", \"unknown-loss\"", "");
    let refusing = lab.estate_with("six.toml", &[("secondary = \"mi-b\"", &format!("{wanted}{six}"))]);
    let refused = lab.milink(&format!("--estate {} fog update --yes", refusing.display())).exits(3);
    assert!(refused.stderr.contains("\"unknown-loss\" missing"), "{}", refused.stderr);
    let changed = lab.estate_with("automatic.toml", &[("secondary = \"mi-b\"", &format!("{wanted}{accept}"))]);
    let estate = format!("--estate {}", changed.display());
    let before = lab.milink(&format!("{estate} fog show --output json")).exits(0).json();
    assert_eq!(before["settings_fit"], false);
    let script = lab.milink(&format!("{estate} fog update --script")).exits(0).stdout;
    assert!(script.contains(r#""failoverWithDataLossGracePeriodMinutes":120"#), "{script}");
    lab.milink(&format!("{estate} fog update --yes")).exits(0);
    let after = lab.milink(&format!("{estate} fog show --output json")).exits(0).json();
    assert_eq!(after["settings_fit"], true);
    assert_eq!((&after["policy"]["api"], &after["policy"]["grace_minutes"]), (&"Automatic".into(), &120.into()));
    let text = lab.milink(&format!("{estate} fog show")).exits(0).stdout;
    for part in ["fog.automatic", "ALL groups of the region", "whatever their state", "favours availability"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A drill is one by you: it says nothing of the automatic policy.
    let drill = lab.milink(&format!("{estate} drill run --yes --output json")).exits(0).json();
    assert!(drill["proves"].as_str().unwrap().contains("NOT tested"), "{drill:#}");
    // Back to manual, and no grace period is sent any more.
    let script = lab.milink("fog update --script").exits(0).stdout;
    assert!(script.contains(r#""failoverPolicy":"Manual""#) && !script.contains("GracePeriod"), "{script}");
    lab.milink("fog update --yes").exits(0);
    assert_eq!(show(&lab)["policy"]["api"], "Manual");
    // Somebody else changed it: the drift is explained.
    let drifted = lab.milink(&format!("{estate} fog show --output json")).exits(0).json();
    let advice = drifted["advice"].as_array().unwrap();
    let switched = advice.iter().find(|r| r["id"] == "fog.policy_switched").unwrap();
    assert!(switched["found"].as_str().unwrap().contains("customer managed"), "{switched:#}");
    let wrong = lab.estate_with("wrong.toml", &[("secondary = \"mi-b\"", "secondary = \"mi-b\"\ngrace = \"2h\"")]);
    lab.milink(&format!("--estate {} fog show", wrong.display())).exits(2).says("manual");
}

/// Killed there, and the same command again: it ends, and nothing was sent twice.
fn survives(lab: &Lab, command: &str, method: &str, step: &str, point: &str) {
    only_once(lab, method);
    let fault = format!("hang:{step}/fog-ledger:{point}");
    let mut run = lab.start(lab.command(command).env("MILINK_FAULT", fault));
    run.until_it_says(&format!("fault: {point} at {step}/fog-ledger"));
    run.kill();
    assert_eq!(lab.last_run()["status"], "open");
    lab.milink(command).exits(0);
    assert_eq!(lab.last_run()["status"], "committed");
    lab.until_written(20);
    lab.verdict_holds();
    lab.milink("runs verify").exits(0);
}

#[test]
fn a_creation_that_was_killed_sends_no_second_put() {
    for point in ["step-started", "before-act", "after-act"] {
        survives(&up(), "fog create --yes", "PUT", "fog.create", point);
    }
    survives(&up(), "fog create --yes", "PUT", "fog.seed", "step-started");
}

#[test]
fn a_failover_that_was_killed_is_not_repeated() {
    for point in ["step-started", "before-act", "after-act"] {
        let lab = grouped();
        survives(&lab, "fog failover --yes", "POST", "fog.failover", point);
        assert_eq!(show(&lab)["primary"], "mi-b");
    }
}

#[test]
fn what_the_service_would_refuse_is_not_asked() {
    let lab = up();
    // A link on the instance, or a group that exists elsewhere, excludes a new group.
    lab.fault("set mi-a failover-group other");
    let refused = lab.milink("fog create --yes").exits(3);
    assert!(refused.stderr.contains("P12"), "{}", refused.stderr);
    lab.fault("set mi-a failover-group none");
    lab.fault("set mi-a permissions read");
    let refused = lab.milink("fog create --yes").exits(3);
    assert!(refused.stderr.contains("instanceFailoverGroups/write"), "{}", refused.stderr);
    lab.fault("set mi-a permissions all");
    lab.milink("fog update --yes").exits(3).says("no group");
    lab.milink("fog failover --yes").exits(3).says("no group");
    lab.milink("listener check").exits(3);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), serde_json::json!([]), "nothing was begun");
    lab.milink("fog create --yes").exits(0);
}

/// One prerequisite each, and nothing else stands in the way.
#[test]
fn every_broken_prerequisite_is_named_and_nothing_is_begun() {
    let broken = [
        ("zone", "P05"),
        ("tier", "P02"),
        ("storage", "P03"),
        ("policy", "P08"),
        ("collation", "P06"),
        ("region", "P09"),
        ("occupied", "P01"),
    ];
    for (what, rule) in broken {
        let lab = Lab::up(&format!("fog-broken-{what}"), "");
        let plan = lab.milink("fog plan --output json").exits(3).json();
        let rows = plan["checks"].as_array().unwrap();
        let blocking = rows.iter().filter(|r| r["severity"] == "block" && r["status"] != "pass");
        let rules: Vec<&str> = blocking.map(|r| r["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, [rule], "{what}: {plan:#}");
        let refused = lab.milink("fog create --yes").exits(3);
        assert!(refused.stderr.contains(rule), "{}", refused.stderr);
        assert_eq!(lab.milink("runs list --output json").exits(0).json(), serde_json::json!([]), "{what}");
    }
}

/// The scenario loses the region by itself; the forced failover is measured, and the way home is without loss.
#[test]
fn a_region_that_goes_down_is_survived_measured_and_left_again() {
    let lab = Lab::up("region-down", "--writers 4");
    until("the region to be lost", || (show(&lab)["standing"]["state"] == "one_sided").then_some(()));
    lab.milink("fog failover --yes").exits(3);
    lab.milink("fog failover --forced --confirm fog-ledger").exits(0);
    lab.until_written(20);
    let report = lab.milink("report last --format markdown").exits(0).stdout;
    for word in ["RTO", "RPO"] {
        assert!(report.contains(word), "no {word} in {report}");
    }
    lab.fault("set mi-a region up");
    until("the old primary to catch up", || (show(&lab)["protected"] == true).then_some(()));
    let shown = show(&lab);
    assert_eq!((&shown["primary"], &shown["members"][0]["role"]), (&"mi-b".into(), &"secondary".into()));
    assert_eq!(shown["databases"][0]["replication_state"], "CATCH_UP");
    let drill = lab.milink("fog failover --to mi-a --yes");
    drill.exits(0);
    assert_eq!(show(&lab)["primary"], "mi-a");
    lab.until_written(20);
    lab.milink("runs verify").exits(0);
}
