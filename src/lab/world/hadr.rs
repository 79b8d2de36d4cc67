//! State of the availability layer of an instance: endpoint, groups, replicas, seeding.

use super::lsn::Lsn;
use crate::lab::mirror::pki::Identity;
use crate::lab::mirror::wire::Fork;
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    Resolving = 0,
    Primary = 1,
    Secondary = 2,
}

impl Role {
    /// From the value of `role`.
    pub fn from_value(value: u8) -> Self {
        match value {
            1 => Self::Primary,
            2 => Self::Secondary,
            _ => Self::Resolving,
        }
    }
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
    /// Values of `sys.database_mirroring_endpoints.connection_auth` (4 CERTIFICATE, 7 NEGOTIATE, CERTIFICATE, …).
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
    pub read_only_routing_url: Option<String>,
    pub read_write_routing_url: Option<String>,
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
    /// The replica has a whole copy: log is held for it until it has hardened it.
    pub seeded: bool,
}

impl Progress {
    /// A replica nothing is known of yet.
    pub fn unknown(database: &str, group_database_id: Uuid, replica_id: Uuid) -> Self {
        Self {
            database: database.to_owned(),
            group_database_id,
            replica_id,
            sync_state: 0,
            suspended: None,
            last_sent: None,
            last_received: None,
            last_hardened: None,
            last_redone: None,
            last_commit: None,
            end_of_log: None,
            send_queue_bytes: 0,
            send_rate_bytes: 0,
            redo_queue_bytes: 0,
            redo_rate_bytes: 0,
            lag_s: None,
            seeded: false,
        }
    }
}

/// Where a planned failover of a DAG stands, on its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failover {
    /// Synchronous for the time being, until nothing is outstanding.
    CatchingUp,
    /// Sessions are out; the partner becomes primary when it has redone these positions.
    Switching { positions: Vec<(String, Lsn)> },
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
    /// Ids of the databases in this group, by lower-case name.
    pub database_ids: BTreeMap<String, Uuid>,
    /// Grows with every change of the configuration.
    pub sequence_number: i64,
    /// Planned failover of a DAG that runs now.
    pub failover: Option<Failover>,
    /// Of the newest connection: an older one may change nothing any more.
    pub generation: u64,
    /// Effective commit mode, as the primary tells a secondary.
    pub synchronous: bool,
    /// Primary as far as a secondary knows.
    pub primary: Option<String>,
    /// Databases whose movement is suspended here, by lower-case name, with `suspend_reason`.
    pub suspended: BTreeMap<String, u8>,
    /// Id of the group as a securable (class 108) and of its local replica's metadata.
    pub metadata_id: i32,
}

impl Group {
    /// The replica that is this instance (or its local AG).
    pub fn own(&self, local: &str) -> Option<&Replica> {
        self.replicas.iter().find(|r| r.name.eq_ignore_ascii_case(local))
    }
    /// Replica by name.
    pub fn replica_mut(&mut self, name: &str) -> Option<&mut Replica> {
        self.replicas.iter_mut().find(|r| r.name.eq_ignore_ascii_case(name))
    }
    /// Replica by id.
    pub fn replica_by_id(&mut self, id: Uuid) -> Option<&mut Replica> {
        self.replicas.iter_mut().find(|r| r.replica_id == id)
    }
    /// A DAG one of whose participants is a managed instance (facts: sql-server-hadr b, "How a DAG looks").
    pub fn is_link(&self) -> bool {
        self.distributed && self.replicas.iter().any(|r| r.endpoint_url.to_ascii_lowercase().contains(";server="))
    }
    /// Progress of one database of one replica, made if absent.
    pub fn progress_of(&mut self, replica_id: Uuid, database: &str) -> &mut Progress {
        let at = self
            .progress
            .iter()
            .position(|p| p.replica_id == replica_id && p.database.eq_ignore_ascii_case(database))
            .unwrap_or_else(|| {
                let id = *self.database_ids.entry(database.to_lowercase()).or_insert_with(crate::base::random::uuid);
                self.progress.push(Progress::unknown(database, id, replica_id));
                self.progress.len() - 1
            });
        &mut self.progress[at]
    }
    /// Id of a database in this group, given on first use.
    pub fn database_id(&mut self, database: &str) -> Uuid {
        *self.database_ids.entry(database.to_lowercase()).or_insert_with(crate::base::random::uuid)
    }
}

