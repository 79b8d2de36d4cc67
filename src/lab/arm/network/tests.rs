//! Networks through the front, and what gets through them.

use super::Networks;
use super::address;
use super::address::NetworkTarget;
use super::seed::Tenant;
use crate::lab::arm::config::ArmConfig;
use crate::lab::arm::config::Principal;
use crate::lab::arm::config::Token;
use crate::lab::arm::fake::FakeEstate;
use crate::lab::arm::fake::SUBSCRIPTION;
use crate::lab::arm::fake::TENANT;
use crate::lab::arm::server::ArmServer;
use crate::lab::net::Wires;
use crate::lab::scenario::types::Azure;
use bytes::Bytes;
use hyper::http::Request;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use time::macros::datetime;

const SERVER: &str = "10.0.1.8";
const A: &str = "mi-a.zone.database.windows.net";
const B: &str = "mi-b.zone.database.windows.net";

fn networks() -> Networks {
    let azure = Azure {
        tenant: TENANT.to_owned(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: "rg-lab".to_owned(),
        region: "westeurope".to_owned(),
        locks: Vec::new(),
    };
    let tenant = |name, fqdn, region| Tenant { name, fqdn, resource_group: "rg-lab", region };
    Networks::seed(&azure, &[tenant("mi-a", A, "westeurope"), tenant("mi-b", B, "northeurope")], &[SERVER])
}

fn server(networks: Arc<Networks>) -> Arc<ArmServer> {
    let mut config = ArmConfig::new(TENANT, SUBSCRIPTION, "westeurope", Arc::new(|| datetime!(2026-03-01 10:00 UTC)));
    config.tokens.push(Token {
        value: "good".to_owned(),
        principal: Principal { client_id: "app".to_owned(), object_id: "oid".to_owned() },
        audience: "https://management.core.windows.net/".to_owned(),
        expires: datetime!(2026-03-02 10:00 UTC),
    });
    let mut estate = FakeEstate::new(Duration::ZERO);
    estate.networks = Some(networks);
    ArmServer::new(Arc::new(estate), config)
}

async fn call(server: &ArmServer, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-lab/providers/Microsoft.Network/{path}?api-version=2024-05-01"
    );
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Bearer good")
        .header("content-type", "application/json")
        .body(Bytes::from(if body.is_null() { String::new() } else { body.to_string() }))
        .unwrap();
    let answer = server.handle(request).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
}

fn rule(priority: u32, access: &str, port: &str, direction: &str) -> Value {
    json!({"properties": {"protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": port,
        "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "access": access, "priority": priority,
        "direction": direction}})
}

#[test]
fn paths_are_taken_apart_in_any_letter_case() {
    let at = |path: &str| address::parse(&path.split('/').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(at("VIRTUALnetworks"), Some(NetworkTarget::Network(None)));
    assert_eq!(at("virtualNetworks/V/Subnets/S"), Some(NetworkTarget::Subnet("V".into(), Some("S".into()))));
    assert_eq!(at("networkSecurityGroups/n/securityRules"), Some(NetworkTarget::Rule("n".into(), None)));
    assert_eq!(at("networkSecurityGroups/n/gadgets/x"), None);
    assert_eq!(at("publicIPAddresses"), None);
}

#[tokio::test]
async fn a_subnet_leads_to_its_group_and_its_table() {
    let server = server(Arc::new(networks()));
    let (status, subnet) = call(&server, "GET", "virtualNetworks/vnet-lab/subnets/MI-A", &Value::Null).await;
    assert_eq!((status, &subnet["properties"]["addressPrefix"]), (200, &json!("10.0.16.0/24")));
    let group = subnet["properties"]["networkSecurityGroup"]["id"].as_str().unwrap();
    assert!(group.ends_with("/networkSecurityGroups/nsg-mi-a"), "{group}");
    let (_, group) = call(&server, "GET", "networkSecurityGroups/nsg-mi-a", &Value::Null).await;
    assert_eq!(group["properties"]["defaultSecurityRules"].as_array().unwrap().len(), 6);
    assert!(group["properties"]["securityRules"][0]["id"].as_str().unwrap().contains("/securityRules/Microsoft.Sql-"));
    let (status, error) = call(&server, "GET", "networkSecurityGroups/nsg-mi-a/securityRules/none", &Value::Null).await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("NotFound")));
}

