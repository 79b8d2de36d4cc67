//! `Microsoft.Network`, as far as a link goes through it (facts: arm-api 10).

use serde::Deserialize;
use serde::Serialize;

/// A resource below another, or with a group of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resource<T> {
    pub id: Option<String>,
    pub name: Option<String>,
    pub location: Option<String>,
    pub properties: T,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    pub id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AddressSpace {
    pub address_prefixes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NetworkProperties {
    pub address_space: AddressSpace,
    pub subnets: Vec<Resource<SubnetProperties>>,
    pub virtual_network_peerings: Vec<Resource<PeeringProperties>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SubnetProperties {
    pub address_prefix: Option<String>,
    /// Instead of the one above.
    pub address_prefixes: Vec<String>,
    pub network_security_group: Option<Reference>,
    pub route_table: Option<Reference>,
}

impl SubnetProperties {
    pub fn prefixes(&self) -> Vec<String> {
        if self.address_prefixes.is_empty() {
            return self.address_prefix.iter().cloned().collect();
        }
        self.address_prefixes.clone()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PeeringProperties {
    pub remote_virtual_network: Option<Reference>,
    /// `Initiated`, `Connected`, `Disconnected`.
    pub peering_state: Option<String>,
    pub allow_virtual_network_access: Option<bool>,
    pub use_remote_gateways: Option<bool>,
    pub remote_address_space: Option<AddressSpace>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GroupProperties {
    pub security_rules: Vec<Resource<RuleProperties>>,
    pub default_security_rules: Vec<Resource<RuleProperties>>,
}

/// Every singular member has a plural sibling, and one of the two is filled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RuleProperties {
    /// `Tcp`, `Udp`, `Icmp`, `Esp`, `Ah`, `*`.
    pub protocol: Option<String>,
    /// `Allow`, `Deny`.
    pub access: Option<String>,
    /// `Inbound`, `Outbound`.
    pub direction: Option<String>,
    pub priority: Option<u32>,
    pub source_address_prefix: Option<String>,
    pub source_address_prefixes: Vec<String>,
    pub source_port_range: Option<String>,
    pub source_port_ranges: Vec<String>,
    pub destination_address_prefix: Option<String>,
    pub destination_address_prefixes: Vec<String>,
    pub destination_port_range: Option<String>,
    pub destination_port_ranges: Vec<String>,
    pub source_application_security_groups: Vec<Reference>,
    pub destination_application_security_groups: Vec<Reference>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TableProperties {
    pub routes: Vec<Resource<RouteProperties>>,
    pub disable_bgp_route_propagation: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RouteProperties {
    pub address_prefix: Option<String>,
    /// `VirtualNetworkGateway`, `VnetLocal`, `Internet`, `VirtualAppliance`, `None`.
    pub next_hop_type: Option<String>,
    pub next_hop_ip_address: Option<String>,
}

pub type VirtualNetwork = Resource<NetworkProperties>;
pub type SecurityGroup = Resource<GroupProperties>;
pub type RouteTable = Resource<TableProperties>;
