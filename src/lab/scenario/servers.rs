//! Logical servers of Azure SQL Database, as a scenario tells of them.

use serde::Deserialize;
use serde::Serialize;

/// A logical server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogicalServer {
    pub id: String,
    /// First label of the FQDN; unique in the world.
    pub name: String,
    /// Its own region and resource group, if not those of `[azure]`.
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub resource_group: Option<String>,
    /// The region has availability zones: zone-redundant databases can be made there.
    #[serde(default = "yes")]
    pub zones: bool,
    /// Names of rules that let virtual networks in.
    #[serde(default)]
    pub virtual_network_rules: Vec<String>,
    #[serde(default, rename = "pool")]
    pub pools: Vec<ElasticPool>,
}

impl LogicalServer {
    /// `<name>.database.windows.net`: no DNS zone of its own.
    pub fn fqdn(&self) -> String {
        format!("{}.database.windows.net", self.name)
    }
}

/// An elastic pool of a logical server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticPool {
    pub name: String,
    /// GeneralPurpose, BusinessCritical, Hyperscale, Standard, Premium.
    pub tier: String,
    /// vCores, or DTU where the tier counts in those.
    pub capacity: u32,
    pub size_gb: u32,
}

/// What a database of a logical server is bought as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevel {
    pub tier: String,
    pub capacity: u32,
    /// Name of an elastic pool of its server.
    #[serde(default)]
    pub pool: Option<String>,
    #[serde(default)]
    pub zone_redundant: bool,
}

impl Default for ServiceLevel {
    fn default() -> Self {
        Self { tier: "GeneralPurpose".to_owned(), capacity: 2, pool: None, zone_redundant: false }
    }
}

/// ARM's name of hardware and tier.
pub fn sku_name(tier: &str, pooled: bool) -> String {
    match tier {
        _ if pooled => "ElasticPool".to_owned(),
        "GeneralPurpose" => "GP_Gen5".to_owned(),
        "BusinessCritical" => "BC_Gen5".to_owned(),
        "Hyperscale" => "HS_Gen5".to_owned(),
        other => other.to_owned(),
    }
}

fn yes() -> bool {
    true
}
