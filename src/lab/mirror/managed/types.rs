//! What goes in and out.

use crate::lab::world::hadr::Role;
use time::OffsetDateTime;
use uuid::Uuid;

/// What the PUT of a link says (facts: arm-api 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkSpec {
    /// Link name = name of the DAG.
    pub name: String,
    pub databases: Vec<String>,
    /// `tcp://host:port` of SQL Server.
    pub partner_endpoint: String,
    pub partner_availability_group: String,
    pub instance_availability_group: String,
    /// `Secondary` (default when empty) or `Primary`.
    pub instance_link_role: String,
    /// `None` or `Manual` (default when empty).
    pub failover_mode: String,
    /// `Automatic` (default when empty) or `Manual`.
    pub seeding_mode: String,
}

/// Failure of an operation, as ARM reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkError {
    /// ARM error code (facts: arm-api 3.4).
    pub code: String,
    pub message: String,
    /// HTTP status when it is refused at once; 0 when the operation failed later.
    pub status: u16,
}

impl LinkError {
    /// An error with an HTTP status.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status }
    }
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
impl std::error::Error for LinkError {}

/// Commit mode of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicationMode {
    Async,
    Sync,
}

/// Kinds of failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailoverType {
    Planned,
    ForcedAllowDataLoss,
}

/// `databases[]` of a link (facts: arm-api 3.1). LSNs are decimal strings; what is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkDatabaseView {
    pub database_name: String,
    pub instance_replica_id: Option<Uuid>,
    pub partner_replica_id: Option<Uuid>,
    pub replica_state: Option<String>,
    /// `"80%"`
    pub seeding_progress: Option<String>,
    pub synchronization_health: Option<String>,
    pub connected_state: Option<String>,
    pub last_received_lsn: Option<String>,
    pub last_received_time: Option<OffsetDateTime>,
    pub last_sent_lsn: Option<String>,
    pub last_sent_time: Option<OffsetDateTime>,
    pub last_commit_lsn: Option<String>,
    pub last_commit_time: Option<OffsetDateTime>,
    pub last_hardened_lsn: Option<String>,
    pub last_hardened_time: Option<OffsetDateTime>,
    pub last_backup_lsn: Option<String>,
    pub last_backup_time: Option<OffsetDateTime>,
    pub most_recent_link_error: Option<String>,
    /// Name and end of the partner's trust certificate.
    pub partner_auth_cert_validity: Option<(String, OffsetDateTime)>,
    pub instance_send_replication_lag_seconds: Option<i64>,
    pub instance_redo_replication_lag_seconds: Option<i64>,
}

/// A link as a GET shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkView {
    pub name: String,
    pub distributed_availability_group_id: Uuid,
    /// `Async`, `Sync`.
    pub replication_mode: String,
    /// Role of SQL Server now.
    pub partner_link_role: Role,
    pub partner_availability_group_name: String,
    pub partner_endpoint: String,
    /// Role of the managed instance now.
    pub instance_link_role: Role,
    pub instance_availability_group_name: String,
    pub failover_mode: String,
    pub seeding_mode: String,
    pub databases: Vec<LinkDatabaseView>,
}
