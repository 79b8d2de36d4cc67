//! Paths below `Microsoft.Network`.

pub const NETWORK_TYPE: &str = "Microsoft.Network/virtualNetworks";
pub const SUBNET_TYPE: &str = "Microsoft.Network/virtualNetworks/subnets";
pub const PEERING_TYPE: &str = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings";
pub const GROUP_TYPE: &str = "Microsoft.Network/networkSecurityGroups";
pub const RULE_TYPE: &str = "Microsoft.Network/networkSecurityGroups/securityRules";
pub const DEFAULT_RULE_TYPE: &str = "Microsoft.Network/networkSecurityGroups/defaultSecurityRules";
pub const TABLE_TYPE: &str = "Microsoft.Network/routeTables";
pub const ROUTE_TYPE: &str = "Microsoft.Network/routeTables/routes";

/// A list (no name) or one resource; names are as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkTarget {
    Network(Option<String>),
    Subnet(String, Option<String>),
    Peering(String, Option<String>),
    Group(Option<String>),
    Rule(String, Option<String>),
    DefaultRule(String, Option<String>),
    Table(Option<String>),
    Route(String, Option<String>),
}

/// The segments after `Microsoft.Network`.
pub fn parse(rest: &[String]) -> Option<NetworkTarget> {
    let word = |at: usize| rest.get(at).map(|s| s.to_ascii_lowercase());
    let name = |at: usize| rest.get(at).cloned();
    if rest.len() > 4 {
        return None;
    }
    let kind = word(0)?;
    let Some(child) = word(2) else {
        return Some(match kind.as_str() {
            "virtualnetworks" => NetworkTarget::Network(name(1)),
            "networksecuritygroups" => NetworkTarget::Group(name(1)),
            "routetables" => NetworkTarget::Table(name(1)),
            _ => return None,
        });
    };
    let parent = name(1)?;
    Some(match (kind.as_str(), child.as_str()) {
        ("virtualnetworks", "subnets") => NetworkTarget::Subnet(parent, name(3)),
        ("virtualnetworks", "virtualnetworkpeerings") => NetworkTarget::Peering(parent, name(3)),
        ("networksecuritygroups", "securityrules") => NetworkTarget::Rule(parent, name(3)),
        ("networksecuritygroups", "defaultsecurityrules") => NetworkTarget::DefaultRule(parent, name(3)),
        ("routetables", "routes") => NetworkTarget::Route(parent, name(3)),
        _ => return None,
    })
}

impl NetworkTarget {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Network(_) => NETWORK_TYPE,
            Self::Subnet(..) => SUBNET_TYPE,
            Self::Peering(..) => PEERING_TYPE,
            Self::Group(_) => GROUP_TYPE,
            Self::Rule(..) => RULE_TYPE,
            Self::DefaultRule(..) => DEFAULT_RULE_TYPE,
            Self::Table(_) => TABLE_TYPE,
            Self::Route(..) => ROUTE_TYPE,
        }
    }
}
