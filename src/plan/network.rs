//! One thing that is missing between the subnets of two instances, as Azure takes it, and as people write it down.

use crate::model::network::id_after;
use crate::model::network::id_tail;
use crate::rules::fog::network::DELEGATED_TO;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// A change in `Microsoft.Network`. Each is a PUT of one resource by its id, so the same again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NetworkChange {
    /// One half of a peering: the other network has its own.
    Peering {
        /// Id of the virtual network that gets it.
        network: String,
        name: String,
        /// Id of the other one.
        remote: String,
    },
    /// A rule that lets TCP pass.
    Rule {
        /// Id of the network security group.
        group: String,
        name: String,
        priority: u32,
        is_inbound: bool,
        source: String,
        destination: String,
        ports: String,
    },
    /// The subnet may hold managed instances.
    Delegation {
        /// Id of the subnet.
        subnet: String,
        /// The subnet as it was read, with the delegation added: a PUT replaces all of it.
        properties: Value,
    },
}

impl NetworkChange {
    /// Id of the resource that is put.
    pub fn id(&self) -> String {
        match self {
            Self::Peering { network, name, .. } => format!("{network}/virtualNetworkPeerings/{name}"),
            Self::Rule { group, name, .. } => format!("{group}/securityRules/{name}"),
            Self::Delegation { subnet, .. } => subnet.clone(),
        }
    }

    pub fn words(&self) -> String {
        match self {
            Self::Peering { network, remote, .. } => format!("peer {} with {}", id_tail(network), id_tail(remote)),
            Self::Rule { group, is_inbound, source, destination, ports, .. } => {
                let way = if *is_inbound { "in" } else { "out" };
                format!("let TCP {ports} {way} by {}, from {source} to {destination}", id_tail(group))
            }
            Self::Delegation { subnet, .. } => format!("delegate subnet {} to {DELEGATED_TO}", id_tail(subnet)),
        }
    }

    /// The whole body of the PUT.
    pub fn body(&self) -> Value {
        match self {
            // Gateway options are off: nothing between two members of a group goes through one.
            Self::Peering { remote, .. } => json!({ "properties": {
                "remoteVirtualNetwork": { "id": remote },
                "allowVirtualNetworkAccess": true,
                "allowForwardedTraffic": false,
                "allowGatewayTransit": false,
                "useRemoteGateways": false,
            } }),
            Self::Rule { priority, is_inbound, source, destination, ports, .. } => json!({ "properties": {
                "protocol": "Tcp",
                "access": "Allow",
                "direction": if *is_inbound { "Inbound" } else { "Outbound" },
                "priority": priority,
                "sourceAddressPrefix": source,
                // Replication comes from any port: one that names a source port matches nothing.
                "sourcePortRange": "*",
                "destinationAddressPrefix": destination,
                "destinationPortRange": ports,
            } }),
            Self::Delegation { properties, .. } => json!({ "properties": properties }),
        }
    }

