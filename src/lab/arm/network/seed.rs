//! The networks that a scenario begins with: a network a region, a subnet an instance, rules as a careful administrator has
//! them for a managed instance: the service's own, then 1433, 5022 and 11000-11999 from the network, then nothing.

use super::cidr::Cidr;
use super::shape::AddressSpace;
use super::shape::Group;
use super::shape::Named;
use super::shape::Network;
use super::shape::Peering;
use super::shape::Reference;
use super::shape::Route;
use super::shape::Rule;
use super::shape::Subnet;
use super::shape::Table;
use super::state::Inner;
use super::state::Networks;
use super::state::Top;
use super::state::id;
use super::state::key;
use crate::lab::net::Node;
use crate::lab::scenario::types::Azure;
use serde_json::json;
use std::net::Ipv4Addr;

/// Where SQL Servers of the first network stand.
const SERVERS: &str = "10.0.1.0/24";
/// Third byte of the first instance's subnet; each instance has a /24 of its own.
const FIRST_SUBNET: usize = 16;
/// Azure keeps the first four addresses of a subnet (facts: Microsoft.Network).
const HOST: u8 = 5;

/// A managed instance to be housed.
pub struct Tenant<'a> {
    pub name: &'a str,
    /// Name it is dialled by.
    pub fqdn: &'a str,
    pub resource_group: &'a str,
    pub region: &'a str,
}

/// Name of the network of a region.
pub fn network_name(azure: &Azure, region: &str) -> String {
    if region.eq_ignore_ascii_case(&azure.region) { "vnet-lab".to_owned() } else { format!("vnet-lab-{region}") }
}

/// Id of the subnet of an instance.
pub fn subnet_id(azure: &Azure, tenant: &Tenant<'_>) -> String {
    let network = network_name(azure, tenant.region);
    format!("{}/subnets/{}", id(&azure.subscription, tenant.resource_group, "virtualNetworks", &network), tenant.name)
}

