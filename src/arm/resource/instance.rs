//! A managed instance and its operations.

use super::fields;
use crate::open_enum;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

open_enum! {
    /// The update policy.
    DatabaseFormat {
        AlwaysUpToDate = "AlwaysUpToDate",
        SqlServer2022 = "SQLServer2022",
        SqlServer2025 = "SQLServer2025",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedInstance {
    pub id: Option<String>,
    pub name: Option<String>,
    pub location: Option<String>,
    pub sku: Option<Sku>,
    #[serde(default)]
    pub properties: InstanceProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sku {
    /// `GP_Gen5`, `BC_Gen5`, …
    pub name: Option<String>,
    /// `GeneralPurpose`, `BusinessCritical`.
    pub tier: Option<String>,
    pub family: Option<String>,
    pub capacity: Option<i64>,
}

/// What a link cares about (facts: arm-api 2).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InstanceProperties {
    pub provisioning_state: Option<String>,
    /// `Ready`, `Stopped`, …: free text.
    pub state: Option<String>,
    pub fully_qualified_domain_name: Option<String>,
    pub dns_zone: Option<String>,
    pub subnet_id: Option<String>,
    #[serde(rename = "vCores")]
    pub v_cores: Option<i64>,
    #[serde(rename = "storageSizeInGB")]
    pub storage_size_in_gb: Option<i64>,
    #[serde(rename = "memorySizeInGB")]
    pub memory_size_in_gb: Option<f64>,
    #[serde(rename = "isGeneralPurposeV2")]
    pub is_general_purpose_v2: Option<bool>,
    pub collation: Option<String>,
    pub timezone_id: Option<String>,
    pub public_data_endpoint_enabled: Option<bool>,
    pub minimal_tls_version: Option<String>,
    pub zone_redundant: Option<bool>,
    pub hybrid_secondary_usage: Option<String>,
    pub license_type: Option<String>,
    pub key_id: Option<String>,
    /// The update policy. Absence is not a policy.
    pub database_format: Option<DatabaseFormat>,
    pub maintenance_configuration_id: Option<String>,
    pub instance_pool_id: Option<String>,
    pub pricing_model: Option<String>,
    pub current_backup_storage_redundancy: Option<String>,
    /// How sessions are handed on: `Proxy`, `Redirect`, `Default`.
    pub proxy_override: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub create_time: Option<OffsetDateTime>,
    /// Only where it was asked for.
    pub administrators: Option<Administrator>,
}

/// Who is Entra administrator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Administrator {
    pub login: Option<String>,
    /// Object id in Entra.
    pub sid: Option<String>,
}

/// The key over the keys of encrypted databases (facts: failover-groups P19).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Protector {
    pub properties: ProtectorProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ProtectorProperties {
    /// `ServiceManaged`, `AzureKeyVault`.
    pub server_key_type: Option<String>,
    pub server_key_name: Option<String>,
    /// Of the customer's key.
    pub uri: Option<String>,
    /// A new version of the key is taken by itself.
    pub auto_rotation_enabled: Option<bool>,
}

/// A key that an instance knows (facts: failover-groups P19).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerKey {
    pub name: Option<String>,
    pub properties: ProtectorProperties,
}

/// An operation on an instance (facts: arm-api 8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceOperation {
    pub name: Option<String>,
    #[serde(default)]
    pub properties: OperationProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OperationProperties {
    pub operation: Option<String>,
    pub operation_friendly_name: Option<String>,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `CancelInProgress`, `Cancelled`.
    pub state: Option<String>,
    pub percent_complete: Option<f64>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub start_time: Option<OffsetDateTime>,
    pub is_cancellable: Option<bool>,
}

impl InstanceOperation {
    pub fn is_running(&self) -> bool {
        self.properties
            .state
            .as_deref()
            .is_some_and(|s| ["Pending", "InProgress", "CancelInProgress"].iter().any(|w| s.eq_ignore_ascii_case(w)))
    }
}
