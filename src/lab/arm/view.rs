//! The resources as ARM shows them. Member names are the wire's; what is `None` is left out.

use super::provider::Named;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

/// `2024-10-30T15:05:22.123Z` (facts: arm-api 1).
pub fn stamp(time: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.to_offset(time::UtcOffset::UTC).format(&form).unwrap_or_default()
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
fn stamp_some<S: serde::Serializer>(time: &Option<OffsetDateTime>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.map(stamp).unwrap_or_default())
}

#[expect(clippy::ref_option, reason = "serde passes the field")]
fn none<T>(value: &Option<T>) -> bool {
    value.is_none()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionView {
    pub subscription_id: String,
    pub tenant_id: String,
    pub display_name: String,
    /// `Enabled`, `Disabled`, `Warned` …
    pub state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// `GP_Gen5`, `GP_G8IM`, `BC_Gen5` …
    pub name: String,
    #[serde(skip_serializing_if = "none")]
    pub tier: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub capacity: Option<u32>,
}

/// A failover group as seen from one of its two addresses (facts: arm-api 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailoverGroupView {
    pub address: super::provider::GroupAddress,
    /// The member at this address is the primary.
    pub is_primary: bool,
    pub replication_state: String,
    pub partner_location: String,
    /// Both members.
    pub primary: Named,
    pub secondary: Named,
    pub automatic: bool,
    pub grace_minutes: Option<u32>,
    pub read_only_failover: bool,
    pub standby: bool,
}

