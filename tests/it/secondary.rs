//! The second instance of a group, made while the lab runs.

use crate::support::arm;
use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use crate::support::process::until;
use milink::arm::transport::Method;
use serde_json::Value;

fn row<'a>(plan: &'a Value, id: &str) -> &'a Value {
    plan["checks"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}: {plan:#}"))
}

fn plan(lab: &Lab, code: i32) -> Value {
    lab.milink("fog secondary plan --output json").exits(code).json()
}

#[test]
fn a_secondary_is_made_in_the_primarys_zone_and_takes_the_group() {
    let lab = Lab::up("fog-new", "--writers 2");
    let before = plan(&lab, 0);
    assert_eq!((&before["ready"], &before["there"]), (&true.into(), &Value::Null), "{before:#}");
    let p = &before["body"]["properties"];
    assert!(p["dnsZonePartner"].as_str().unwrap().ends_with("/managedInstances/mi-a"), "{p:#}");
    assert_eq!((&p["vCores"], &p["storageSizeInGB"], &p["timezoneId"]), (&8.into(), &256.into(), &"UTC".into()));
    assert_eq!(before["body"]["sku"]["name"], "GP_Gen5");
    // Nobody is told that the group is there, or could be made, of a side that does not answer.
    let unknown = lab.milink("fog plan").exits(5);
    assert!(
        unknown.stderr.contains("NOT KNOWN") && unknown.stderr.contains("fog secondary plan"),
        "{}",
        unknown.stderr
    );
    for verb in ["create", "protect"] {
        let refused = lab.milink(&format!("fog {verb} --yes")).exits(3);
        assert!(refused.stderr.contains("milink fog secondary create fog-ledger"), "{}", refused.stderr);
    }
    let script = lab.milink("fog secondary create --script").exits(0).stdout;
    assert!(script.contains("PUT ") && script.contains("<password of the target>"), "{script}");
    let secret = std::fs::read_to_string(lab.path("mi-b.password")).unwrap();
    let dry = lab.milink("fog secondary create --dry-run --output json").exits(0);
    assert!(!dry.stdout.contains(&secret) && !script.contains(&secret));
    assert_eq!(plan(&lab, 0)["there"], Value::Null, "a dry run makes nothing");
    lab.milink("fog secondary create --no-input").exits(2);
    let done = lab.milink("fog secondary create --yes").exits(0);
    assert!(!done.stdout.contains(&secret) && !done.stderr.contains(&secret));
    assert_eq!(ran(&lab.last_run()), planned(&dry.json()));
    let export = lab.milink("runs export last").exits(0).stdout;
    assert!(export.contains("dnsZonePartner") && !export.contains(&secret), "the password is in no journal");
    assert_eq!(plan(&lab, 0)["there"], "Ready");
    lab.milink("fog secondary create --yes").exits(0).says("there already");
    lab.milink("fog create --yes").exits(0);
    let shown = lab.milink("fog show --output json").exits(0).json();
    assert_eq!(shown["protected"], true, "{shown:#}");
    lab.until_written(20);
    lab.verdict_holds();
}

#[test]
fn a_subnet_that_does_not_fit_blocks_and_nothing_is_sent() {
    let lab = Lab::up("fog-new", "");
    let mine = "Microsoft.Network/virtualNetworks/vnet-lab-northeurope/subnets/mi-b?api-version=2024-05-01";
    let place = |body: &str| arm::send_in(&lab, "rg-lab-dr", Method::Put, mine, body).unwrap();
    place(r#"{"properties": {"addressPrefix": "10.1.17.0/28"}}"#);
    let found = plan(&lab, 3);
    for id in ["secondary.delegated", "secondary.security_group", "secondary.route_table", "secondary.size"] {
        assert_eq!(
            (&row(&found, id)["status"], &row(&found, id)["severity"]),
            (&"fail".into(), &"block".into()),
            "{id}"
        );
    }
    let refused = lab.milink("fog secondary create --yes").exits(3);
    assert!(refused.stderr.contains("secondary.delegated"), "{}", refused.stderr);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), Value::Array(Vec::new()), "nothing was begun");
    let template = lab.milink("fog secondary plan --as bicep").exits(3).stdout;
    assert!(template.contains("Microsoft.Sql/managedInstances") && template.contains("securityGroup.id"), "{template}");
    // Without the partner it could never join.
    lab.estate_with("milink.toml", &[("[target.create]", "[target.create]\ndns_zone_partner = false")]);
    assert!(row(&plan(&lab, 3), "fog.dns_zone")["found"].as_str().unwrap().contains("NEVER"));
}

/// Killed while Azure makes it: the same command goes on, and asks for it no second time.
#[test]
fn it_is_asked_for_once() {
    let lab = Lab::up("fog-new", "");
    let rule = r#"{"method":"PUT","path":"*/managedinstances/*","skip":1,"times":9,"action":{"kind":"refuse","status":409,"code":"SentTwice"}}"#;
    lab.fault(&format!("arm {rule}"));
    let running = lab.start(&mut lab.command("fog secondary create --yes"));
    until("the request", || (plan(&lab, 0)["there"] == "Creating").then_some(()));
    running.kill();
    let done = lab.milink("fog secondary create --yes").exits(0);
    assert!(done.stderr.contains("going on with"), "{}", done.stderr);
    assert_eq!(plan(&lab, 0)["there"], "Ready");
}

#[test]
fn the_same_in_other_words_and_the_whole_way_in_order() {
    let lab = Lab::up("fog-new", "");
    let az = lab.milink("fog secondary plan --as az").exits(0).stdout;
    for part in [
        "az sql mi create",
        "--location northeurope",
        "--capacity 8",
        "--storage 256GB",
        "--family Gen5",
        "/managedInstances/mi-a",
    ] {
        assert!(az.contains(part), "{part} in {az}");
    }
    let all = lab.milink("fog script --as powershell --for all").exits(0).stdout;
    let at = |word: &str| all.find(word).unwrap_or_else(|| panic!("no {word} in\n{all}"));
    assert!(at("New-AzSqlInstance") < at("New-AzSqlDatabaseInstanceFailoverGroup"), "{all}");
    assert!(at("New-AzSqlDatabaseInstanceFailoverGroup") < at("Get-AzSqlDatabaseInstanceFailoverGroup"), "{all}");
    assert!(all.contains("-PartnerRegion northeurope -PartnerManagedInstanceName mi-b"), "{all}");
}
