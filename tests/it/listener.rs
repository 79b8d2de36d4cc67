//! Connection strings, and the same operations in the words of other tools.

use crate::support::lab::Lab;
use crate::support::process::Done;
use serde_json::Value;

fn found<'a>(report: &'a Value, driver: &str, purpose: &str) -> Option<&'a Value> {
    report["strings"].as_array().unwrap().iter().find(|s| s["driver"] == driver && s["purpose"] == purpose)
}

fn first_line(done: &Done) -> String {
    done.stdout.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn strings_are_the_same_whichever_side_is_primary() {
    let lab = Lab::up("fog-ready", "");
    lab.milink("fog create --yes").exits(0);
    let before = lab.milink("listener strings --output json").exits(0);
    let report = before.json();
    let rw = found(&report, "ADO.NET", "read_write").unwrap();
    assert_eq!(
        rw["connection_string"],
        "Server=tcp:fog-ledger.a1b2c3d4e5f6.database.windows.net,1433;Database=ledger;Encrypt=True;"
    );
    let ro = found(&report, "ODBC", "read_only").unwrap();
    assert!(ro["connection_string"].as_str().unwrap().contains(
        "Server=tcp:fog-ledger.secondary.a1b2c3d4e5f6.database.windows.net,1433;Database=ledger;ApplicationIntent=ReadOnly;Encrypt=yes;"
    ));
    assert_eq!(ro["warning"], Value::Null);
    assert!(found(&report, "ADO.NET", "local_replica").is_none(), "General Purpose has no read replica");
    assert!(!before.stdout.to_lowercase().contains("trust"));
    lab.milink("fog failover --yes").exits(0);
    assert_eq!(lab.milink("listener strings --output json").exits(0).stdout, before.stdout, "byte by byte");
    let one = lab.milink("listener strings --driver jdbc --database x --output json").exits(0).json();
    assert_eq!(one["strings"].as_array().unwrap().len(), 2);
    lab.estate_with("milink.toml", &[("secondary = \"mi-b\"", "secondary = \"mi-b\"\nstandby = true")]);
    let standby = lab.milink("listener strings --output json").exits(0).json();
    assert!(found(&standby, "JDBC", "read_only").unwrap()["warning"].as_str().unwrap().contains("standby"));
    assert_eq!(found(&standby, "JDBC", "read_write").unwrap()["warning"], Value::Null);
}

#[test]
fn a_string_is_led_over_and_files_are_searched() {
    let lab = Lab::up("fog-ready", "");
    let own = "Server=tcp:mi-a.a1b2c3d4e5f6.database.windows.net,1433;User=u;Password=hunter2;Database=ledger;";
    let done = lab.start(lab.command("listener convert").arg(own)).wait().exits(0);
    assert_eq!(first_line(&done), own.replace("mi-a.", "fog-ledger."));
    let done = lab.start(lab.command("listener convert").arg(own.replace(",1433", ",3342"))).wait().exits(3);
    assert!(done.stderr.contains("public endpoint") && !done.stderr.contains("hunter2"), "{}", done.stderr);
    let folder = lab.path("app");
    std::fs::create_dir_all(folder.join("deep/.git")).unwrap();
    std::fs::write(folder.join("deep/app.config"), format!("<a/>\n<add s=\"{own}\"/>\n")).unwrap();
    std::fs::write(folder.join("good.json"), "{\"db\": \"fog-ledger.a1b2c3d4e5f6.database.windows.net\"}").unwrap();
    std::fs::write(folder.join("deep/.git/old"), own).unwrap();
    std::fs::write(folder.join("image.bin"), [b"\0\0".as_slice(), own.as_bytes()].concat()).unwrap();
    let scan = |what: &std::path::Path| lab.start(lab.command("listener scan --output json").arg(what)).wait();
    let done = scan(&folder).exits(3);
    let report = done.json();
    let all = report["found"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{report:#}");
    assert!(all[0]["file"].as_str().unwrap().ends_with("app.config"));
    assert_eq!((&all[0]["line"], &all[0]["server"], &report["clean"]), (&2.into(), &"mi-a".into(), &false.into()));
    assert_eq!(all[0]["listeners"][0], "fog-ledger.a1b2c3d4e5f6.database.windows.net");
    assert!(!done.stdout.contains("hunter2") && !done.stderr.contains("hunter2"));
    assert_eq!(scan(&folder.join("good.json")).exits(0).json()["clean"], true);
    assert_eq!(scan(&folder.join("missing")).exits(5).json()["clean"], Value::Null);
}

#[test]
fn every_operation_is_written_for_other_tools() {
    let lab = Lab::up("fog-ready", "");
    let script = |rest: &str| lab.milink(&format!("fog script {rest}")).exits(0).stdout;
    let create = script("--as az --for create");
    assert!(
        create.contains("az sql instance-failover-group create") && create.contains("--partner-mi mi-b"),
        "{create}"
    );
    assert!(create.contains("--failover-policy Manual"), "{create}");
    let forced = script("--as az --for forced");
    assert!(forced.contains("--resource-group rg-lab-dr --name fog-ledger --location northeurope --allow-data-loss"));
    let all: String = ["create", "update", "show", "list", "delete", "failover", "forced", "all"]
        .map(|v| script(&format!("--as powershell --for {v}")))
        .concat();
    for cmdlet in ["New", "Set", "Get", "Remove", "Switch"] {
        assert!(all.contains(&format!("{cmdlet}-AzSqlDatabaseInstanceFailoverGroup")), "{cmdlet}");
    }
    assert!(!all.contains("AzSqlDatabaseFailoverGroup"), "{all}");
    // What is printed is what is sent.
    let rest = script("--as rest --for create");
    let sent = lab.milink("fog create --script").exits(0).stdout;
    let url = rest.lines().find(|l| l.starts_with("PUT ")).unwrap();
    assert!(sent.contains(url), "{url}\n{sent}");
    let body: Value = serde_json::from_str(rest.split_once(url).unwrap().1).unwrap();
    assert!(sent.contains(&body.to_string()), "{body}\n{sent}");
    let missing = lab.milink("fog script --as az --for geo-replicate --database ledger").exits(3);
    assert!(missing.stderr.contains("takes every database"), "{}", missing.stderr);
}

#[test]
fn servers_have_three_scripts_more() {
    let lab = Lab::up("sqldb-fog", "");
    let script = |rest: &str, code: i32| lab.milink(&format!("fog script {rest}")).exits(code);
    let single = script("fog-shop --as az --for geo-replicate --database notes", 0).stdout;
    assert!(
        single.contains("az sql db replica create")
            && single.contains("--server srv-a --name notes --partner-server srv-b")
    );
    let pooled = script("fog-tenants --as powershell --for geo-replicate-pooled --database tenant001", 0).stdout;
    assert!(pooled.contains("-SecondaryElasticPoolName pool-tenants"), "{pooled}");
    script("fog-tenants --as az --for geo-replicate --database tenant001", 3);
    let add = script("fog-shop --as rest --for add-database --database notes", 0).stdout;
    assert!(add.contains("/servers/srv-a/failoverGroups/fog-shop?") && add.contains("/databases/notes"), "{add}");
    let strings = lab.milink("listener strings fog-shop --output json").exits(0).json();
    let of = |database: &str| {
        let all = strings["strings"].as_array().unwrap().iter();
        all.filter(|s| s["database"] == database && s["purpose"] == "local_replica").count()
    };
    assert_eq!((of("orders"), of("stock")), (0, 4), "only Business Critical has a read replica: {strings:#}");
    let rw = found(&strings, "go-mssqldb", "read_write").unwrap()["connection_string"].as_str().unwrap();
    assert!(rw.starts_with("sqlserver://fog-shop.database.windows.net:1433?"), "{rw}");
}

#[test]
fn business_critical_offers_its_read_replicas() {
    let tier = ("tier = \"GeneralPurpose\"", "tier = \"BusinessCritical\"");
    let lab = Lab::changed("fog-ready", &[tier, tier], "");
    let report = lab.milink("listener strings --driver ado-net --output json").exits(0).json();
    let local = found(&report, "ADO.NET", "local_replica").unwrap()["connection_string"].as_str().unwrap().to_owned();
    assert_eq!(
        local,
        "Server=tcp:fog-ledger.a1b2c3d4e5f6.database.windows.net,1433;Database=ledger;ApplicationIntent=ReadOnly;Encrypt=True;"
    );
    let away = found(&report, "ADO.NET", "secondary_replica").unwrap();
    assert!(away["connection_string"].as_str().unwrap().contains("fog-ledger.secondary."), "{away}");
}

#[test]
fn both_halves_of_the_peering_are_written_on_demand() {
    let lab = Lab::up("fog-ready", "");
    let ps = lab.milink("fog network plan --as powershell --whole").exits(0).stdout;
    let order: Vec<usize> = ["Get-AzVirtualNetwork ", "Add-AzVirtualNetworkPeering", "Get-AzVirtualNetworkPeering"]
        .iter()
        .map(|c| ps.find(c).unwrap_or_else(|| panic!("no {c} in\n{ps}")))
        .collect();
    assert!(order.is_sorted(), "{ps}");
    let az = lab.milink("fog network plan --as az --whole").exits(0).stdout;
    let lines: Vec<&str> = az.lines().collect();
    assert_eq!(lines.len(), 2, "{az}");
    assert!(
        lines.iter().all(|l| l.contains("az network vnet peering create") && l.contains("--allow-vnet-access true"))
    );
    assert!(lines[0].contains("--vnet-name vnet-lab ") && lines[0].contains("/virtualNetworks/vnet-lab-northeurope"));
    assert!(
        lines[1].contains("--vnet-name vnet-lab-northeurope ") && !lines[1].contains("--remote-vnet /subscriptions/x")
    );
    assert!(lines[1].contains("/rg-lab/providers/Microsoft.Network/virtualNetworks/vnet-lab"), "{az}");
}

#[test]
fn a_group_across_subscriptions_is_not_written_for_the_cli() {
    let other = "9e1d2c3b-4a5f-4e6d-8c7b-0a1b2c3d4e5f";
    let far = format!("resource_group = \"rg-lab-dr\"\nsubscription = \"{other}\"");
    let lab = Lab::changed("fog-ready", &[("resource_group = \"rg-lab-dr\"", &far)], "");
    let az = lab.milink("fog script --as az --for create").exits(3);
    assert!(az.stderr.contains("across subscriptions") && az.stderr.contains("powershell"), "{}", az.stderr);
    let ps = lab.milink("fog script --as powershell --for create").exits(0).stdout;
    assert!(ps.contains("New-AzSqlDatabaseInstanceFailoverGroup") && ps.contains("-PartnerSubscriptionId"), "{ps}");
    let forced = lab.milink("fog script --as rest --for forced").exits(0).stdout;
    assert!(forced.contains(&format!("/subscriptions/{other}/resourceGroups/rg-lab-dr/")), "{forced}");
}