/// A managed instance (facts: arm-api 2).
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceView {
    /// Short name: first label of the FQDN.
    pub name: String,
    pub subscription: String,
    pub resource_group: String,
    /// `westeurope`
    pub location: String,
    pub tags: std::collections::BTreeMap<String, String>,
    pub sku: Sku,
    /// Object id of the system-assigned identity.
    pub principal_id: Option<String>,
    pub properties: InstanceProperties,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceProperties {
    pub provisioning_state: String,
    pub state: String,
    pub fully_qualified_domain_name: String,
    pub dns_zone: String,
    #[serde(skip_serializing_if = "none")]
    pub administrator_login: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub subnet_id: Option<String>,
    pub license_type: String,
    #[serde(skip_serializing_if = "none")]
    pub hybrid_secondary_usage: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub hybrid_secondary_usage_detected: Option<String>,
    pub v_cores: u32,
    #[serde(rename = "storageSizeInGB")]
    pub storage_size_in_gb: u32,
    #[serde(rename = "storageIOps", skip_serializing_if = "none")]
    pub storage_iops: Option<u32>,
    #[serde(rename = "memorySizeInGB", skip_serializing_if = "none")]
    pub memory_size_in_gb: Option<u32>,
    #[serde(rename = "isGeneralPurposeV2", skip_serializing_if = "none")]
    pub is_general_purpose_v2: Option<bool>,
    pub collation: String,
    pub timezone_id: String,
    pub public_data_endpoint_enabled: bool,
    pub proxy_override: String,
    #[serde(skip_serializing_if = "none")]
    pub virtual_cluster_id: Option<String>,
    pub private_endpoint_connections: Vec<Value>,
    pub minimal_tls_version: String,
    pub current_backup_storage_redundancy: String,
    pub requested_backup_storage_redundancy: String,
    pub zone_redundant: bool,
    #[serde(skip_serializing_if = "none")]
    pub administrators: Option<Value>,
    #[serde(skip_serializing_if = "none")]
    pub external_governance_status: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub pricing_model: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub create_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub authentication_metadata: Option<String>,
    /// The update policy: AlwaysUpToDate, SQLServer2022, SQLServer2025.
    #[serde(skip_serializing_if = "none")]
    pub database_format: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub requested_logical_availability_zone: Option<String>,
}

/// A link: `distributedAvailabilityGroups` (facts: arm-api 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    pub name: String,
    pub properties: LinkProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkProperties {
    pub distributed_availability_group_name: String,
    pub distributed_availability_group_id: String,
    /// Async, Sync.
    pub replication_mode: String,
    /// Role of the SQL Server side: Primary, Secondary.
    #[serde(skip_serializing_if = "none")]
    pub partner_link_role: Option<String>,
    pub partner_availability_group_name: String,
    pub partner_endpoint: String,
    #[serde(skip_serializing_if = "none")]
    pub instance_link_role: Option<String>,
    pub instance_availability_group_name: String,
    /// None, Manual.
    pub failover_mode: String,
    /// Automatic, Manual.
    pub seeding_mode: String,
    /// SingleDatabase, MultiDatabase; shown from 2025-08-01-preview on.
    #[serde(skip_serializing_if = "none")]
    pub link_mode: Option<String>,
    pub databases: Vec<LinkDatabase>,
}

/// One database of a link. LSNs are decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkDatabase {
    pub database_name: String,
    #[serde(skip_serializing_if = "none")]
    pub instance_replica_id: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub partner_replica_id: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub replica_state: Option<String>,
    /// `80%`
    #[serde(skip_serializing_if = "none")]
    pub seeding_progress: Option<String>,
    /// NOT_HEALTHY, PARTIALLY_HEALTHY, HEALTHY.
    #[serde(skip_serializing_if = "none")]
    pub synchronization_health: Option<String>,
    /// DISCONNECTED, CONNECTED.
    #[serde(skip_serializing_if = "none")]
    pub connected_state: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub last_received_lsn: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub last_received_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub last_sent_lsn: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub last_sent_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub last_commit_lsn: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub last_commit_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub last_hardened_lsn: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub last_hardened_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub last_backup_lsn: Option<String>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub last_backup_time: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub most_recent_link_error: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub partner_auth_cert_validity: Option<CertificateValidity>,
    #[serde(skip_serializing_if = "none")]
    pub instance_send_replication_lag_seconds: Option<i64>,
    #[serde(skip_serializing_if = "none")]
    pub instance_redo_replication_lag_seconds: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateValidity {
    pub certificate_name: String,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub expiry_date: Option<OffsetDateTime>,
}

/// The instance's own certificate (facts: arm-api 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointCertificateView {
    pub der: Vec<u8>,
    /// Subject and DER of each root that SQL Server must trust; shown from 2025-08-01-preview on.
    pub trusted_roots: Vec<(String, Vec<u8>)>,
}

/// `DATABASE_MIRRORING` is the one a link needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointType {
    DatabaseMirroring,
    ServiceBroker,
}

/// SQL Server's certificate, given to the instance (facts: arm-api 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustCertificateView {
    pub name: String,
    pub der: Vec<u8>,
    /// SHA-1 of the DER, hex.
    pub thumbprint: String,
}

/// A database of an instance (facts: arm-api 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseView {
    pub name: String,
    pub properties: DatabaseProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseProperties {
    /// Online, Restoring, Creating, Inaccessible …
    pub status: String,
    pub collation: String,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub creation_date: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none", serialize_with = "stamp_some")]
    pub earliest_restore_point: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "none")]
    pub default_secondary_location: Option<String>,
    #[serde(skip_serializing_if = "none")]
    pub is_ledger_on: Option<bool>,
}

/// A scaling-type operation of an instance (facts: arm-api 8).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceOperationView {
    #[serde(skip)]
    pub id: String,
    pub managed_instance_name: String,
    pub operation: String,
    pub operation_friendly_name: String,
    pub percent_complete: u8,
    #[serde(serialize_with = "stamp_some")]
    pub start_time: Option<OffsetDateTime>,
    /// Pending, InProgress, Succeeded, Failed, CancelInProgress, Cancelled.
    pub state: String,
    #[serde(skip_serializing_if = "none")]
    pub error_description: Option<String>,
    pub is_cancellable: bool,
}