impl Networks {
    /// `servers`: addresses of SQL Servers.
    pub fn seed(azure: &Azure, tenants: &[Tenant<'_>], servers: &[&str]) -> Self {
        let mut inner = Inner::default();
        let sub = &azure.subscription;
        for (at, tenant) in tenants.iter().enumerate() {
            let network = network_name(azure, tenant.region);
            let place = key(tenant.resource_group, &network);
            let second = match inner.networks.get(&place) {
                Some(there) => there.properties.address_space.address_prefixes[0].split('.').nth(1).map(str::to_owned),
                None => Some(inner.networks.len().to_string()),
            };
            let second: u8 = second.and_then(|s| s.parse().ok()).unwrap_or_default();
            let third = u8::try_from(FIRST_SUBNET + at).unwrap_or(u8::MAX);
            let prefix = format!("10.{second}.{third}.0/24");
            let top = inner.networks.entry(place).or_insert_with(|| Top {
                name: network,
                resource_group: tenant.resource_group.to_owned(),
                location: tenant.region.to_owned(),
                tags: json!({}),
                properties: Network {
                    address_space: AddressSpace { address_prefixes: vec![format!("10.{second}.0.0/16")] },
                    ..Network::default()
                },
            });
            let group = format!("nsg-{}", tenant.name);
            let table = format!("rt-{}", tenant.name);
            let reference = |kind: &str, name: &str| Some(Reference { id: id(sub, tenant.resource_group, kind, name) });
            top.properties.subnets.push(Named {
                name: tenant.name.to_owned(),
                properties: Subnet {
                    address_prefix: Some(prefix.clone()),
                    network_security_group: reference("networkSecurityGroups", &group),
                    route_table: reference("routeTables", &table),
                    delegations: vec![json!({"name": "Microsoft.Sql.managedInstances", "properties": {
                        "serviceName": "Microsoft.Sql/managedInstances",
                        "actions": ["Microsoft.Network/virtualNetworks/subnets/join/action",
                            "Microsoft.Network/virtualNetworks/subnets/prepareNetworkPolicies/action",
                            "Microsoft.Network/virtualNetworks/subnets/unprepareNetworkPolicies/action"],
                        "provisioningState": "Succeeded"}})],
                    ..Subnet::default()
                },
            });
            inner.groups.insert(
                key(tenant.resource_group, &group),
                of_tenant(tenant, &group, Group { security_rules: rules(&prefix) }),
            );
            inner.tables.insert(
                key(tenant.resource_group, &table),
                of_tenant(tenant, &table, Table { disable_bgp_route_propagation: false, routes: routes(&prefix) }),
            );
            inner.hosts.insert(tenant.fqdn.to_ascii_lowercase(), Ipv4Addr::new(10, second, third, HOST));
            if let Some(node) = Node::of(tenant.fqdn) {
                inner.hosts.insert(node.host(), Ipv4Addr::new(10, second, third, HOST + 1));
            }
        }
        let is_here =
            |host: &&str| host.parse().is_ok_and(|ip: Ipv4Addr| Cidr::parse(SERVERS).is_some_and(|c| c.holds(ip)));
        if servers.iter().any(is_here) {
            let first =
                inner.networks.values_mut().find(|n| n.properties.address_space.address_prefixes[0] == "10.0.0.0/16");
            if let Some(first) = first {
                let subnet = Subnet { address_prefix: Some(SERVERS.to_owned()), ..Subnet::default() };
                first.properties.subnets.push(Named { name: "servers".to_owned(), properties: subnet });
            }
        }
        peer_all(&mut inner, sub);
        Self::new(sub, inner)
    }
}

fn of_tenant<T>(tenant: &Tenant<'_>, name: &str, properties: T) -> Top<T> {
    Top {
        name: name.to_owned(),
        resource_group: tenant.resource_group.to_owned(),
        location: tenant.region.to_owned(),
        tags: json!({}),
        properties,
    }
}

/// Every network with every other, as a failover group between regions needs it.
fn peer_all(inner: &mut Inner, subscription: &str) {
    let all: Vec<_> = inner.networks.iter().map(|(k, n)| (k.clone(), n.clone())).collect();
    for (place, network) in &mut inner.networks {
        for (_, other) in all.iter().filter(|(k, _)| k != place) {
            network.properties.virtual_network_peerings.push(Named {
                name: format!("to-{}", other.name),
                properties: Peering {
                    remote_virtual_network: Some(Reference {
                        id: id(subscription, &other.resource_group, "virtualNetworks", &other.name),
                    }),
                    peering_state: "Connected".to_owned(),
                    peering_sync_level: "FullyInSync".to_owned(),
                    allow_virtual_network_access: true,
                    remote_address_space: other.properties.address_space.clone(),
                    ..Peering::default()
                },
            });
        }
    }
}

/// Rules of a subnet (facts: arm-api 10; the names of the service's own begin so).
fn rules(subnet: &str) -> Vec<Named<Rule>> {
    let tag = subnet.replace(['.', '/'], "-");
    let rule = |name: String, direction: &str, priority: u32, protocol: &str, from: &str, to: &str, port: &str| {
        let access = if name.starts_with("deny") { "Deny" } else { "Allow" };
        Named {
            name,
            properties: Rule {
                protocol: protocol.to_owned(),
                source_port_range: Some("*".to_owned()),
                destination_port_range: Some(port.to_owned()),
                source_address_prefix: Some(from.to_owned()),
                destination_address_prefix: Some(to.to_owned()),
                access: access.to_owned(),
                priority,
                direction: direction.to_owned(),
                ..Rule::default()
            },
        }
    };
    let own = |what: &str| format!("Microsoft.Sql-managedInstances_UseOnly_mi-{what}-{tag}-v11");
    let (inbound, outbound, net) = ("Inbound", "Outbound", "VirtualNetwork");
    vec![
        rule(own("healthprobe-in"), inbound, 100, "*", "AzureLoadBalancer", subnet, "*"),
        rule(own("internal-in"), inbound, 101, "*", subnet, subnet, "*"),
        rule("allow_tds_inbound".to_owned(), inbound, 1000, "Tcp", net, subnet, "1433"),
        rule("allow_redirect_inbound".to_owned(), inbound, 1100, "Tcp", net, subnet, "11000-11999"),
        rule("allow_mirroring_inbound".to_owned(), inbound, 1200, "Tcp", net, subnet, "5022"),
        rule("deny_all_inbound".to_owned(), inbound, 4096, "*", "*", "*", "*"),
        rule(own("aad-out"), outbound, 101, "Tcp", subnet, "AzureActiveDirectory", "443"),
        rule(own("onedsc-out"), outbound, 102, "Tcp", subnet, "OneDsCollector", "443"),
        rule(own("internal-out"), outbound, 103, "*", subnet, subnet, "*"),
        rule(own("strg-p-out"), outbound, 104, "Tcp", subnet, "Storage", "443"),
        rule("allow_linkedserver_outbound".to_owned(), outbound, 1000, "Tcp", subnet, net, "1433"),
        rule("allow_redirect_outbound".to_owned(), outbound, 1100, "Tcp", subnet, net, "11000-11999"),
        rule("allow_mirroring_outbound".to_owned(), outbound, 1200, "Tcp", subnet, net, "5022"),
        rule("deny_all_outbound".to_owned(), outbound, 4096, "*", "*", "*", "*"),
    ]
}

fn routes(subnet: &str) -> Vec<Named<Route>> {
    let tag = subnet.replace(['.', '/'], "-");
    let route = |name: String, to: &str, hop: &str| Named {
        name,
        properties: Route { address_prefix: to.to_owned(), next_hop_type: hop.to_owned(), ..Route::default() },
    };
    let own = |what: &str| format!("Microsoft.Sql-managedInstances_UseOnly_mi-{what}");
    vec![
        route(own(&format!("{tag}-to-vnetlocal")), subnet, "VnetLocal"),
        route(own("AzureActiveDirectory"), "AzureActiveDirectory", "Internet"),
        route(own("OneDsCollector"), "OneDsCollector", "Internet"),
    ]
}
