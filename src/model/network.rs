//! The network that a managed instance stands in, as Azure states it.

use super::fact::Fact;
use serde::Serialize;
use serde_json::Value;

/// Subnet, rules and routes of one managed instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkFacts {
    /// Virtual network, and its resource group.
    pub network: String,
    pub resource_group: String,
    /// Address ranges of the whole network.
    pub spaces: Vec<String>,
    pub peers: Vec<Peer>,
    /// It has a gateway of its own, or uses that of a peer: private addresses beyond come through it.
    pub has_gateway: bool,
    pub subnet: String,
    /// Address ranges of the subnet; the instance may move within.
    pub prefixes: Vec<String>,
    /// `None` inside: the subnet has none.
    pub group: Fact<Option<SecurityGroup>>,
    pub table: Fact<Option<RouteTable>>,
}

/// A peering with another network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peer {
    pub name: String,
    /// `Connected`; anything else carries nothing.
    pub state: String,
    pub spaces: Vec<String>,
    pub is_allowed: bool,
}

impl Peer {
    pub fn carries(&self) -> bool {
        self.is_allowed && self.state.eq_ignore_ascii_case("Connected")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecurityGroup {
    pub name: String,
    pub resource_group: String,
    /// Own and default ones, lowest priority number first: it decides.
    pub rules: Vec<SecurityRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecurityRule {
    pub name: String,
    pub priority: u32,
    pub is_inbound: bool,
    pub allows: bool,
    /// `Tcp`, `*`, …
    pub protocol: String,
    pub sources: Vec<String>,
    pub source_ports: Vec<String>,
    pub destinations: Vec<String>,
    pub ports: Vec<String>,
    /// It names application security groups: who is in them is not told here.
    pub has_unseen_members: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteTable {
    pub name: String,
    pub resource_group: String,
    pub routes: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    pub name: String,
    pub prefix: String,
    /// `VirtualNetworkGateway`, `VnetLocal`, `Internet`, `VirtualAppliance`, `None`.
    pub hop: String,
    pub address: Option<String>,
}

/// Where one member of a failover group stands.
#[derive(Debug, Clone)]
pub struct MemberNetwork {
    /// Id of its virtual network.
    pub network: String,
    /// Id of its subnet.
    pub subnet: String,
    /// Id of the subnet's security group; `None`: it has none.
    pub group: Option<String>,
    /// Id of the subnet's route table; `None`: it has none.
    pub table: Option<String>,
    pub facts: NetworkFacts,
    /// `properties` of the network as Azure shows them.
    pub network_properties: Value,
    /// `properties` of the subnet as Azure shows them.
    pub subnet_properties: Value,
    /// Peerings of the network as Azure shows them.
    pub peerings: Vec<Value>,
}

/// How the subnets of two members reach each other, as the estate file declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// Global peering of both networks.
    #[default]
    Peering,
    ExpressRoute,
    Vpn,
}

impl Path {
    pub fn word(self) -> &'static str {
        match self {
            Self::Peering => "peering",
            Self::ExpressRoute => "expressroute",
            Self::Vpn => "vpn",
        }
    }
}

/// The name at the end of a resource id.
pub fn id_tail(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

/// The segment after a word of a resource id, any letter case: the group after `resourceGroups`.
pub fn id_after<'a>(id: &'a str, word: &str) -> Option<&'a str> {
    let mut parts = id.split('/');
    parts.find(|p| p.eq_ignore_ascii_case(word))?;
    parts.next()
}