/// A row pair of `dm_hadr_automatic_seeding` / `dm_hadr_physical_seeding_stats`.
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
    /// Its deletion is under way: nothing more comes in.
    pub dropping: bool,
    pub most_recent_error: Option<String>,
    /// Name and end of the trust certificate the partner came in with.
    pub partner_certificate: Option<(String, OffsetDateTime)>,
}

/// Public key of a SQL Server endpoint, given to a managed instance (ARM serverTrustCertificates).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustCertificate {
    pub name: String,
    pub der: Vec<u8>,
}

/// Times and sizes of the lab's availability layer that a scenario may change.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Tuning {
    /// From hardening to redo on a secondary.
    pub redo_delay: Duration,
    /// Replication of a new link must start within this time (facts: mi-link 6.3).
    pub link_start_timeout: Duration,
    /// Creation of a link is cancelled after this time (facts: mi-link 6.3).
    pub link_creation_timeout: Duration,
    /// From becoming primary to the first automatic full backup on a managed instance.
    pub first_full_backup_delay: Duration,
    /// Speed of an automatic full backup, bytes a second; 0: it takes no time.
    pub backup_bytes_per_second: u64,
    /// How long a role change itself takes, while the database is open to nobody.
    pub role_change: Duration,
    /// How long a planned failover waits for the partner to catch up (47514 …).
    pub failover_timeout: Duration,
    /// Idle time before a ping.
    pub keepalive: Duration,
    /// First and longest pause between two dials.
    pub redial: (Duration, Duration),
    /// Bytes of one seeding message.
    pub seed_chunk: usize,
    /// Seeding operations that read a database at the same time (LIMIT_CONCURRENT_BACKUPS beyond).
    pub concurrent_seedings: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            redo_delay: Duration::from_millis(20),
            link_start_timeout: Duration::from_secs(5 * 60),
            link_creation_timeout: Duration::from_secs(6 * 24 * 3600),
            first_full_backup_delay: Duration::from_secs(5 * 60),
            backup_bytes_per_second: 0,
            role_change: Duration::ZERO,
            failover_timeout: Duration::from_secs(60),
            keepalive: Duration::from_secs(2),
            redial: (Duration::from_secs(1), Duration::from_secs(10)),
            seed_chunk: 64 * 1024,
            concurrent_seedings: 8,
        }
    }
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
    /// The host is away: nobody listens, nobody dials, connections break.
    pub away: bool,
    /// Somebody keeps the listener as the endpoint says; before that nobody need be waited for.
    pub kept: bool,
    /// Port the endpoint listens on now, and since when.
    pub listening: Option<(u16, OffsetDateTime)>,
    /// Managed instance: its own certificate and key.
    pub service_identity: Option<Identity>,
    /// Managed instance: what ARM calls serverTrustCertificates.
    pub trust: Vec<TrustCertificate>,
    /// History of each database's branches, by lower-case name, oldest first.
    pub forks: BTreeMap<String, Vec<Fork>>,
    pub tuning: Tuning,
    /// Name of the failover cluster; `None` without one.
    pub cluster_name: Option<String>,
    /// Last connection generation given.
    pub generations: u64,
}

impl HadrState {
    /// Group by name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(&name.to_lowercase())
    }
    /// Group by name.
    pub fn group_mut(&mut self, name: &str) -> Option<&mut Group> {
        self.groups.get_mut(&name.to_lowercase())
    }
    /// The local AG that takes part in a DAG.
    pub fn local_ag_of(&self, dag: &Group) -> Option<&Group> {
        dag.replicas.iter().find_map(|r| self.group(&r.name).filter(|g| !g.distributed))
    }
    /// DAGs that a local AG takes part in.
    pub fn dags_of<'a>(&'a self, ag: &'a str) -> impl Iterator<Item = &'a Group> {
        self.groups.values().filter(move |g| g.distributed && g.own(ag).is_some())
    }
}

/// A row of `sys.dm_db_mirroring_connections`.
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
