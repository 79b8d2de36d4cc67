//! Availability groups, distributed ones included, as one server sees them.

use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::lsn::Lsn;
use crate::open_enum;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;
use time::OffsetDateTime;
use uuid::Uuid;

open_enum! {
    AvailabilityMode {
        Asynchronous = "ASYNCHRONOUS_COMMIT",
        Synchronous = "SYNCHRONOUS_COMMIT",
        ConfigurationOnly = "CONFIGURATION_ONLY",
    }
}
open_enum! {
    /// The state has a space where the health has an underscore (facts: sql-server-hadr (j) 1).
    SyncState {
        NotSynchronizing = "NOT SYNCHRONIZING",
        Synchronizing = "SYNCHRONIZING",
        Synchronized = "SYNCHRONIZED",
        Reverting = "REVERTING",
        Initializing = "INITIALIZING",
    }
}
open_enum! {
    SyncHealth { NotHealthy = "NOT_HEALTHY", PartiallyHealthy = "PARTIALLY_HEALTHY", Healthy = "HEALTHY" }
}
open_enum! {
    Connected { Connected = "CONNECTED", Disconnected = "DISCONNECTED" }
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub group_id: Uuid,
    pub name: String,
    pub is_distributed: bool,
    /// A server name for a local AG, an AG name for a distributed one.
    pub primary_replica: Option<String>,
    pub health: Option<SyncHealth>,
}

/// Options that SQL Server 2016 does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupOptions {
    pub group_id: Uuid,
    /// `wsfc`, `external`, `none`: lower case.
    pub cluster_type: Option<String>,
    pub required_synchronized_secondaries: Option<i32>,
}

/// A replica of a group. In a distributed AG "replica" is one of the two AGs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    pub group_id: Uuid,
    pub group: String,
    pub is_distributed: bool,
    pub replica_id: Uuid,
    /// Server name, or AG name in a distributed AG.
    pub name: String,
    /// `ENDPOINT_URL`, or `LISTENER_URL` in a distributed AG.
    pub endpoint_url: Option<String>,
    pub mode: AvailabilityMode,
    pub failover_mode: Option<String>,
    pub seeding_mode: Option<String>,
    pub session_timeout_seconds: Option<i32>,
    /// No state row: this server does not know. On a secondary only its own row exists.
    pub is_local: Option<bool>,
    pub role: Option<Role>,
    pub operational_state: Option<String>,
    pub connected: Option<Connected>,
    pub health: Option<SyncHealth>,
    pub last_connect_error_number: Option<i32>,
    pub last_connect_error: Option<String>,
    pub last_connect_error_at: Option<OffsetDateTime>,
}

impl Replica {
    /// This end of a distributed AG is a managed instance: its URL carries `;Server=[…]`.
    pub fn is_managed_instance_end(&self) -> bool {
        self.is_distributed && self.endpoint_url.as_deref().is_some_and(|u| u.to_ascii_lowercase().contains("server="))
    }
}

/// A database in a group: one row per group and replica this server knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaDatabase {
    pub group_id: Uuid,
    pub group: String,
    pub is_distributed: bool,
    pub replica_id: Uuid,
    pub replica: Option<String>,
    pub database: Option<String>,
    pub database_id: Option<i32>,
    pub group_database_id: Uuid,
    pub is_local: bool,
    pub is_primary_replica: Option<bool>,
    pub sync_state: Option<SyncState>,
    pub health: Option<SyncHealth>,
    pub database_state: Option<DatabaseState>,
    pub is_suspended: Option<bool>,
    pub suspend_reason: Option<String>,
    pub end_of_log_lsn: Option<Lsn>,
    pub last_sent_lsn: Option<Lsn>,
    pub last_sent_at: Option<OffsetDateTime>,
    pub last_received_lsn: Option<Lsn>,
    pub last_received_at: Option<OffsetDateTime>,
    pub last_hardened_lsn: Option<Lsn>,
    pub last_hardened_at: Option<OffsetDateTime>,
    pub last_redone_lsn: Option<Lsn>,
    pub last_redone_at: Option<OffsetDateTime>,
    pub last_commit_lsn: Option<Lsn>,
    pub last_commit_at: Option<OffsetDateTime>,
    pub truncation_lsn: Option<Lsn>,
    pub recovery_lsn: Option<Lsn>,
    /// KB.
    pub log_send_queue_kb: Option<i64>,
    /// KB/s over the last active period; does not fall to 0 when idle.
    pub log_send_rate_kb: Option<i64>,
    pub redo_queue_kb: Option<i64>,
    pub redo_rate_kb: Option<i64>,
    /// Not an RPO (facts: cutover-night 4).
    pub secondary_lag_seconds: Option<i64>,
}

