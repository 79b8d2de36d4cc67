use crate::support::arm;
use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use milink::arm::transport::Method;
use serde_json::Value;

fn grouped() -> Lab {
    let lab = Lab::up("fog-three", "--writers 2");
    lab.milink("fog create --yes").exits(0);
    lab.until_written(10);
    lab
}

fn show(lab: &Lab, estate: &str) -> Value {
    lab.milink(&format!("{estate} fog show --output json")).exits(0).json()
}

fn nothing_begun(lab: &Lab, before: &Value) {
    assert_eq!(&lab.milink("runs list --output json").exits(0).json(), before, "nothing was begun");
}

#[test]
fn the_secondary_is_changed_under_the_same_name() {
    let lab = grouped();
    let runs = lab.milink("runs list --output json").exits(0).json();
    let command = "fog runbook change-secondary fog-ledger --to mi-c";
    let dry = planned(&lab.milink(&format!("{command} --dry-run --output json")).exits(0).json());
    let script = lab.milink(&format!("{command} --script")).exits(0).stdout;
    assert!(script.contains("DELETE ") && script.contains("PUT ") && script.contains("UNPROTECTED"), "{script}");
    lab.milink(&format!("{command} --yes --no-input")).exits(2).says("UNPROTECTED");
    lab.milink(&format!("{command} --confirm wrong")).exits(3);
    lab.milink("fog runbook change-secondary fog-ledger --to mi-b --confirm fog-ledger").exits(2);
    lab.milink("fog runbook change-secondary fog-ledger --to nowhere --confirm fog-ledger").exits(2);
    nothing_begun(&lab, &runs);
    let done = lab.milink(&format!("{command} --confirm fog-ledger --output json")).exits(0).json();
    assert!(done["unprotected_ms"].as_i64().is_some_and(|ms| ms > 0), "{done:#}");
    assert_eq!(ran(&lab.last_run()), dry);
    let changed = lab.estate_with("changed.toml", &[("secondary = \"mi-b\"", "secondary = \"mi-c\"")]);
    let estate = format!("--estate {}", changed.display());
    let shown = show(&lab, &estate);
    assert_eq!((&shown["protected"], &shown["primary"]), (&true.into(), &"mi-a".into()), "{shown:#}");
    lab.until_written(10);
    // Nobody writes to what was left behind.
    lab.verdict_holds();
    lab.milink(&format!("{estate} drill run --yes")).exits(0);
}

#[test]
fn a_runbook_that_was_killed_goes_on_and_sends_nothing_twice() {
    let lab = grouped();
    for (method, skip) in [("PUT", 1), ("DELETE", 1)] {
        let rule = format!(
            r#"{{"method":"{method}","path":"*/instancefailovergroups/*","skip":{skip},"times":9,"action":{{"kind":"refuse","status":409,"code":"SentTwice"}}}}"#
        );
        lab.fault(&format!("arm {rule}"));
    }
    let command = "fog runbook rename fog-ledger --to fog-journal --confirm fog-ledger";
    for step in ["fog.delete/fog-ledger#1:after-act", "fog.create/fog-ledger#2:after-act"] {
        let (id, point) = step.rsplit_once(':').unwrap();
        let mut run = lab.start(lab.command(command).env("MILINK_FAULT", format!("hang:{step}")));
        run.until_it_says(&format!("fault: {point} at {id}"));
        run.kill();
        assert_eq!(lab.last_run()["status"], "open");
    }
    lab.milink("fog resume").exits(0).says("fog-journal");
    assert_eq!(lab.last_run()["status"], "committed");
    let renamed = lab.estate_with("renamed.toml", &[("name = \"fog-ledger\"", "name = \"fog-journal\"")]);
    let shown = show(&lab, &format!("--estate {}", renamed.display()));
    assert_eq!(shown["protected"], true, "{shown:#}");
    lab.milink("runs verify").exits(0);
}

#[test]
fn both_members_are_scaled_in_their_order() {
    let lab = grouped();
    let up = lab.milink("fog runbook scale fog-ledger --v-cores 16 --dry-run --output json").exits(0).json();
    let ids = planned(&up);
    let at = |kind: &str| ids.iter().position(|id| id.starts_with(kind)).unwrap();
    assert!(at("runbook.resize_secondary") < at("runbook.resize_primary"), "{ids:?}");
    let down = lab.milink("fog runbook scale fog-ledger --v-cores 4 --dry-run --output json").exits(0).json();
    let ids = planned(&down);
    let at = |kind: &str| ids.iter().position(|id| id.starts_with(kind)).unwrap();
    assert!(at("runbook.resize_primary") < at("runbook.resize_secondary"), "{ids:?}");
    lab.milink("fog runbook scale fog-ledger --storage-gb 100 --confirm fog-ledger").exits(2);
    lab.milink("fog runbook scale fog-ledger --next-gen true --confirm fog-ledger").exits(3).says("allow-next-gen");
    lab.milink("fog runbook policy fog-ledger --to SQLServer2019 --confirm fog-ledger").exits(2);
    lab.milink("fog runbook scale fog-ledger --v-cores 8 --confirm fog-ledger").exits(3).says("already");
}