#[tokio::test]
async fn what_a_rule_denies_does_not_get_through() {
    let networks = Arc::new(networks());
    let server = server(networks.clone());
    assert!(networks.passes(SERVER, A, 5022) && networks.passes(SERVER, A, 11_500) && networks.passes(A, SERVER, 5022));
    assert!(!networks.passes(SERVER, A, 3389), "the last rule of the subnet denies the rest");
    let path = "networkSecurityGroups/nsg-mi-a/securityRules/close";
    let (status, made) = call(&server, "PUT", path, &rule(200, "Deny", "11000-11400", "Inbound")).await;
    assert_eq!((status, &made["properties"]["provisioningState"]), (201, &json!("Succeeded")));
    assert!(!networks.passes(SERVER, A, 11_002) && networks.passes(SERVER, A, 11_500));
    let (status, _) = call(&server, "PUT", path, &rule(200, "Deny", "5022", "Outbound")).await;
    assert_eq!(status, 200);
    assert!(!networks.passes(A, SERVER, 5022) && networks.passes(SERVER, A, 5022));
    let (_, error) =
        call(&server, "PUT", "networkSecurityGroups/nsg-mi-a/securityRules/again", &rule(200, "Deny", "1", "Outbound"))
            .await;
    assert_eq!(error["error"]["code"], "SecurityRuleConflict");
    let (_, error) = call(&server, "PUT", path, &rule(99, "Deny", "1", "Outbound")).await;
    assert_eq!(error["error"]["code"], "SecurityRuleInvalidPriority");
    assert_eq!(call(&server, "DELETE", path, &Value::Null).await.0, 200);
    assert_eq!(call(&server, "DELETE", path, &Value::Null).await.0, 204);
    assert!(networks.passes(A, SERVER, 5022));
}

#[tokio::test]
async fn a_route_to_nowhere_swallows_both_directions() {
    let networks = Arc::new(networks());
    let server = server(networks.clone());
    let route = json!({"properties": {"addressPrefix": "10.0.1.0/24", "nextHopType": "None"}});
    assert_eq!(call(&server, "PUT", "routeTables/rt-mi-a/routes/hole", &route).await.0, 201);
    assert!(!networks.passes(A, SERVER, 5022) && !networks.passes(SERVER, A, 5022));
    // The network's own route is longer than this one.
    let wide = json!({"properties": {"addressPrefix": "10.0.0.0/8", "nextHopType": "None"}});
    assert_eq!(call(&server, "PUT", "routeTables/rt-mi-a/routes/hole", &wide).await.0, 200);
    assert!(networks.passes(A, SERVER, 5022));
}

#[tokio::test]
async fn a_peering_needs_both_directions() {
    let networks = Arc::new(networks());
    let server = server(networks.clone());
    assert!(networks.passes(A, B, 5022));
    let (near, far) = (
        "virtualNetworks/vnet-lab/virtualNetworkPeerings/to-vnet-lab-northeurope",
        "virtualNetworks/vnet-lab-northeurope/virtualNetworkPeerings/to-vnet-lab",
    );
    let (_, old) = call(&server, "GET", near, &Value::Null).await;
    assert_eq!(call(&server, "DELETE", near, &Value::Null).await.0, 200);
    assert_eq!(call(&server, "GET", far, &Value::Null).await.1["properties"]["peeringState"], "Disconnected");
    assert!(!networks.passes(A, B, 5022));
    let (_, error) = call(&server, "PUT", near, &old).await;
    assert_eq!(error["error"]["code"], "RemotePeeringIsDisconnected");
    let (_, back) = call(&server, "GET", far, &Value::Null).await;
    assert_eq!(call(&server, "DELETE", far, &Value::Null).await.0, 200);
    let (status, made) = call(&server, "PUT", near, &old).await;
    assert_eq!((status, &made["properties"]["peeringState"]), (201, &json!("Initiated")));
    assert!(!networks.passes(A, B, 5022));
    assert_eq!(call(&server, "PUT", far, &back).await.1["properties"]["peeringState"], "Connected");
    assert!(networks.passes(A, B, 5022) && networks.passes(B, A, 11_002));
}

#[tokio::test]
async fn subnets_do_not_overlap_and_are_not_deleted_under_an_instance() {
    let server = server(Arc::new(networks()));
    let subnet = |prefix: &str| json!({"properties": {"addressPrefix": prefix}});
    let (_, error) = call(&server, "PUT", "virtualNetworks/vnet-lab/subnets/x", &subnet("10.0.16.128/25")).await;
    assert_eq!(error["error"]["code"], "NetcfgSubnetRangesOverlap");
    let (_, error) = call(&server, "PUT", "virtualNetworks/vnet-lab/subnets/x", &subnet("10.9.0.0/24")).await;
    assert_eq!(error["error"]["code"], "NetcfgInvalidSubnet");
    assert_eq!(call(&server, "PUT", "virtualNetworks/vnet-lab/subnets/x", &subnet("10.0.99.0/24")).await.0, 201);
    let (_, error) = call(&server, "DELETE", "virtualNetworks/vnet-lab/subnets/mi-a", &Value::Null).await;
    assert_eq!(error["error"]["code"], "InUseSubnetCannotBeDeleted");
}
