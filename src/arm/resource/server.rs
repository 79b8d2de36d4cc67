//! Logical servers of Azure SQL Database, and what is below them (facts: arm-api 7).

use super::instance::Sku;
use serde::Deserialize;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicalServer {
    pub id: Option<String>,
    pub name: Option<String>,
    pub location: Option<String>,
    #[serde(default)]
    pub properties: ServerProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerProperties {
    pub fully_qualified_domain_name: Option<String>,
    /// `Ready`: free text.
    pub state: Option<String>,
    pub minimal_tls_version: Option<String>,
    pub public_network_access: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerDatabase {
    pub id: Option<String>,
    pub name: Option<String>,
    pub sku: Option<Sku>,
    #[serde(default)]
    pub properties: ServerDatabaseProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerDatabaseProperties {
    /// `Online`, `Copying`, …: free text.
    pub status: Option<String>,
    pub elastic_pool_id: Option<String>,
    pub zone_redundant: Option<bool>,
    pub failover_group_id: Option<String>,
    /// Set on a secondary alone.
    pub secondary_type: Option<String>,
    pub max_size_bytes: Option<u64>,
    pub maintenance_configuration_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticPool {
    pub name: Option<String>,
    pub sku: Option<Sku>,
    #[serde(default)]
    pub properties: ElasticPoolProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ElasticPoolProperties {
    pub state: Option<String>,
    pub max_size_bytes: Option<u64>,
    pub maintenance_configuration_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationLink {
    pub id: Option<String>,
    #[serde(default)]
    pub properties: ReplicationLinkProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReplicationLinkProperties {
    pub partner_server: Option<String>,
    pub partner_database: Option<String>,
    /// `Primary`, `Secondary`, … of the side that was asked.
    pub role: Option<String>,
    /// `PENDING`, `SEEDING`, `CATCH_UP`, `SUSPENDED`.
    pub replication_state: Option<String>,
}

impl ReplicationLink {
    /// Name of the database that was asked about: it stands in the id.
    pub fn database(&self) -> Option<String> {
        let parts: Vec<&str> = self.id.as_deref()?.split('/').collect();
        let at = parts.iter().position(|p| p.eq_ignore_ascii_case("databases"))?;
        parts.get(at + 1).map(|name| (*name).to_owned())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRule {
    pub name: Option<String>,
}
