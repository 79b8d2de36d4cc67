//! Databases of an instance; a linked one is among them (facts: arm-api 8).

use super::fields;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedDatabase {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: DatabaseProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DatabaseProperties {
    /// `Online`, `Restoring`, …: free text.
    pub status: Option<String>,
    pub collation: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub creation_date: Option<OffsetDateTime>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub earliest_restore_point: Option<OffsetDateTime>,
    pub failover_group_id: Option<String>,
}
