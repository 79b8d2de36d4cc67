//! What is said beside a group's state: policy, advice, layers, reminders; what keeps people from harm before and after a failover.

use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::process::until;
use serde_json::Value;

fn up(scenario: &str) -> Lab {
    Lab::up(scenario, "")
}

fn grouped(scenario: &str) -> Lab {
    let lab = up(scenario);
    lab.milink("fog create --yes").exits(0);
    lab
}

fn show(lab: &Lab) -> Value {
    lab.milink("fog show --output json").exits(0).json()
}

#[test]
fn layers_and_policy_are_shown_apart() {
    let lab = up("fog-ready");
    let text = lab.milink("fog show").exits(0).stdout;
    assert!(text.contains("regional protection: NONE: zone redundancy does not cover the loss of a region"), "{text}");
    assert!(text.contains("local availability of mi-a: GeneralPurpose: remote storage"), "{text}");
    let script = lab.milink("fog create --script").exits(0).stdout;
    for part in [r#""failoverPolicy":"Manual""#, r#""readOnlyEndpoint":{"failoverPolicy":"Disabled"}"#] {
        assert!(script.contains(part), "{part}: {script}");
    }
    assert!(!script.contains("GracePeriod"), "{script}");
    lab.milink("fog create --yes").exits(0);
    let text = lab.milink("fog show").exits(0).stdout;
    for part in [
        "Synchronizing (CATCH_UP) on both sides",
        "policy: customer managed: only you fail over (Manual)",
        "read-only listener does not follow (Disabled)",
        "secondary type Geo",
        "regional protection: two regions, by this group",
        "not covered: master, msdb and model",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Zone redundancy is one setting of both members, and no protection of a region.
    let plan = lab.milink("fog runbook scale --zone-redundant true --script").exits(0).stdout;
    assert!(plan.contains(r#""zoneRedundant":true"#), "{plan}");
    lab.milink("fog runbook scale --zone-redundant true --confirm fog-ledger").exits(0).says("some regions only");
    let shown = show(&lab);
    for member in shown["high_availability"].as_array().unwrap() {
        assert_eq!((&member["zone_redundant"], &member["read_replica"]), (&true.into(), &false.into()), "{shown:#}");
    }
    let checked = lab.milink("listener check --output json").exits(0).json();
    assert_eq!((&checked["read_replica"], &checked["read_only_warning"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_force_is_warned_of_and_the_way_home_stays_open_until_it_is_taken() {
    let lab = grouped("fog-ready");
    assert_eq!(show(&lab)["reminder"], Value::Null);
    let asked = lab.milink("fog failover --forced --yes --no-input").exits(2);
    for part in [
        "roles now: mi-a is primary, mi-b is secondary",
        "mi-a ANSWERS and is healthy",
        "NO protection against data loss",
        "Every session is dropped",
    ] {
        assert!(asked.stderr.contains(part), "{part}: {}", asked.stderr);
    }
    lab.fault("set mi-a region down");
    let lost = show(&lab);
    let action = &lost["action"];
    assert_eq!((&action["by_you"], &action["advised"]), (&true.into(), &"forced".into()), "{lost:#}");
    let text = lab.milink("fog show").exits(0).stdout;
    assert!(text.contains("ACTION NEEDED BY YOU: forced") && text.contains("REQUIRED"), "{text}");
    lab.milink("fog failover --forced --confirm fog-ledger").exits(0);
    // Nobody deletes anything in a panic.
    let runs = lab.milink("runs list --output json").exits(0).json();
    let refused = lab.milink("fog delete --confirm fog-ledger").exits(3);
    assert!(refused.stderr.contains("it rejoins by itself"), "{}", refused.stderr);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), runs, "nothing was begun");
    lab.fault("set mi-a region up");
    until("the old primary to catch up", || (show(&lab)["protected"] == true).then_some(()));
    let open = &show(&lab)["reminder"];
    assert_eq!((&open["primary_now"], &open["home"], &open["forced"]), (&"mi-b".into(), &"mi-a".into(), &true.into()));
    assert!(open["since"].is_string() && open["for_s"].is_i64(), "{open:#}");
    let list = lab.milink("fog list").exits(0).stdout;
    assert!(list.contains("OPEN: failed over since") && list.contains("fog failover fog-ledger --to mi-a"), "{list}");
    lab.milink("fog failover --to mi-a --yes").exits(0);
    assert_eq!(show(&lab)["reminder"], Value::Null);
}

#[test]
fn memory_optimised_data_does_not_go_to_a_weaker_side() {
    let lab = up("fog-smaller");
    let mut session = lab.session("mi-a", "master");
    session.run("ALTER DATABASE ledger ADD FILEGROUP quick CONTAINS MEMORY_OPTIMIZED_DATA");
    session.run("ALTER DATABASE ledger ADD FILE (NAME = N'quick1', FILENAME = N'quick1') TO FILEGROUP quick");
    drop(session);
    let plan = lab.milink("fog plan --output json").exits(0).json();
    let row = plan["checks"].as_array().unwrap().iter().find(|r| r["id"] == "fog.in_memory").unwrap();
    assert_eq!((&row["status"], &row["severity"]), (&"fail".into(), &"warn".into()), "{row:#}");
    lab.milink("fog create --yes").exits(0);
    let advice = show(&lab)["advice"].clone();
    assert!(advice.as_array().unwrap().iter().any(|r| r["id"] == "fog.in_memory"), "{advice:#}");
    let refused = lab.milink("fog failover --yes").exits(3);
    for part in ["checkpoint-only", "8 vCores and GeneralPurpose 4 vCores", "fog runbook scale fog-ledger --v-cores 8"]
    {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    lab.milink("drill run --yes").exits(3);
    let forced = lab.milink("fog failover --forced --yes --no-input").exits(2);
    assert!(forced.stderr.contains("lack of memory"), "{}", forced.stderr);
    // Raised first, it goes over.
    lab.milink("fog runbook scale --v-cores 8 --confirm fog-ledger").exits(0);
    assert_eq!(show(&lab)["advice"], Value::Null);
    lab.milink("fog failover --yes").exits(0);
}

#[test]
fn the_application_tier_is_a_step_that_wants_an_answer() {
    let lab = up("fog-ready");
    let own = std::fs::read_to_string(lab.path("milink.toml")).unwrap();
    let wanted = "dependencies = [\"web tier\", \"blob storage\"]";
    let text = if own.contains("[application]\n") {
        own.replace("[application]\n", &format!("[application]\n{wanted}\n"))
    } else {
        format!("{own}\n[application]\n{wanted}\n")
    };
    std::fs::write(lab.path("milink.toml"), text).unwrap();
    lab.milink("fog create --yes").exits(0);
    let steps = planned(&lab.milink("fog failover --dry-run --output json").exits(0).json());
    assert!(steps.contains(&"fog.application/fog-ledger".to_owned()), "{steps:?}");
    let script = lab.milink("fog failover --dry-run").exits(0).stdout;
    assert!(script.contains("web tier, blob storage"), "{script}");
    let done = lab.milink("fog failover --yes").exits(0);
    assert!(done.stderr.contains("INCOMPLETE") && done.stderr.contains("blob storage"), "{}", done.stderr);
    let report = lab.milink("report last --format markdown").exits(0).stdout;
    assert!(report.contains("NOT CONFIRMED"), "{report}");
    let back = lab.milink("fog failover --to mi-a --yes --confirm-app").exits(0);
    assert!(!back.stderr.contains("INCOMPLETE"), "{}", back.stderr);
    let drill = lab.milink("drill run --yes --confirm-app --output json").exits(0).json();
    assert_eq!(drill["application"]["confirmed"], true, "{drill:#}");
    assert_eq!(drill["proves"], "a failover by you");
}

#[test]
fn the_wait_for_the_other_region_is_printed_with_its_names() {
    let lab = grouped("fog-ready");
    let text = lab.milink("fog copy-sync --database LEDGER").exits(0).stdout;
    let statement = "EXEC sys.sp_wait_for_database_copy_sync @target_server = N'mi-b', @target_database = N'ledger';";
    assert!(text.contains(statement), "{text}");
    for part in ["right after COMMIT", "hardened", "does not wait for redo", "not sent yet"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    lab.milink("fog copy-sync --database nothing").exits(2).says("holds no database");
    lab.milink("fog failover --yes").exits(0);
    let turned = lab.milink("fog copy-sync --database ledger --output json").exits(0).json();
    assert_eq!(turned["secondary_server"], "mi-a");
}

#[test]
fn a_key_that_was_changed_after_the_group_was_made_is_told() {
    let lab = grouped("fog-ready");
    assert_eq!(show(&lab)["advice"], Value::Null, "older than the group, which copied it");
    lab.fault("set mi-a service-key regenerated");
    let advice = show(&lab)["advice"].clone();
    let row = advice.as_array().unwrap().iter().find(|r| r["id"] == "fog.service_key").unwrap();
    assert_eq!((&row["status"], &row["rule"]), (&"fail".into(), &"7.5".into()), "{row:#}");
    // Another journal does not know when the group was made.
    let elsewhere = lab.milink(&format!("--state-dir {} fog show --output json", lab.path("other").display()));
    assert_eq!(elsewhere.exits(0).json()["advice"][0]["status"], "unknown");
}

#[test]
fn a_standby_serves_no_reads() {
    let lab = up("fog-ready");
    let both = [("secondary = \"mi-b\"", "secondary = \"mi-b\"\nstandby = true\nread_only_failover = true")];
    let both = lab.estate_with("both.toml", &both);
    lab.milink(&format!("--estate {} fog plan", both.display())).exits(2).says("standby");
    let standby = lab.estate_with("standby.toml", &[("secondary = \"mi-b\"", "secondary = \"mi-b\"\nstandby = true")]);
    let estate = format!("--estate {}", standby.display());
    let script = lab.milink(&format!("{estate} fog create --script")).exits(0).stdout;
    assert!(script.contains(r#""secondaryType":"Standby""#), "{script}");
    lab.milink(&format!("{estate} fog create --yes")).exits(0);
    let checked = lab.milink(&format!("{estate} listener check --output json"));
    assert!(checked.json()["read_only_warning"].as_str().unwrap().contains("licence"), "{}", checked.stdout);
    assert_eq!(show(&lab)["settings_fit"], false, "the lab's own file wants a readable one");
}

#[test]
fn a_failover_by_somebody_else_is_told_from_the_activity_log() {
    let lab = grouped("fog-ready");
    // By another hand: another journal.
    let other = lab.path("other");
    lab.milink(&format!("--state-dir {} fog failover --yes", other.display())).exits(0);
    let open = show(&lab)["reminder"].clone();
    assert_eq!((&open["since"], &open["forced"]), (&Value::Null, &Value::Null), "{open:#}");
    assert!(open["logged"]["by"].is_string(), "a name is not Microsoft: {open:#}");
    assert_eq!(show(&lab)["by_microsoft"], Value::Null);
    // Only on the side of the new primary.
    lab.fault("set mi-b microsoft-failover fog-ledger");
    let shown = show(&lab);
    assert_eq!(shown["reminder"]["logged"]["by"], Value::Null, "{shown:#}");
    assert_eq!(shown["by_microsoft"].as_array().map(Vec::len), Some(1), "{shown:#}");
    let text = lab.milink("fog show").exits(0).stdout;
    assert!(text.contains("failed over by MICROSOFT") && text.contains("--to mi-a"), "{text}");
    lab.fault("set mi-a permissions sql");
    let advice = show(&lab)["advice"].clone();
    assert!(advice.as_array().unwrap().iter().any(|r| r["id"] == "fog.activity"), "unread is said: {advice:#}");
    lab.fault("set mi-a permissions all");
    lab.milink("fog failover --to mi-a --yes").exits(0);
    assert_eq!(show(&lab)["reminder"], Value::Null, "until the roles are back");
}
