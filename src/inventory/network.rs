//! The network around an instance: its subnet, the rules and the routes that the subnet is bound to. Each part may fail by itself.

use crate::arm::Arm;
use crate::arm::resource::network as azure;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::model::fact::Fact;
use crate::model::network::NetworkFacts;
use crate::model::network::Peer;
use crate::model::network::Route;
use crate::model::network::RouteTable;
use crate::model::network::SecurityGroup;
use crate::model::network::SecurityRule;
use crate::model::network::id_after;
use crate::model::network::id_tail;

/// A gateway stands in a subnet of this name and no other.
const GATEWAY_SUBNET: &str = "GatewaySubnet";

/// `subnet`: id of the instance's subnet.
pub async fn read(arm: &Arm, subnet: Option<&str>) -> Fact<NetworkFacts> {
    let Some(id) = subnet else { return Fact::unknown("Azure did not say in which subnet the instance is") };
    let Some((network_id, name)) = id.rsplit_once("/subnets/") else {
        return Fact::unknown(format!("`{id}` is no id of a subnet"));
    };
    let network = match arm.virtual_network(network_id).await {
        Ok(network) => network,
        Err(e) => return unread(&e, "virtualNetworks", network_id),
    };
    let found =
        network.properties.subnets.iter().find(|s| s.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)));
    let Some(subnet) = found else {
        return Fact::unknown(format!("virtual network {} shows no subnet {name}", id_tail(network_id)));
    };
    let group_id = subnet.properties.network_security_group.as_ref().and_then(|r| r.id.as_deref());
    let table_id = subnet.properties.route_table.as_ref().and_then(|r| r.id.as_deref());
    let (group, table) = tokio::join!(group(arm, group_id), table(arm, table_id));
    let p = &network.properties;
    let borrows = p.virtual_network_peerings.iter().any(|x| x.properties.use_remote_gateways == Some(true));
    let owns = p.subnets.iter().any(|s| s.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(GATEWAY_SUBNET)));
    Fact::Known {
        value: NetworkFacts {
            network: id_tail(network_id).to_owned(),
            resource_group: id_after(network_id, "resourceGroups").unwrap_or_default().to_owned(),
            spaces: p.address_space.address_prefixes.clone(),
            peers: p.virtual_network_peerings.iter().map(peer).collect(),
            has_gateway: owns || borrows,
            subnet: name.to_owned(),
            prefixes: subnet.properties.prefixes(),
            group,
            table,
        },
    }
}

/// Names the permission where it is one that is missing.
fn unread<T>(e: &Error, kind: &str, id: &str) -> Fact<T> {
    let scope = id_after(id, "resourceGroups").unwrap_or("its group");
    if e.kind() == Kind::Denied {
        return Fact::unknown(format!(
            "{}; needs Microsoft.Network/{kind}/read on {} in resource group {scope}, as the role Reader has it",
            e.chain(),
            id_tail(id)
        ));
    }
    Fact::unknown(e.chain())
}

async fn group(arm: &Arm, id: Option<&str>) -> Fact<Option<SecurityGroup>> {
    let Some(id) = id else { return Fact::Known { value: None } };
    match arm.security_group(id).await {
        Err(e) => unread(&e, "networkSecurityGroups", id),
        Ok(found) => {
            let p = found.properties;
            let mut rules: Vec<SecurityRule> =
                p.security_rules.iter().chain(&p.default_security_rules).map(rule).collect();
            rules.sort_by_key(|r| r.priority);
            let resource_group = id_after(id, "resourceGroups").unwrap_or_default().to_owned();
            Fact::Known { value: Some(SecurityGroup { name: id_tail(id).to_owned(), resource_group, rules }) }
        }
    }
}

async fn table(arm: &Arm, id: Option<&str>) -> Fact<Option<RouteTable>> {
    let Some(id) = id else { return Fact::Known { value: None } };
    match arm.route_table(id).await {
        Err(e) => unread(&e, "routeTables", id),
        Ok(found) => {
            let route = |r: &azure::Resource<azure::RouteProperties>| Route {
                name: r.name.clone().unwrap_or_default(),
                prefix: r.properties.address_prefix.clone().unwrap_or_default(),
                hop: r.properties.next_hop_type.clone().unwrap_or_default(),
                address: r.properties.next_hop_ip_address.clone(),
            };
            let routes = found.properties.routes.iter().map(route).collect();
            let resource_group = id_after(id, "resourceGroups").unwrap_or_default().to_owned();
            Fact::Known { value: Some(RouteTable { name: id_tail(id).to_owned(), resource_group, routes }) }
        }
    }
}

fn peer(p: &azure::Resource<azure::PeeringProperties>) -> Peer {
    let remote = p.properties.remote_address_space.as_ref();
    Peer {
        name: p.name.clone().unwrap_or_default(),
        state: p.properties.peering_state.clone().unwrap_or_else(|| "unknown".to_owned()),
        spaces: remote.map(|s| s.address_prefixes.clone()).unwrap_or_default(),
        is_allowed: p.properties.allow_virtual_network_access != Some(false),
    }
}

/// The filled one of two siblings.
fn either(one: Option<&String>, many: &[String]) -> Vec<String> {
    if many.is_empty() { one.into_iter().filter(|s| !s.is_empty()).cloned().collect() } else { many.to_vec() }
}

fn rule(r: &azure::Resource<azure::RuleProperties>) -> SecurityRule {
    let p = &r.properties;
    let is = |text: Option<&String>, word: &str| text.is_some_and(|t| t.eq_ignore_ascii_case(word));
    let (sources, destinations) = (
        either(p.source_address_prefix.as_ref(), &p.source_address_prefixes),
        either(p.destination_address_prefix.as_ref(), &p.destination_address_prefixes),
    );
    SecurityRule {
        name: r.name.clone().unwrap_or_default(),
        priority: p.priority.unwrap_or(u32::MAX),
        is_inbound: is(p.direction.as_ref(), "Inbound"),
        // What is not plainly an Allow is not counted as one.
        allows: is(p.access.as_ref(), "Allow"),
        protocol: p.protocol.clone().unwrap_or_else(|| "*".to_owned()),
        source_ports: either(p.source_port_range.as_ref(), &p.source_port_ranges),
        ports: either(p.destination_port_range.as_ref(), &p.destination_port_ranges),
        has_unseen_members: !(p.source_application_security_groups.is_empty()
            && p.destination_application_security_groups.is_empty()),
        sources,
        destinations,
    }
}
