//! The resources' members as they travel (facts: arm-api 10). What a body holds beyond them is ignored.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

#[expect(clippy::ref_option, reason = "serde passes the field")]
fn none<T>(value: &Option<T>) -> bool {
    value.is_none()
}

/// A child resource.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Named<T> {
    #[serde(default)]
    pub(super) name: String,
    pub(super) properties: T,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    pub(super) id: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AddressSpace {
    pub(super) address_prefixes: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DhcpOptions {
    pub(super) dns_servers: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Network {
    pub(super) address_space: AddressSpace,
    #[serde(skip_serializing_if = "none")]
    pub(super) dhcp_options: Option<DhcpOptions>,
    pub(super) subnets: Vec<Named<Subnet>>,
    pub(super) virtual_network_peerings: Vec<Named<Peering>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Subnet {
    #[serde(skip_serializing_if = "none")]
    pub(super) address_prefix: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "none")]
    pub(super) network_security_group: Option<Reference>,
    #[serde(skip_serializing_if = "none")]
    pub(super) route_table: Option<Reference>,
    #[serde(skip_serializing_if = "none")]
    pub(super) nat_gateway: Option<Reference>,
    pub(super) service_endpoints: Vec<Value>,
    pub(super) delegations: Vec<Value>,
    #[serde(skip_serializing_if = "none")]
    pub(super) default_outbound_access: Option<bool>,
}

impl Subnet {
    pub(super) fn prefixes(&self) -> impl Iterator<Item = &str> {
        self.address_prefix.iter().chain(&self.address_prefixes).map(String::as_str)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Peering {
    #[serde(skip_serializing_if = "none")]
    pub(super) remote_virtual_network: Option<Reference>,
    /// Initiated, Connected, Disconnected: the service's word, whatever a body says.
    pub(super) peering_state: String,
    pub(super) peering_sync_level: String,
    pub(super) allow_virtual_network_access: bool,
    pub(super) allow_forwarded_traffic: bool,
    pub(super) allow_gateway_transit: bool,
    pub(super) use_remote_gateways: bool,
    pub(super) remote_address_space: AddressSpace,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) security_rules: Vec<Named<Rule>>,
}

/// Each member has a plural sibling; one of the two is filled.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rule {
    #[serde(skip_serializing_if = "none")]
    pub(super) description: Option<String>,
    /// Tcp, Udp, Icmp, Esp, Ah, *
    pub(super) protocol: String,
    #[serde(skip_serializing_if = "none")]
    pub(super) source_port_range: Option<String>,
    pub(super) source_port_ranges: Vec<String>,
    #[serde(skip_serializing_if = "none")]
    pub(super) destination_port_range: Option<String>,
    pub(super) destination_port_ranges: Vec<String>,
    #[serde(skip_serializing_if = "none")]
    pub(super) source_address_prefix: Option<String>,
    pub(super) source_address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "none")]
    pub(super) destination_address_prefix: Option<String>,
    pub(super) destination_address_prefixes: Vec<String>,
    /// Allow, Deny.
    pub(super) access: String,
    pub(super) priority: u32,
    /// Inbound, Outbound.
    pub(super) direction: String,
}

/// The filled one of two siblings.
pub(super) fn either<'a>(one: Option<&'a String>, many: &'a [String]) -> impl Iterator<Item = &'a str> {
    one.into_iter().chain(many).map(String::as_str).filter(|s| !s.is_empty())
}

impl Rule {
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        either(self.source_address_prefix.as_ref(), &self.source_address_prefixes)
    }
    pub(super) fn destinations(&self) -> impl Iterator<Item = &str> {
        either(self.destination_address_prefix.as_ref(), &self.destination_address_prefixes)
    }
    pub(super) fn source_ports(&self) -> impl Iterator<Item = &str> {
        either(self.source_port_range.as_ref(), &self.source_port_ranges)
    }
    pub(super) fn ports(&self) -> impl Iterator<Item = &str> {
        either(self.destination_port_range.as_ref(), &self.destination_port_ranges)
    }
    pub(super) fn is(&self, direction: &str) -> bool {
        self.direction.eq_ignore_ascii_case(direction)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Table {
    pub(super) disable_bgp_route_propagation: bool,
    pub(super) routes: Vec<Named<Route>>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Route {
    pub(super) address_prefix: String,
    /// VirtualNetworkGateway, VnetLocal, Internet, VirtualAppliance, None.
    pub(super) next_hop_type: String,
    #[serde(skip_serializing_if = "none")]
    pub(super) next_hop_ip_address: Option<String>,
    pub(super) has_bgp_override: bool,
}

/// The rules that every group ends with.
pub(super) fn default_rules() -> Vec<Named<Rule>> {
    let rule = |name: &str, direction: &str, priority: u32, from: &str, to: &str, access: &str| Named {
        name: name.to_owned(),
        properties: Rule {
            protocol: "*".to_owned(),
            source_port_range: Some("*".to_owned()),
            destination_port_range: Some("*".to_owned()),
            source_address_prefix: Some(from.to_owned()),
            destination_address_prefix: Some(to.to_owned()),
            access: access.to_owned(),
            priority,
            direction: direction.to_owned(),
            ..Rule::default()
        },
    };
    vec![
        rule("AllowVnetInBound", "Inbound", 65_000, "VirtualNetwork", "VirtualNetwork", "Allow"),
        rule("AllowAzureLoadBalancerInBound", "Inbound", 65_001, "AzureLoadBalancer", "*", "Allow"),
        rule("DenyAllInBound", "Inbound", 65_500, "*", "*", "Deny"),
        rule("AllowVnetOutBound", "Outbound", 65_000, "VirtualNetwork", "VirtualNetwork", "Allow"),
        rule("AllowInternetOutBound", "Outbound", 65_001, "*", "Internet", "Allow"),
        rule("DenyAllOutBound", "Outbound", 65_500, "*", "*", "Deny"),
    ]
}
