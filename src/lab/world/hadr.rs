//! State of the availability layer of an instance: endpoint, groups, replicas, seeding. (Skeleton of the contract; owner: mirror.)

use super::lsn::Lsn;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    Resolving = 0,
    Primary = 1,
    Secondary = 2,
}

/// Database mirroring endpoint.
#[derive(Debug, Clone)]
pub struct MirroringEndpoint {
    pub name: String,
    pub endpoint_id: i32,
    pub principal_id: i32,
    /// 0 STARTED, 1 STOPPED, 2 DISABLED
    pub state: u8,
    pub port: u16,
    pub listener_ip: Option<String>,
    /// 0 none, 1 partner, 2 witness, 3 all
    pub role: u8,
    /// Values of sys.database_mirroring_endpoints.connection_auth (4 CERTIFICATE, 7 NEGOTIATE, CERTIFICATE, …).
    pub connection_auth: u8,
    /// Certificate in master, by id; 0 for Windows only.
    pub certificate_id: i32,
    /// 0..8
    pub encryption_algorithm: u8,
}

/// A replica of an AG; in a DAG, one of the two AGs.
#[derive(Debug, Clone)]
pub struct Replica {
    pub replica_id: Uuid,
    /// Server name; in a DAG the AG's name.
    pub name: String,
    pub endpoint_url: String,
    pub availability_mode: u8,
    pub failover_mode: u8,
    pub seeding_mode: u8,
    pub session_timeout_s: i32,
    pub backup_priority: i32,
    pub primary_allow: u8,
    pub secondary_allow: u8,
    pub create_date: OffsetDateTime,
    pub modify_date: OffsetDateTime,
    // what this instance knows of it at run time
    pub role: Role,
    pub connected: bool,
    pub last_connect_error: Option<(i32, String, OffsetDateTime)>,
}

/// What this instance knows of one database of one replica (own row, or a remote one on the primary).
#[derive(Debug, Clone)]
pub struct Progress {
    pub database: String,
    pub group_database_id: Uuid,
    pub replica_id: Uuid,
    /// 0 NOT SYNCHRONIZING … 4 INITIALIZING
    pub sync_state: u8,
    pub suspended: Option<u8>,
    pub last_sent: Option<(Lsn, OffsetDateTime)>,
    pub last_received: Option<(Lsn, OffsetDateTime)>,
    pub last_hardened: Option<(Lsn, OffsetDateTime)>,
    pub last_redone: Option<(Lsn, OffsetDateTime)>,
    pub last_commit: Option<(Lsn, OffsetDateTime)>,
    pub end_of_log: Option<Lsn>,
    pub send_queue_bytes: i64,
    pub send_rate_bytes: i64,
    pub redo_queue_bytes: i64,
    pub redo_rate_bytes: i64,
    pub lag_s: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub group_id: Uuid,
    pub distributed: bool,
    pub basic: bool,
    pub contained: bool,
    /// 0 WSFC, 1 EXTERNAL, 2 NONE
    pub cluster_type: u8,
    pub required_sync: i32,
    pub automated_backup_preference: u8,
    pub failure_condition_level: i32,
    pub health_check_timeout_ms: i32,
    pub db_failover: bool,
    pub dtc_support: bool,
    /// Role of this instance (of its local AG, for a DAG).
    pub role: Role,
    pub replicas: Vec<Replica>,
    /// Local AG only: databases by name.
    pub databases: Vec<String>,
    pub create_any_database: bool,
    pub progress: Vec<Progress>,
}

/// A row pair of dm_hadr_automatic_seeding / dm_hadr_physical_seeding_stats.
#[derive(Debug, Clone)]
pub struct Seeding {
    pub operation_id: Uuid,
    pub ag_id: Uuid,
    pub ag_db_id: Uuid,
    pub remote_replica_id: Uuid,
    pub database: String,
    pub remote_machine: String,
    pub is_source: bool,
    pub current_state: String,
    pub performed: bool,
    pub failure_state: Option<i32>,
    pub error_code: Option<i32>,
    pub attempts: i32,
    pub start: OffsetDateTime,
    pub end: Option<OffsetDateTime>,
    pub transferred: i64,
    pub size: i64,
    pub rate: i64,
    pub internal_state: String,
    pub failure_code: i32,
    pub failure_message: Option<String>,
}

/// Managed-instance side of a link, as ARM sees it.
#[derive(Debug, Clone)]
pub struct ManagedLink {
    /// Link = DAG name.
    pub name: String,
    pub databases: Vec<String>,
    pub partner_endpoint: String,
    pub partner_ag: String,
    pub instance_ag: String,
    /// "Primary" or "Secondary" as asked at creation.
    pub instance_role: String,
    pub failover_mode: String,
    pub seeding_mode: String,
    pub replication_mode: String,
    /// `CreatingLink`, `LinkInitError`, `LinkCreationError`, `LinkSynchronizing`, `LinkFailoverInProgress`.
    pub replica_state: String,
    pub most_recent_error: Option<String>,
}

#[derive(Default)]
pub struct HadrState {
    pub endpoint: Option<MirroringEndpoint>,
    /// By lower-case name: local AGs and DAGs.
    pub groups: BTreeMap<String, Group>,
    pub seedings: Vec<Seeding>,
    /// Managed instance only, by lower-case name.
    pub links: BTreeMap<String, ManagedLink>,
    pub connections: Vec<MirroringConnection>,
}

/// A row of sys.dm_db_mirroring_connections.
#[derive(Debug, Clone)]
pub struct MirroringConnection {
    pub connection_id: Uuid,
    pub login_state: String,
    pub peer: String,
    pub connect_time: OffsetDateTime,
    pub encrypted: bool,
    pub bytes_sent: i64,
    pub bytes_received: i64,
    pub is_accept: bool,
}
