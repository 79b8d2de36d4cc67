use crate::support::process::MILINK;
use crate::support::process::Running;
use milink::config::load::Environment;
use milink::effects::fault::NoFaults;
use milink::engine::cancel::Cancel;
use milink::engine::event::Silent;
use milink::sim::demo;
use milink::sim::demo::DemoOptions;
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;

/// Keys of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Scripts read these names: none may go, none may change.
#[track_caller]
fn holds(report: &Value, names: &[&str]) {
    let missing: Vec<_> = names.iter().filter(|n| !keys(report).contains(n)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {report:#}");
}

const FIGURES: [&str; 8] = [
    "outcome",
    "milestone",
    "acknowledged_commits",
    "lost_commits",
    "ambiguous_commits",
    "max_writable_copies",
    "write_outage_ms",
    "outage_floor_ms",
];

/// Nothing lost, one writable copy, and an outage not shorter than what the estate allows at best.
fn proves_itself(figures: &Value, milestone: &str) {
    holds(figures, &FIGURES);
    holds(figures, &["outage_floor_terms"]);
    assert_eq!(figures["outcome"], "committed");
    assert_eq!(figures["milestone"], milestone);
    assert!(figures["acknowledged_commits"].as_u64().unwrap() >= 1000, "{figures:#}");
    assert_eq!(figures["lost_commits"], 0);
    assert_eq!(figures["max_writable_copies"], 1);
    let terms: u64 = figures["outage_floor_terms"].as_array().unwrap().iter().map(|t| t["ms"].as_u64().unwrap()).sum();
    let floor = figures["outage_floor_ms"].as_u64().unwrap();
    assert_eq!(terms, floor, "{figures:#}");
    assert!(figures["write_outage_ms"].as_u64().unwrap() >= floor, "{figures:#}");
}

fn demonstration(arguments: &str, scenario: &str, milestone: &str) {
    let dir = tempfile::tempdir().unwrap();
    let temporary = dir.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = Command::new(MILINK);
    command.env_clear().env("TMPDIR", &temporary).args(["demo", "--output", "json"]).args(arguments.split_whitespace());
    let report = Running::start(&mut command, dir.path()).wait().exits(0).json();
    holds(&report, &["schema_version", "scenario", "databases", "run_id"]);
    assert_eq!((&report["schema_version"], &report["scenario"]), (&1.into(), &scenario.into()));
    assert!(report["run_id"].as_str().unwrap().starts_with("cutover-"), "{report:#}");
    proves_itself(&report, milestone);
    let databases = report["databases"].as_array().unwrap();
    assert_eq!(databases.len(), 1);
    assert_eq!(databases[0]["name"], "ledger");
    proves_itself(&databases[0], milestone);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the demonstration left its folder behind");
}

/// From link to listener in one command, just under 2 TB: caught, cut over, protected, all of it timed.
#[test]
fn the_last_mile() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(MILINK);
    command.env_clear().env("TMPDIR", dir.path()).args(["demo", "--scenario", "payments-2tb", "--output", "json"]);
    let report = Running::start(&mut command, dir.path()).wait().exits(0).json();
    proves_itself(&report, "protected");
    let caught = &report["caught"];
    assert_eq!(caught["exit_code"], 3, "{report:#}");
    let findings = caught["findings"].to_string();
    assert!(findings.contains("login svc_settlement") && findings.contains("job Settlement run"), "{findings}");
    let budget_ms = 15 * 60 * 1000;
    let outage_ms = report["write_outage_ms"].as_u64().unwrap();
    assert!(outage_ms < 4 * 60 * 1000 && outage_ms < budget_ms, "{outage_ms} ms");
    let milestones: Vec<&str> =
        report["milestones"].as_array().unwrap().iter().map(|m| m["milestone"].as_str().unwrap()).collect();
    assert_eq!(milestones, ["linked", "cut_over", "unlinked", "protected"]);
    let after: Vec<u64> =
        report["milestones"].as_array().unwrap().iter().map(|m| m["after_ms"].as_u64().unwrap()).collect();
    assert!(after.is_sorted() && after[0] > 0, "{after:?}");
    // So many bytes take so long on the scenario's paths, whatever the clock on the wall says.
    let bytes = report["databases"][0]["size_bytes"].as_u64().unwrap();
    assert!((1_990_000_000_000..2_000_000_000_000).contains(&bytes), "{bytes}");
    let least = |bytes_per_second: f64| (bytes as f64 / bytes_per_second * 1000.0) as u64;
    let seeding = report["databases"][0]["seeding_ms"].as_u64().unwrap();
    let (line, service) = (least(200.0 * 1024.0 * 1024.0), least(100e6));
    // Its beginning and end are seen by looking every so often, while lab time runs fast: a tenth either way.
    assert!((line * 9 / 10..line * 3 / 2).contains(&seeding), "{seeding} ms, at least {line}");
    let mile = &report["last_mile"];
    assert!(mile["seeding_ms"].as_u64().unwrap() >= service, "{mile:#}");
    assert!(mile["unprotected_ms"].as_u64().unwrap() > mile["seeding_ms"].as_u64().unwrap(), "{mile:#}");
    assert!(mile["commits_through_listener"].as_u64().unwrap() >= 400, "{mile:#}");
    assert_eq!(mile["listener"], "fog-payments.a1b2c3d4e5f6.database.windows.net");
    assert!(report["lab_ms"].as_u64().unwrap() > report["wall_ms"].as_u64().unwrap() * 20, "{report:#}");
}

#[test]
fn one_way() {
    demonstration("", "migrate-2019", "unlinked");
}

#[test]
fn two_way() {
    demonstration("--scenario two-way-2022 --size-mib 9", "two-way-2022", "cut_over");
}

/// The oracle must see what the fence and the proof behind it are for.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_fence_the_oracle_turns_red() {
    let dir = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        scenario: "migrate-2019".to_owned(),
        databases: None,
        writers: None,
        size_mib: Some(9),
        odd_name: false,
        dir: dir.path().to_owned(),
        milink: MILINK.into(),
        env: Environment::default(),
        faults: Arc::new(NoFaults),
        sabotage: vec!["cutover.fence".to_owned(), "cutover.drain".to_owned()],
        commits_before: 50,
        commits_after: 50,
    };
    let (report, verdict) = demo::run(&options, Arc::new(Silent), Cancel::new()).await.unwrap();
    assert!(!verdict.ok, "{report:#?}");
    assert!(verdict.lost.unwrap_or(0) > 0 || verdict.max_writable_copies > 1, "{verdict:#?}");
}
