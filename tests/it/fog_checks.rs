//! The closer look before a group is made: keys, backups, what is inside the databases, the path. Each condition is broken as any
//! other tool would break it, seen, and mended.

use crate::support::arm;
use crate::support::lab::Lab;
use crate::support::process::until;
use milink::arm::transport::Method;
use serde_json::Value;

const VERSION: &str = "api-version=2023-08-01";

fn put(lab: &Lab, group: &str, path: &str, properties: &str) {
    let (version, body) = (VERSION, format!(r#"{{"properties":{properties}}}"#));
    let version = if path.starts_with("Microsoft.Network") { "api-version=2024-05-01" } else { version };
    arm::send_in(lab, group, Method::Put, &format!("{path}?{version}"), &body).unwrap();
}

/// Azure does a change after it has taken it.
fn until_arm(lab: &Lab, group: &str, path: &str, is: impl Fn(&Value) -> bool) {
    until(path, || {
        let found = arm::send_in(lab, group, Method::Get, &format!("{path}?{VERSION}"), "").ok()?;
        is(&found).then_some(())
    });
}

/// Ids of the rows that do not pass, with their state.
fn open(lab: &Lab, exit: i32) -> Vec<(String, String)> {
    let plan = lab.milink("fog plan --output json").exits(exit).json();
    let word = |r: &Value, key: &str| r[key].as_str().unwrap().to_owned();
    let rows = plan["checks"].as_array().unwrap().iter().filter(|r| r["status"] != "pass" && r["severity"] != "info");
    rows.map(|r| (word(r, "id"), word(r, "status"))).collect()
}

fn failed(id: &str) -> Vec<(String, String)> {
    vec![(id.to_owned(), "fail".to_owned())]
}

#[test]
fn a_key_that_the_secondary_does_not_know_stops_a_group_before_azure_is_asked() {
    let lab = Lab::up("fog-ready", "--writers 0");
    assert_eq!(open(&lab, 0), []);
    let uri = "https://kv-a.vault.azure.net/keys/tde/1";
    let key = format!(r#"{{"serverKeyType":"AzureKeyVault","uri":"{uri}"}}"#);
    let of = |instance: &str, what: &str| format!("Microsoft.Sql/managedInstances/{instance}/{what}");
    put(&lab, "rg-lab", &of("mi-a", "keys/kv-a_tde_1"), &key);
    until_arm(&lab, "rg-lab", &of("mi-a", "keys/kv-a_tde_1"), |v| v["properties"]["uri"] == uri);
    let own = r#"{"serverKeyType":"AzureKeyVault","serverKeyName":"kv-a_tde_1","autoRotationEnabled":true}"#;
    put(&lab, "rg-lab", &of("mi-a", "encryptionProtector/current"), own);
    until_arm(&lab, "rg-lab", &of("mi-a", "encryptionProtector/current"), |v| v["properties"]["uri"] == uri);
    assert_eq!(open(&lab, 3), failed("fog.encryption_key"));
    lab.milink("fog create --yes").exits(3);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), serde_json::json!([]), "nothing was begun");
    put(&lab, "rg-lab-dr", &of("mi-b", "keys/kv-a_tde_1"), &key);
    until_arm(&lab, "rg-lab-dr", &of("mi-b", "keys/kv-a_tde_1"), |v| v["properties"]["uri"] == uri);
    assert_eq!(open(&lab, 0), []);
    lab.milink("fog create --yes").exits(0);
}

#[test]
fn what_is_inside_and_how_long_backups_are_kept_is_told() {
    let lab = Lab::up("fog-ready", "--writers 0");
    lab.fault("set mi-a published on ledger");
    assert_eq!(open(&lab, 0), failed("fog.publishers"));
    lab.fault("set mi-a published off ledger");
    let policy = |p: &str| format!("Microsoft.Sql/managedInstances/mi-a/databases/ledger/{p}/default");
    let (short, long) = (policy("backupShortTermRetentionPolicies"), policy("backupLongTermRetentionPolicies"));
    put(&lab, "rg-lab", &short, r#"{"retentionDays":14}"#);
    until_arm(&lab, "rg-lab", &short, |v| v["properties"]["retentionDays"] == 14);
    put(&lab, "rg-lab", &long, r#"{"weeklyRetention":"P4W"}"#);
    until_arm(&lab, "rg-lab", &long, |v| v["properties"]["weeklyRetention"] == "P4W");
    assert_eq!(open(&lab, 0), failed("fog.retention"));
    let made = lab.milink("fog create --yes").exits(0);
    assert!(made.stderr.contains("14 days, weekly P4W"), "{}", made.stderr);
    // It is not carried over: the members of the standing group differ until somebody sets it there.
    let drift = |lab: &Lab| {
        let shown = lab.milink("fog show --output json").exits(0).json();
        let all = shown["drift"].as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|r| format!("{} {}", r["id"].as_str().unwrap(), r["found"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(drift(&lab), ["fog.retention ledger: 14 days, weekly P4W and 7 days"]);
    let there = |p: &str| p.replace("mi-a", "mi-b");
    put(&lab, "rg-lab-dr", &there(&short), r#"{"retentionDays":14}"#);
    put(&lab, "rg-lab-dr", &there(&long), r#"{"weeklyRetention":"P4W"}"#);
    until_arm(&lab, "rg-lab-dr", &there(&long), |v| v["properties"]["weeklyRetention"] == "P4W");
    until_arm(&lab, "rg-lab-dr", &there(&short), |v| v["properties"]["retentionDays"] == 14);
    assert_eq!(drift(&lab), Vec::<String>::new());
}

#[test]
fn a_network_that_cannot_be_read_stops_a_group_until_somebody_answers_for_it() {
    let lab = Lab::up("fog-ready", "--writers 0");
    let network = "Microsoft.Network/virtualNetworks/vnet-lab";
    lab.fault(&format!(
        r#"arm {{"method":"GET","path":"*/{}","times":99,"action":{{"kind":"refuse","status":403,"code":"AuthorizationFailed"}}}}"#,
        network.to_lowercase()
    ));
    assert_eq!(open(&lab, 3), [("fog.network_path".to_owned(), "unknown".to_owned())]);
    lab.milink("fog create --yes").exits(3);
    let estate = lab.path("milink.toml");
    let mut text = std::fs::read_to_string(&estate).unwrap();
    text.push_str("\n[[waiver]]\ncheck = \"fog.network_path\"\nreason = \"the network team has proven it\"\n");
    std::fs::write(&estate, text).unwrap();
    assert_eq!(open(&lab, 0), [("fog.network_path".to_owned(), "waived".to_owned())]);
    lab.milink("fog create --yes").exits(0);
}

#[test]
fn another_path_is_named_in_the_estate_file_and_warned_of() {
    let lab = Lab::up("fog-ready", "--writers 0");
    let estate = lab.path("milink.toml");
    let text = std::fs::read_to_string(&estate).unwrap();
    let text = text.replacen("[[failover_group]]\n", "[[failover_group]]\npath = \"vpn\"\n", 1);
    std::fs::write(&estate, text).unwrap();
    assert_eq!(open(&lab, 0), [("fog.path_devices".to_owned(), "unknown".to_owned())]);
}

/// Members in two subscriptions: each request goes to its own side's; another tenant is refused before Azure is asked.
#[test]
fn members_of_two_subscriptions_are_grouped_within_one_tenant_alone() {
    let far = "a0f3f1d2-0a52-4f4e-8d4a-6a8f3f1d2c77";
    let in_another = format!("resource_group = \"rg-lab-dr\"\nsubscription = \"{far}\"");
    let changes = [("resource_group = \"rg-lab-dr\"", in_another.as_str())];
    let lab = Lab::changed("fog-ready", &changes, "--writers 0");
    assert_eq!(open(&lab, 0), []);
    lab.milink("fog create --yes").exits(0);
    let script = lab.milink("fog failover --script").exits(0).stdout;
    assert!(script.contains(&format!("/subscriptions/{far}/resourceGroups/rg-lab-dr/")), "{script}");
    lab.milink("fog failover --yes").exits(0);
    let shown = lab.milink("fog show --output json").exits(0).json();
    assert_eq!((&shown["primary"], &shown["protected"]), (&"mi-b".into(), &true.into()), "{shown:#}");
    let stranger = format!("{in_another}\ntenant = \"00000000-5b7d-4c39-9a63-2f5f0f2d9b12\"");
    let lab = Lab::changed("fog-ready", &[(changes[0].0, stranger.as_str())], "--writers 0");
    assert_eq!(open(&lab, 3), failed("fog.tenant"));
    lab.milink("fog create --yes").exits(3);
}

#[test]
fn a_lost_region_is_talked_through_without_a_change() {
    let lab = Lab::up("fog-ready", "--writers 0");
    let before = lab.milink("drill tabletop --output json").exits(0).json();
    assert!(before["refused"].is_string() && before["lost"].is_null(), "there is no group yet: {before:#}");
    lab.milink("fog create --yes").exits(0);
    let runs = lab.milink("runs list --output json").exits(0).json();
    let table = lab.milink("drill tabletop --output json").exits(0).json();
    assert_eq!((&table["lost"], &table["promoted"]), (&"mi-a".into(), &"mi-b".into()), "{table:#}");
    assert!(table["refused"].is_null() && table["missing_rights"] == serde_json::json!([]), "{table:#}");
    assert!(table["lag_s"].is_number(), "{table:#}");
    let text = lab.milink("drill tabletop").exits(0).stdout;
    assert!(text.contains("Nothing is changed") && text.contains("the run that would be approved"), "{text}");
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), runs, "nothing was begun");
}

#[test]
fn the_lag_of_every_database_is_looked_at_several_times() {
    let lab = Lab::up("fog-ready", "--writers 0");
    lab.milink("fog lag --every 50ms").exits(5);
    lab.milink("fog create --yes").exits(0);
    let found = lab.milink("fog lag --every 50ms --output json").exits(0).json();
    let ledger = &found["databases"][0];
    assert_eq!((&ledger["name"], ledger["samples"].as_array().unwrap().len()), (&"ledger".into(), 3), "{found:#}");
    assert!(ledger["trend"] == "steady" || ledger["trend"] == "shrinking", "{found:#}");
    lab.milink("fog lag --samples 2").exits(2);
    lab.milink("fog lag --every soon").exits(2);
}
