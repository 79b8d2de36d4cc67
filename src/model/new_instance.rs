//! A managed instance that is to be made, and the subnet it is to stand in.

use super::ids::ResourceGroup;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// What is sent; frozen when the plan is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInstance {
    pub resource_group: ResourceGroup,
    pub name: String,
    /// Full resource id that it will have.
    pub id: String,
    /// The whole body of the PUT; in the place of the administrator's password stands [`PASSWORD_STANDS_FOR`].
    pub body: Value,
    /// Zone of the primary: what the new one must have, too.
    pub dns_zone: Option<String>,
    pub subnet: String,
}

/// What is shown and written down instead of a password.
pub const PASSWORD_STANDS_FOR: &str = "<password of the target>";

/// The subnet, as Azure tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubnetFacts {
    pub id: String,
    pub prefixes: Vec<String>,
    /// Names of services it is delegated to.
    pub delegations: Vec<String>,
    /// Ids.
    pub group: Option<String>,
    pub table: Option<String>,
    /// What stands in it and is no managed instance.
    pub others: Vec<String>,
    /// Managed instances in it: name and DNS zone.
    pub instances: Vec<(String, Option<String>)>,
    /// What managed instances do not stand: a NAT gateway, no way out.
    pub unsupported: Vec<String>,
    /// Region of its network.
    pub location: Option<String>,
}
