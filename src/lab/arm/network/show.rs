//! The resources as they are shown: ids, types and states put on.

use super::address;
use super::shape::Named;
use super::shape::Network;
use super::shape::default_rules;
use super::state::Inner;
use super::state::Networks;
use super::state::Top;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

/// A child below the id of its parent.
pub(super) fn child<T: Serialize>(parent: &str, kind: &str, one: &Named<T>) -> Value {
    let last = kind.rsplit('/').next().unwrap_or(kind);
    let mut properties = json!(one.properties);
    properties["provisioningState"] = "Succeeded".into();
    json!({"id": format!("{parent}/{last}/{}", one.name), "name": one.name, "type": kind,
        "etag": "W/\"lab\"", "properties": properties})
}

fn children<T: Serialize>(parent: &str, kind: &str, all: &[Named<T>]) -> Vec<Value> {
    all.iter().map(|one| child(parent, kind, one)).collect()
}

impl Networks {
    fn whole<T>(&self, kind: &str, top: &Top<T>, mut properties: Value) -> Value {
        properties["provisioningState"] = "Succeeded".into();
        let last = kind.rsplit('/').next().unwrap_or(kind);
        json!({"id": self.id(&top.resource_group, last, &top.name), "name": top.name, "type": kind,
            "location": top.location, "tags": top.tags, "etag": "W/\"lab\"", "properties": properties})
    }

    pub(super) fn show_network(&self, top: &Top<Network>) -> Value {
        let id = self.id(&top.resource_group, "virtualNetworks", &top.name);
        let mut properties = json!(top.properties);
        properties["subnets"] = children(&id, address::SUBNET_TYPE, &top.properties.subnets).into();
        properties["virtualNetworkPeerings"] =
            children(&id, address::PEERING_TYPE, &top.properties.virtual_network_peerings).into();
        self.whole(address::NETWORK_TYPE, top, properties)
    }

    pub(super) fn show_group(&self, inner: &Inner, top: &Top<super::shape::Group>) -> Value {
        let id = self.id(&top.resource_group, "networkSecurityGroups", &top.name);
        let folded = id.to_ascii_lowercase();
        let used = self
            .users(inner, |s| s.network_security_group.as_ref().is_some_and(|r| r.id.to_ascii_lowercase() == folded));
        let properties = json!({
            "securityRules": children(&id, address::RULE_TYPE, &top.properties.security_rules),
            "defaultSecurityRules": children(&id, address::DEFAULT_RULE_TYPE, &default_rules()),
            "subnets": used,
        });
        self.whole(address::GROUP_TYPE, top, properties)
    }

    pub(super) fn show_table(&self, inner: &Inner, top: &Top<super::shape::Table>) -> Value {
        let id = self.id(&top.resource_group, "routeTables", &top.name);
        let folded = id.to_ascii_lowercase();
        let used = self.users(inner, |s| s.route_table.as_ref().is_some_and(|r| r.id.to_ascii_lowercase() == folded));
        let properties = json!({
            "disableBgpRoutePropagation": top.properties.disable_bgp_route_propagation,
            "routes": children(&id, address::ROUTE_TYPE, &top.properties.routes),
            "subnets": used,
        });
        self.whole(address::TABLE_TYPE, top, properties)
    }

    /// Ids of the subnets that a group or a table is bound to.
    pub(super) fn users(&self, inner: &Inner, is: impl Fn(&super::shape::Subnet) -> bool) -> Vec<Value> {
        let mut all = Vec::new();
        for network in inner.networks.values() {
            let id = self.id(&network.resource_group, "virtualNetworks", &network.name);
            let of = network.properties.subnets.iter().filter(|s| is(&s.properties));
            all.extend(of.map(|s| json!({"id": format!("{id}/subnets/{}", s.name)})));
        }
        all
    }
}