    /// Does a resource, as it was read, do the same? Other members do not count.
    pub fn is_done(&self, found: &Value) -> bool {
        let p = &found["properties"];
        let text = |name: &str| p[name].as_str().unwrap_or_default().to_lowercase();
        match self {
            Self::Peering { remote, .. } => {
                let same = p["remoteVirtualNetwork"]["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(remote));
                // One half alone is `Initiated`: this half is done then, and carries nothing yet.
                let state = text("peeringState");
                same && p["allowVirtualNetworkAccess"] != json!(false) && state != "disconnected"
            }
            Self::Rule { priority, is_inbound, source, destination, ports, .. } => {
                let direction = if *is_inbound { "inbound" } else { "outbound" };
                p["priority"].as_u64() == Some(u64::from(*priority))
                    && text("access") == "allow"
                    && text("direction") == direction
                    && matches!(text("protocol").as_str(), "tcp" | "*")
                    && text("sourcePortRange") == "*"
                    && text("sourceAddressPrefix") == source.to_lowercase()
                    && text("destinationAddressPrefix") == destination.to_lowercase()
                    && text("destinationPortRange") == *ports
            }
            Self::Delegation { .. } => p["delegations"].as_array().is_some_and(|all| {
                all.iter().any(|d| {
                    d["properties"]["serviceName"].as_str().is_some_and(|s| s.eq_ignore_ascii_case(DELEGATED_TO))
                })
            }),
        }
    }

    /// The same as a command of the Azure CLI.
    pub fn az(&self) -> String {
        let of = |id: &str| {
            let (sub, group) = (id_after(id, "subscriptions"), id_after(id, "resourceGroups"));
            format!("--subscription {} --resource-group {}", sub.unwrap_or("?"), group.unwrap_or("?"))
        };
        match self {
            Self::Peering { network, name, remote } => format!(
                "az network vnet peering create {} --vnet-name {} --name {name} --remote-vnet {remote} --allow-vnet-access true",
                of(network),
                id_tail(network)
            ),
            Self::Rule { group, name, priority, is_inbound, source, destination, ports } => format!(
                "az network nsg rule create {} --nsg-name {} --name {name} --priority {priority} --direction {} --access Allow --protocol Tcp --source-address-prefixes {source} --source-port-ranges '*' --destination-address-prefixes {destination} --destination-port-ranges {ports}",
                of(group),
                id_tail(group),
                if *is_inbound { "Inbound" } else { "Outbound" }
            ),
            Self::Delegation { subnet, .. } => format!(
                "az network vnet subnet update {} --vnet-name {} --name {} --delegations {DELEGATED_TO}",
                of(subnet),
                id_after(subnet, "virtualNetworks").unwrap_or("?"),
                id_tail(subnet)
            ),
        }
    }

    /// The same as a resource of a Bicep file, which is deployed to the resource group that is named above it.
    pub fn bicep(&self, api_version: &str) -> String {
        let id = self.id();
        let (kind, name) = match self {
            Self::Peering { network, name, .. } => {
                ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", format!("{}/{name}", id_tail(network)))
            }
            Self::Rule { group, name, .. } => {
                ("Microsoft.Network/networkSecurityGroups/securityRules", format!("{}/{name}", id_tail(group)))
            }
            Self::Delegation { subnet, .. } => (
                "Microsoft.Network/virtualNetworks/subnets",
                format!("{}/{}", id_after(subnet, "virtualNetworks").unwrap_or("?"), id_tail(subnet)),
            ),
        };
        let symbol: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let group = id_after(&id, "resourceGroups").unwrap_or("?");
        format!(
            "// az deployment group create --resource-group {group}\nresource r_{symbol} '{kind}@{api_version}' = {{\n  name: '{name}'\n  properties: {}\n}}\n",
            bicep_value(&self.body()["properties"], 1)
        )
    }
}

/// A JSON value as Bicep writes it.
fn bicep_value(value: &Value, depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace("${", "\\${")),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let key = |k: &str| {
                let plain = k.starts_with(|c: char| c.is_ascii_alphabetic())
                    && k.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if plain { k.to_owned() } else { format!("'{k}'") }
            };
            let lines: Vec<String> =
                map.iter().map(|(k, v)| format!("{pad}{}: {}", key(k), bicep_value(v, depth + 1))).collect();
            format!("{{\n{}\n{end}}}", lines.join("\n"))
        }
        Value::Array(all) if all.is_empty() => "[]".to_owned(),
        Value::Array(all) => {
            let lines: Vec<String> = all.iter().map(|v| format!("{pad}{}", bicep_value(v, depth + 1))).collect();
            format!("[\n{}\n{end}]", lines.join("\n"))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> NetworkChange {
        NetworkChange::Rule {
            group: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg-a"
                .to_owned(),
            name: "allow_geodr_inbound".to_owned(),
            priority: 1200,
            is_inbound: true,
            source: "10.1.16.0/24".to_owned(),
            destination: "10.0.16.0/24".to_owned(),
            ports: "5022".to_owned(),
        }
    }

    #[test]
    fn what_is_put_is_what_is_looked_for() {
        let peering = NetworkChange::Peering {
            network: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v".to_owned(),
            name: "to-w".to_owned(),
            remote: "/subscriptions/t/resourceGroups/dr/providers/Microsoft.Network/virtualNetworks/w".to_owned(),
        };
        let delegation = NetworkChange::Delegation {
            subnet: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/mi"
                .to_owned(),
            properties: json!({ "addressPrefix": "10.0.0.0/24",
                "delegations": [{ "name": "mi", "properties": { "serviceName": DELEGATED_TO } }] }),
        };
        for change in [rule(), peering.clone(), delegation] {
            assert!(change.is_done(&change.body()), "{change:?}");
            assert!(!change.is_done(&json!({ "properties": {} })), "{change:?}");
        }
        let mut shut = rule().body();
        shut["properties"]["access"] = json!("Deny");
        assert!(!rule().is_done(&shut));
        let mut by_port = rule().body();
        by_port["properties"]["sourcePortRange"] = json!("5022");
        assert!(!rule().is_done(&by_port), "a rule with a source port matches nothing");
        let mut cut = peering.body();
        cut["properties"]["peeringState"] = json!("Disconnected");
        assert!(!peering.is_done(&cut));
    }

    #[test]
    fn the_same_for_the_command_line_and_for_a_template() {
        let az = rule().az();
        assert!(az.contains("--nsg-name nsg-a") && az.contains("--source-port-ranges '*'"), "{az}");
        let bicep = rule().bicep("2024-05-01");
        for line in [
            "// az deployment group create --resource-group rg",
            "resource r_nsg_a_allow_geodr_inbound 'Microsoft.Network/networkSecurityGroups/securityRules@2024-05-01' = {",
            "  name: 'nsg-a/allow_geodr_inbound'",
            "    priority: 1200",
            "    sourceAddressPrefix: '10.1.16.0/24'",
        ] {
            assert!(bicep.lines().any(|l| l == line), "{line}\n{bicep}");
        }
        let odd = bicep_value(&json!({ "a-b": "it's ${x}", "list": [], "none": {} }), 0);
        assert!(odd.contains("'a-b': 'it\\'s \\${x}'") && odd.contains("list: []"), "{odd}");
    }
}