/// Rows of the replicas that an instance speaks for. A Business Critical instance also shows local replicas of its own, which
/// trail: where one of the local rows is the primary replica's, the others are left out (facts: mi-link 7.5).
pub fn of_primary_replicas(mut rows: Vec<ReplicaDatabase>) -> Vec<ReplicaDatabase> {
    let of = |r: &ReplicaDatabase| (r.group_id, r.group_database_id);
    let own = |r: &&ReplicaDatabase| r.is_local && r.is_primary_replica == Some(true);
    let led: BTreeSet<_> = rows.iter().filter(own).map(of).collect();
    rows.retain(|r| !r.is_local || r.is_primary_replica != Some(false) || !led.contains(&of(r)));
    rows
}

/// A seeding, from both views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seeding {
    pub group_id: Option<Uuid>,
    pub group_database_id: Option<Uuid>,
    pub operation_id: Uuid,
    pub started: Option<OffsetDateTime>,
    /// None: still running.
    pub completed: Option<OffsetDateTime>,
    pub is_source: Option<bool>,
    /// `PENDING`, `CHECK_IF_SEEDING_NEEDED`, …, `COMPLETED`, `FAILED`: text, whatever the reference says.
    pub state: Option<String>,
    pub performed_seeding: Option<bool>,
    pub attempts: Option<i32>,
    pub failure: Option<String>,
    pub error_code: Option<i32>,
    pub database: Option<String>,
    pub role: Option<String>,
    pub internal_state: Option<String>,
    pub transferred_bytes: Option<i64>,
    pub database_bytes: Option<i64>,
    pub bytes_per_second: Option<i64>,
    /// Pessimistic: ignores compression.
    pub estimated_end: Option<OffsetDateTime>,
    pub failure_code: Option<i32>,
    pub failure_message: Option<String>,
}

impl Seeding {
    /// Share sent, 0 to 100; may pass 100 over several rounds and is capped.
    pub fn percent(&self) -> Option<f64> {
        let total = self.database_bytes.filter(|t| *t > 0)?;
        Some((self.transferred_bytes? as f64 * 100.0 / total as f64).clamp(0.0, 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(replica: &str, is_local: bool, is_primary_replica: Option<bool>) -> ReplicaDatabase {
        let id = "00000000-0000-0000-0000-000000000001";
        let row = json!({
            "group_id": id, "group": "ledger", "is_distributed": true, "replica_id": id, "replica": replica,
            "group_database_id": id, "is_local": is_local, "is_primary_replica": is_primary_replica,
        });
        serde_json::from_value(row).unwrap()
    }

    fn kept(rows: Vec<ReplicaDatabase>) -> Vec<String> {
        of_primary_replicas(rows).into_iter().filter_map(|r| r.replica).collect()
    }

    #[test]
    fn of_the_local_rows_of_a_business_critical_instance_the_primary_replica_s_counts() {
        let critical =
            || vec![row("node1", true, Some(false)), row("node2", true, Some(true)), row("remote", false, Some(false))];
        assert_eq!(kept(critical()), ["node2", "remote"]);
        assert_eq!(kept(critical().into_iter().rev().collect()), ["remote", "node2"]);
        // General Purpose: one local row, primary or not; 2016 to 2017 do not say.
        for own in [None, Some(false), Some(true)] {
            assert_eq!(kept(vec![row("remote", false, Some(true)), row("own", true, own)]), ["remote", "own"]);
        }
    }

    #[test]
    fn rows_of_another_database_are_not_taken_for_it() {
        let mut other = row("archive", true, Some(false));
        other.group_database_id = Uuid::from_u128(2);
        assert_eq!(kept(vec![row("own", true, Some(true)), other]), ["own", "archive"]);
    }
}
