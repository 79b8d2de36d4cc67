//! What an instance that is to be made would find: its subnet, and who stands in it.

use crate::arm::Arm;
use crate::arm::change::API_VERSION_NETWORK;
use crate::base::error::Result;
use crate::model::fact::Fact;
use crate::model::network::id_after;
use crate::model::new_instance::SubnetFacts;
use serde_json::Value;
use serde_json::json;

/// A subnet with all that stands in it but the instance of that id; known and none: it is not there.
pub async fn subnet(arm: &Arm, id: &str, but: &str) -> Fact<Option<SubnetFacts>> {
    read(arm, id, but).await.into()
}

async fn read(arm: &Arm, id: &str, but: &str) -> Result<Option<SubnetFacts>> {
    let network = id.rsplit_once("/subnets/").map_or(id, |(network, _)| network);
    let (found, network, instances) = tokio::join!(
        arm.resource(id, API_VERSION_NETWORK),
        arm.resource(network, API_VERSION_NETWORK),
        arm.instances(id_after(id, "subscriptions").unwrap_or_default())
    );
    let Some(found) = found? else { return Ok(None) };
    let mut facts = shape(&found);
    id.clone_into(&mut facts.id);
    facts.location = network?.and_then(|n| n["location"].as_str().map(str::to_owned));
    let is = |a: Option<&str>, b: &str| a.is_some_and(|a| a.eq_ignore_ascii_case(b));
    facts.instances = instances?
        .into_iter()
        .filter(|i| is(i.properties.subnet_id.as_deref(), id) && !is(i.id.as_deref(), but))
        .map(|i| (i.name.unwrap_or_default(), i.properties.dns_zone))
        .collect();
    Ok(Some(facts))
}

/// What the subnet says of itself.
fn shape(found: &Value) -> SubnetFacts {
    let p = &found["properties"];
    let texts = |v: &Value| -> Vec<String> {
        v.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect()
    };
    let mut prefixes = texts(&p["addressPrefixes"]);
    if prefixes.is_empty() {
        prefixes.extend(p["addressPrefix"].as_str().map(str::to_owned));
    }
    let list = |name: &str| p[name].as_array().cloned().unwrap_or_default();
    let id = |name: &str| p[name]["id"].as_str().map(str::to_owned);
    let service = |d: Value| d["properties"]["serviceName"].as_str().map(str::to_owned);
    let mut unsupported = Vec::new();
    if id("natGateway").is_some() {
        unsupported.push("NAT gateway".to_owned());
    }
    if p["defaultOutboundAccess"] == json!(false) {
        unsupported.push("private subnet (no default outbound access)".to_owned());
    }
    if prefixes.iter().any(|p| p.contains(':')) {
        unsupported.push("IPv6".to_owned());
    }
    let mut others = Vec::new();
    for endpoint in list("privateEndpoints") {
        others.push(format!("private endpoint {}", last(&endpoint)));
    }
    for card in list("ipConfigurations") {
        // The service's own cards are named after its virtual cluster.
        let text = card["id"].as_str().unwrap_or_default().to_lowercase();
        if !text.contains("/virtualclusters/") && !text.contains("microsoft.sql") {
            others.push(format!("network interface {}", text.split("/ipconfigurations/").next().map_or("", tail)));
        }
    }
    for link in list("serviceAssociationLinks").into_iter().chain(list("resourceNavigationLinks")) {
        let owner = link["properties"]["linkedResourceType"].as_str().unwrap_or_default();
        if !owner.is_empty() && !owner.to_lowercase().starts_with("microsoft.sql") {
            others.push(owner.to_owned());
        }
    }
    SubnetFacts {
        prefixes,
        delegations: list("delegations").into_iter().filter_map(service).collect(),
        group: id("networkSecurityGroup"),
        table: id("routeTable"),
        others,
        unsupported,
        ..SubnetFacts::default()
    }
}

fn tail(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn last(resource: &Value) -> String {
    tail(resource["id"].as_str().unwrap_or_default()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stands_in_a_subnet_is_seen() {
        let facts = shape(&json!({ "properties": {
            "addressPrefix": "10.0.0.0/26",
            "networkSecurityGroup": { "id": "/x/nsg" },
            "natGateway": { "id": "/x/nat" },
            "defaultOutboundAccess": false,
            "delegations": [{ "properties": { "serviceName": "Microsoft.Sql/managedInstances" } }],
            "privateEndpoints": [{ "id": "/s/privateEndpoints/pe-1" }],
            "ipConfigurations": [
                { "id": "/s/networkInterfaces/nic-7/ipConfigurations/a" },
                { "id": "/s/virtualClusters/vc/ipConfigurations/b" },
            ],
            "serviceAssociationLinks": [
                { "properties": { "linkedResourceType": "Microsoft.Sql/managedInstances" } },
                { "properties": { "linkedResourceType": "Microsoft.Web/serverFarms" } },
            ],
        } }));
        assert_eq!(facts.prefixes, ["10.0.0.0/26"]);
        assert_eq!((facts.group.as_deref(), facts.table), (Some("/x/nsg"), None));
        assert_eq!(facts.others, ["private endpoint pe-1", "network interface nic-7", "Microsoft.Web/serverFarms"]);
        assert_eq!(facts.unsupported, ["NAT gateway", "private subnet (no default outbound access)"]);
        assert_eq!(facts.delegations.len(), 1);
    }
}