#[test]
fn a_forced_drill_is_refused_while_somebody_is_connected_and_loses_nothing() {
    let lab = Lab::up("fog-ready", "--writers 1");
    lab.milink("fog create --yes").exits(0);
    let hasty = lab.estate_with("hasty.toml", &[("[policy]", "[policy]\nfence_timeout = \"2s\"")]);
    let estate = format!("--estate {}", hasty.display());
    lab.milink(&format!("{estate} drill run --forced --yes --no-input")).exits(2);
    let refused = lab.milink(&format!("{estate} drill run --forced --confirm fog-ledger"));
    assert!(refused.exits(3).stderr.contains("app_ledger"), "who is connected is named");
    assert_eq!(show(&lab, "")["primary"], "mi-a");
    let quiet = Lab::up("fog-ready", "--writers 0");
    quiet.milink("fog create --yes").exits(0);
    let drill = quiet.milink("drill run --forced --confirm fog-ledger --output json").exits(0).json();
    assert_eq!((&drill["kind"], &drill["over"]["lost_writes"]), (&"forced".into(), &0.into()), "{drill:#}");
    assert_eq!((&drill["back"]["lost_writes"], &show(&quiet, "")["primary"]), (&0.into(), &"mi-a".into()));
}

#[test]
fn a_login_that_is_missing_on_the_other_side_stops_a_failover() {
    let lab = Lab::up("fog-ready", "--writers 0");
    lab.milink("fog create --yes").exits(0);
    lab.session("mi-b", "master").run("DROP LOGIN app_ledger");
    let refused = lab.milink("fog failover --yes").exits(3);
    assert!(refused.stderr.contains("app_ledger") && refused.stderr.contains("--group"), "{}", refused.stderr);
    assert_eq!(show(&lab, "")["primary"], "mi-a");
    let diff = lab.milink("objects diff --group fog-ledger --output json").exits(0).json();
    let found = diff["objects"].as_array().unwrap().iter().find(|o| o["name"] == "app_ledger");
    assert_eq!(found.unwrap()["state"], "missing", "{diff:#}");
    lab.milink("objects sync --group fog-ledger --yes").exits(0);
    lab.milink("fog failover --yes").exits(0);
    assert_eq!(show(&lab, "")["primary"], "mi-b");
}

#[test]
fn a_path_that_is_missing_is_planned_printed_and_made() {
    let lab = Lab::up("fog-ready", "--writers 0");
    let configured = |lab: &Lab| lab.milink("fog network plan").exits(0).stdout.contains("is configured");
    assert!(configured(&lab));
    let version = "api-version=2024-05-01";
    let peering = "Microsoft.Network/virtualNetworks/vnet-lab/virtualNetworkPeerings/to-vnet-lab-northeurope";
    arm::send(&lab, Method::Delete, &format!("{peering}?{version}"), "").unwrap();
    // What is left of it can only be deleted: nothing is made beside it.
    let cut = lab.milink("fog network plan --output json").exits(3).json();
    assert!(cut["problems"][0].as_str().unwrap().contains("Disconnected"), "{cut:#}");
    assert_eq!(cut["missing"], serde_json::json!([]));
    let other = "Microsoft.Network/virtualNetworks/vnet-lab-northeurope/virtualNetworkPeerings/to-vnet-lab";
    arm::send_in(&lab, "rg-lab-dr", Method::Delete, &format!("{other}?{version}"), "").unwrap();
    let rule = "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_mirroring_inbound";
    arm::send(&lab, Method::Delete, &format!("{rule}?{version}"), "").unwrap();
    let plan = lab.milink("fog plan --output json").exits(3).json();
    let failed = |id: &str| plan["checks"].as_array().unwrap().iter().any(|r| r["id"] == id && r["status"] == "fail");
    assert!(failed("fog.network_path") && failed("fog.primary_inbound"), "{plan:#}");
    lab.milink("fog create --yes").exits(3);
    let found = lab.milink("fog network plan --output json").exits(3).json();
    let what: Vec<&str> = found["missing"].as_array().unwrap().iter().map(|m| m["what"].as_str().unwrap()).collect();
    assert!(what.iter().any(|w| w.contains("peer vnet-lab with")), "{what:?}");
    assert!(what.iter().any(|w| w.contains("TCP 5022 in")), "{what:?}");
    let az = lab.milink("fog network plan --as az").stdout;
    assert!(az.contains("az network vnet peering create") && az.contains("az network nsg rule create"), "{az}");
    let bicep = lab.milink("fog network plan --as bicep").stdout;
    assert!(bicep.contains("'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01'"), "{bicep}");
    lab.milink("fog network apply --no-input").exits(2);
    lab.milink("fog network apply --yes").exits(0);
    assert!(configured(&lab));
    lab.milink("fog network apply --yes").exits(0).says("nothing is missing");
    lab.milink("fog create --yes").exits(0);
}
