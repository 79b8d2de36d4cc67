//! The network between the two servers: tried by jobs on both, judged from Azure's rules; what is closed is found, what cannot
//! be read is unknown, and no job stays behind.

use crate::support::arm;
use crate::support::lab::Lab;
use crate::support::process::until;
use milink::arm::transport::Method;
use serde_json::Value;

/// Jobs of milink's on both servers.
fn jobs(lab: &Lab) -> i64 {
    let text = "SELECT COUNT_BIG(*) FROM msdb.dbo.sysjobs WHERE name LIKE N'milink[_]probe%'";
    lab.number("sql-a", "master", text) + lab.number("mi-a", "master", text)
}

fn probe(lab: &Lab, code: i32) -> Value {
    lab.milink("link probe --output json").exits(code).json()
}

fn tried<'a>(report: &'a Value, from: &str, port: u64) -> &'a Value {
    let all = report["tried"].as_array().unwrap();
    let found = all.iter().find(|t| t["from"] == from && t["port"] == port);
    found.unwrap_or_else(|| panic!("nothing from {from} to port {port}: {report:#}"))
}

fn finding(lab: &Lab, id: &str) -> Value {
    let report = lab.milink("check --for create --output json").json();
    let checks = report["links"][0]["checks"].as_array().unwrap();
    checks.iter().find(|c| c["id"] == id).unwrap().clone()
}

const CLOSE: &str = "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/close?api-version=2024-05-01";

#[test]
fn jobs_on_both_servers_prove_the_network_and_are_gone() {
    let lab = Lab::up("migrate-2019", "");
    // Nothing listens on the source yet: half of it is proven.
    let half = probe(&lab, 3);
    assert_eq!(half["verdict"], "unknown", "{half:#}");
    assert!(tried(&half, "mi-a", 5022)["note"].as_str().unwrap().contains("milink endpoint create"), "{half:#}");
    lab.milink("endpoint create").exits(0);
    assert_eq!(finding(&lab, "network.proven")["status"], "fail");
    let whole = probe(&lab, 0);
    assert_eq!(whole["verdict"], "proven", "{whole:#}");
    assert_eq!(tried(&whole, "sql-a", 5022)["address"], "10.0.16.5");
    assert_eq!(tried(&whole, "sql-a", 11_002)["open"], true);
    assert_eq!(tried(&whole, "mi-a", 5022)["address"], "10.0.1.8");
    assert_eq!(jobs(&lab), 0);
    assert_eq!(finding(&lab, "network.proven")["status"], "pass");
    assert_eq!(finding(&lab, "network.reached")["status"], "pass");
    // A rule for the ports of the nodes alone: the name still answers, and that is not enough.
    let rule = r#"{"properties": {"protocol": "Tcp", "access": "Deny", "direction": "Inbound", "priority": 200, "sourcePortRange": "*",
        "sourceAddressPrefix": "VirtualNetwork", "destinationAddressPrefix": "*", "destinationPortRange": "11000-11999"}}"#;
    arm::send(&lab, Method::Put, CLOSE, rule).unwrap();
    let closed = probe(&lab, 3);
    assert_eq!(closed["verdict"], "closed", "{closed:#}");
    assert_eq!(tried(&closed, "sql-a", 5022)["open"], true);
    assert_eq!(tried(&closed, "sql-a", 11_002)["open"], false);
    assert_eq!(finding(&lab, "network.reached")["status"], "fail");
    let found = finding(&lab, "network.nsg_inbound");
    assert!(
        found["found"].as_str().unwrap().contains("denied by close (priority 200, ports 11000-11999)"),
        "{found:#}"
    );
    let remedy = found["remedy"].as_str().unwrap();
    assert!(remedy.contains("--nsg-name nsg-mi-a") && remedy.contains("--priority 199"), "{remedy}");
    assert_eq!(jobs(&lab), 0);
}

/// It died with a job made: the same command goes on, and takes it away.
#[test]
fn a_probe_that_died_leaves_no_job() {
    let lab = Lab::up("migrate-2019", "");
    lab.milink("endpoint create").exits(0);
    let mut command = lab.command("link probe");
    let running = lab.start(command.env("MILINK_FAULT", "hang:probe.to_target:after-act"));
    until("the job", || (jobs(&lab) > 0).then_some(()));
    running.kill();
    assert!(jobs(&lab) > 0);
    let done = lab.milink("link probe").exits(0);
    assert!(done.stderr.contains("going on with probe-"), "{}", done.stderr);
    assert_eq!(jobs(&lab), 0);
}

/// Without the right to read networks they are unknown, and the right is named.
#[test]
fn without_rights_on_networks_they_are_unknown() {
    let lab = Lab::up("migrate-2019", "");
    lab.fault("set mi-a permissions sql");
    for id in ["network.nsg_inbound", "network.nsg_outbound", "network.route"] {
        let found = finding(&lab, id);
        assert_eq!(found["status"], "unknown", "{found:#}");
        assert!(found["found"].as_str().unwrap().contains("needs Microsoft.Network/virtualNetworks/read"), "{found:#}");
    }
    assert_eq!(finding(&lab, "permission.azure")["status"], "pass");
}

/// Nothing is changed by looking at what would be done.
#[test]
fn a_script_names_the_jobs_and_makes_none() {
    let lab = Lab::up("migrate-2019", "");
    let script = lab.milink("link probe --script").exits(0).stdout;
    for word in ["sp_add_job", "Test-NetConnection", "sp_start_job", "sp_delete_job", "milink_probe_sql-a_mi-a"] {
        assert!(script.contains(word), "no {word} in\n{script}");
    }
    assert_eq!(jobs(&lab), 0);
}
