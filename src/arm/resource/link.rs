//! The link: `distributedAvailabilityGroups` (facts: arm-api 3.1).

use super::fields;
use crate::model::group::Connected;
use crate::model::group::SyncHealth;
use crate::model::lsn::Lsn;
use crate::open_enum;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

open_enum! {
    LinkRole { Primary = "Primary", Secondary = "Secondary" }
}
open_enum! {
    LinkFailoverMode { None = "None", Manual = "Manual" }
}
open_enum! {
    LinkReplicationMode { Async = "Async", Sync = "Sync" }
}
open_enum! {
    LinkMode { SingleDatabase = "SingleDatabase", MultiDatabase = "MultiDatabase" }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkResource {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: LinkProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LinkProperties {
    pub distributed_availability_group_name: Option<String>,
    pub distributed_availability_group_id: Option<String>,
    pub replication_mode: Option<LinkReplicationMode>,
    /// Role of the SQL Server side.
    pub partner_link_role: Option<LinkRole>,
    pub partner_availability_group_name: Option<String>,
    pub partner_endpoint: Option<String>,
    pub instance_link_role: Option<LinkRole>,
    pub instance_availability_group_name: Option<String>,
    pub failover_mode: Option<LinkFailoverMode>,
    pub seeding_mode: Option<String>,
    pub link_mode: Option<LinkMode>,
    pub databases: Vec<LinkDatabase>,
}

/// State of one database of a link. Just after creation only the name is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LinkDatabase {
    pub database_name: Option<String>,
    pub instance_replica_id: Option<String>,
    pub partner_replica_id: Option<String>,
    /// Free text; a name with `Error` in it says that the operation before failed (facts: mi-link 7.4).
    pub replica_state: Option<String>,
    /// `80%`.
    pub seeding_progress: Option<String>,
    pub synchronization_health: Option<SyncHealth>,
    pub connected_state: Option<Connected>,
    pub last_received_lsn: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub last_received_time: Option<OffsetDateTime>,
    pub last_sent_lsn: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub last_sent_time: Option<OffsetDateTime>,
    pub last_commit_lsn: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub last_commit_time: Option<OffsetDateTime>,
    pub last_hardened_lsn: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub last_hardened_time: Option<OffsetDateTime>,
    pub last_backup_lsn: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub last_backup_time: Option<OffsetDateTime>,
    /// May be a bare number such as `41976`.
    pub most_recent_link_error: Option<String>,
    pub partner_auth_cert_validity: Option<CertificateValidity>,
    pub instance_send_replication_lag_seconds: Option<i64>,
    pub instance_redo_replication_lag_seconds: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CertificateValidity {
    pub certificate_name: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub expiry_date: Option<OffsetDateTime>,
}

impl LinkDatabase {
    /// 0 to 100.
    pub fn seeding_percent(&self) -> Option<f64> {
        self.seeding_progress.as_deref()?.trim().trim_end_matches('%').trim().parse().ok()
    }
    pub fn hardened(&self) -> Option<Lsn> {
        self.last_hardened_lsn.as_deref().and_then(Lsn::parse)
    }
    pub fn received(&self) -> Option<Lsn> {
        self.last_received_lsn.as_deref().and_then(Lsn::parse)
    }
    pub fn sent(&self) -> Option<Lsn> {
        self.last_sent_lsn.as_deref().and_then(Lsn::parse)
    }
    pub fn committed(&self) -> Option<Lsn> {
        self.last_commit_lsn.as_deref().and_then(Lsn::parse)
    }
    pub fn has_failed(&self) -> bool {
        self.replica_state.as_deref().is_some_and(|s| s.to_ascii_lowercase().contains("error"))
    }
    /// The engine's message number in `mostRecentLinkError`, if it is one.
    pub fn error_number(&self) -> Option<i32> {
        self.most_recent_link_error.as_deref()?.trim().parse().ok()
    }
}

impl LinkResource {
    /// Names compare without case.
    pub fn database(&self, name: &str) -> Option<&LinkDatabase> {
        self.properties
            .databases
            .iter()
            .find(|d| d.database_name.as_deref().is_some_and(|n| n.to_lowercase() == name.to_lowercase()))
    }
}
