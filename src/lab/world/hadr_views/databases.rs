//! `dm_hadr_database_replica_states` and its relatives: which rows, and which of their columns are NULL (facts:
//! sql-server-hadr b, "NULL pattern").

use super::row::Builder;
use super::row::HEALTH;
use super::row::Row;
use super::row::block;
use super::row::datetime;
use super::row::health;
use super::row::kilobytes;
use super::row::numeric;
use super::states::synchronous;
use super::states::visible;
use crate::lab::mirror::roles;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::Database;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use time::OffsetDateTime;
use uuid::Uuid;

const SYNC: [(u8, &str); 5] =
    [(0, "NOT SYNCHRONIZING"), (1, "SYNCHRONIZING"), (2, "SYNCHRONIZED"), (3, "REVERTING"), (4, "INITIALIZING")];
const STATE: [(u8, &str); 7] = [
    (0, "ONLINE"),
    (1, "RESTORING"),
    (2, "RECOVERING"),
    (3, "RECOVERY_PENDING"),
    (4, "SUSPECT"),
    (5, "EMERGENCY"),
    (6, "OFFLINE"),
];
const SUSPEND: [(u8, &str); 9] = [
    (0, "SUSPEND_FROM_USER"),
    (1, "SUSPEND_FROM_PARTNER"),
    (2, "SUSPEND_FROM_REDO"),
    (3, "SUSPEND_FROM_CAPTURE"),
    (4, "SUSPEND_FROM_APPLY"),
    (5, "SUSPEND_FROM_RESTART"),
    (6, "SUSPEND_FROM_UNDO"),
    (7, "SUSPEND_FROM_REVALIDATION"),
    (8, "SUSPEND_FROM_XRF_UPDATE"),
];

/// One database of one replica that this node reports.
struct Copy<'a> {
    group: &'a Group,
    replica: &'a Replica,
    local: bool,
    database: &'a Database,
    id: Uuid,
    progress: Option<&'a Progress>,
    /// Commit mode between this replica and its primary.
    synchronous: bool,
}

fn copies<'a>(state: &'a InstanceState, config: &InstanceConfig) -> Vec<Copy<'a>> {
    let mut out = Vec::new();
    for (group, replica, local) in visible(state, config) {
        let me = roles::local_name(state, config, group).and_then(|n| group.own(&n));
        for name in roles::databases_of(state, &group.name) {
            let Some(database) = state.database(&name) else { continue };
            let id = group.database_ids.get(&name.to_lowercase()).copied().unwrap_or_default();
            let of = |p: &&Progress| p.replica_id == replica.replica_id && p.database.eq_ignore_ascii_case(&name);
            let progress = group.progress.iter().find(of);
            // a replica that never connected has no row
            if !local && progress.is_none() {
                continue;
            }
            let synchronous = match me {
                Some(me) if local && group.role == Role::Primary => me.availability_mode == 1,
                Some(me) if !local => synchronous(group, me, replica),
                _ => group.synchronous,
            };
            out.push(Copy { group, replica, local, database, id, progress, synchronous });
        }
    }
    out
}

impl Copy<'_> {
    fn primary(&self) -> bool {
        self.local && self.group.role == Role::Primary
    }
    /// Of the local nodes of a Business Critical instance it is the one that leads, whatever the group's role.
    fn leads(&self, among: bool) -> bool {
        self.primary() || (self.local && among)
    }
    fn suspended(&self) -> Option<u8> {
        let here = self.group.suspended.get(&self.database.name.to_lowercase()).copied();
        if self.local { here } else { self.progress.and_then(|p| p.suspended).or(here) }
    }
    /// A primary shows SYNCHRONIZED when its replica is synchronous, else SYNCHRONIZING.
    fn sync_state(&self) -> u8 {
        match (self.primary(), self.group.role) {
            (true, _) => 1 + u8::from(self.synchronous),
            (false, Role::Resolving) if self.local => 0,
            _ => self.progress.map_or(0, |p| p.sync_state),
        }
    }
    fn health(&self) -> u8 {
        let connected = self.local || self.replica.connected;
        if self.primary() {
            2
        } else if connected {
            health(self.sync_state(), self.suspended().is_some(), self.synchronous)
        } else {
            0
        }
    }
}

type At = Option<(Lsn, OffsetDateTime)>;

fn lsn(at: At) -> Value {
    at.map_or(Value::Null, |a| block(a.0))
}

fn time(at: At) -> Value {
    at.map_or(Value::Null, |a| datetime(a.1))
}

pub(super) fn replica_states(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let among = is_business_critical(config);
    let mut rows = Vec::new();
    for c in &copies(state, config) {
        if c.local && among {
            rows.extend((1..=LOCAL_SECONDARIES).map(|n| local_secondary(c, n)));
        }
        rows.push(movement(c, common(c).put("is_primary_replica", c.leads(among))).build());
    }
    rows
}

/// Further nodes of a Business Critical instance.
const LOCAL_SECONDARIES: u128 = 3;

fn is_business_critical(config: &InstanceConfig) -> bool {
    matches!(&config.kind, InstanceKind::Managed { tier, .. } if tier.eq_ignore_ascii_case("BusinessCritical"))
}

/// A local replica that trails by a block: its row misleads whoever does not filter (facts: mi-link 7.5).
fn local_secondary(c: &Copy<'_>, n: u128) -> Row {
    let behind = |at: Lsn| block(Lsn { block: at.block.saturating_sub(1), ..at });
    let db = c.database;
    common(c)
        .put("replica_id", Uuid::from_u128(c.replica.replica_id.as_u128().wrapping_add(n)))
        .put("is_primary_replica", false)
        .code(("synchronization_state", "synchronization_state_desc"), Some(1), &SYNC)
        .put("is_commit_participant", false)
        .put("truncation_lsn", block(db.log_start()))
        .put("last_hardened_lsn", behind(db.hardened))
        .put("end_of_log_lsn", behind(db.log_end))
        .put("last_commit_lsn", numeric(before(db.last_commit_lsn)))
        .put("log_send_queue_size", Value::BigInt(0))
        .put("secondary_lag_seconds", Value::BigInt(1))
        .build()
}

fn common(c: &Copy<'_>) -> Builder {
    let suspended = c.suspended();
    let participant = c.synchronous && c.sync_state() == 2;
    Builder::default()
        .put("database_id", c.database.id)
        .put("group_id", c.group.group_id)
        .put("replica_id", c.replica.replica_id)
        .put("group_database_id", c.id)
        .put("is_local", c.local)
        .put("is_primary_replica", c.primary())
        .code(("synchronization_state", "synchronization_state_desc"), Some(c.sync_state()), &SYNC)
        .put("is_commit_participant", participant)
        .code(("synchronization_health", "synchronization_health_desc"), Some(c.health()), &HEALTH)
        .code(("database_state", "database_state_desc"), c.local.then_some(c.database.state as u8), &STATE)
        .put("is_suspended", suspended.is_some())
        .code(("suspend_reason", "suspend_reason_desc"), suspended, &SUSPEND)
        .put("is_internal", false)
}

fn movement(c: &Copy<'_>, row: Builder) -> Builder {
    let db = c.database;
    if c.primary() {
        // the minimum over synchronous secondaries; nothing on an asynchronous primary
        let lowest = c
            .group
            .progress
            .iter()
            .filter(|p| p.database.eq_ignore_ascii_case(&db.name) && p.sync_state == 2)
            .filter_map(|p| p.last_hardened)
            .map(|h| h.0)
            .min();
        let alone = c.group.replicas.len() == 1 && c.synchronous;
        let hardened = if c.synchronous { lowest.or_else(|| alone.then_some(db.log_end)) } else { None };
        return row
            .put("recovery_lsn", numeric(Lsn::MAX))
            .put("truncation_lsn", block(db.log_start()))
            .put("last_hardened_lsn", hardened.map_or(Value::Null, block))
            .put("end_of_log_lsn", block(db.log_end))
            .put("last_commit_lsn", numeric(db.last_commit_lsn))
            .put("last_commit_time", db.last_commit_time.map(datetime));
    }
    let Some(p) = c.progress else { return row };
    let end = if c.local { Some(db.log_end) } else { p.end_of_log };
    let commit = if c.local { db.last_commit_time.map(|t| (db.last_commit_lsn, t)) } else { p.last_commit };
    let known = c.local || p.end_of_log.is_some();
    let sent = if c.local { None } else { p.last_sent };
    // a redone record is always below what is hardened
    let redone = p.last_redone.map(|(l, t)| (Lsn { slot: l.slot, ..l }, t));
    let queue = if c.local { Value::BigInt(0) } else { kilobytes(p.send_queue_bytes) };
    let lag = if c.local { Value::BigInt(0) } else { p.lag_s.filter(|_| c.replica.connected).into() };
    row.put("recovery_lsn", end.map_or(Value::Null, block))
        .put("truncation_lsn", if known { block(db.log_start()) } else { Value::Null })
        .put("last_sent_lsn", lsn(sent))
        .put("last_sent_time", time(sent))
        .put("last_received_lsn", lsn(p.last_received))
        .put("last_received_time", time(p.last_received))
        .put("last_hardened_lsn", if c.local { block(db.hardened) } else { lsn(p.last_hardened) })
        .put("last_hardened_time", time(p.last_hardened))
        .put("last_redone_lsn", redone.map_or(Value::Null, |r| numeric(before(r.0))))
        .put("last_redone_time", time(redone))
        .put("log_send_queue_size", queue)
        .put("log_send_rate", kilobytes(p.send_rate_bytes))
        .put("redo_queue_size", kilobytes(p.redo_queue_bytes))
        .put("redo_rate", kilobytes(p.redo_rate_bytes))
        .put("filestream_send_rate", Value::BigInt(0))
        .put("end_of_log_lsn", end.map_or(Value::Null, block))
        .put("last_commit_lsn", commit.map_or(Value::Null, |a| numeric(a.0)))
        .put("last_commit_time", time(commit))
        .put("secondary_lag_seconds", lag)
}

/// Last record below a flush position: redo ends inside the block that ends there.
fn before(end: Lsn) -> Lsn {
    Lsn { block: end.block.saturating_sub(1), ..end }
}

pub(super) fn cluster_states(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    copies(state, config)
        .iter()
        .filter(|c| !c.group.distributed)
        .map(|c| {
            let ready = c.primary() || c.sync_state() == 2;
            let recovery = c.primary().then(|| numeric(Lsn::MAX));
            Builder::default()
                .put("replica_id", c.replica.replica_id)
                .put("group_database_id", c.id)
                .put("database_name", c.database.name.as_str())
                .put("is_failover_ready", ready)
                .put("is_pending_secondary_suspend", false)
                .put("is_database_joined", c.local || c.progress.is_some_and(|p| p.seeded))
                .put("recovery_lsn", recovery)
                .put("truncation_lsn", block(c.database.log_start()))
                .build()
        })
        .collect()
}

pub(super) fn cached(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    copies(state, config)
        .iter()
        .map(|c| {
            Builder::default()
                .put("ag_id", c.group.group_id)
                .put("ag_name", c.group.name.as_str())
                .put("replica_id", c.replica.replica_id)
                .put("replica_name", c.replica.name.as_str())
                .put("ag_db_id", c.id)
                .put("ag_db_name", c.database.name.as_str())
                .put("is_local", c.local)
                .put("is_primary_replica", c.primary())
                .code(("synchronization_state", "synchronization_state_desc"), Some(c.sync_state()), &SYNC)
                .build()
        })
        .collect()
}

pub(super) fn threads(state: &InstanceState) -> Vec<Row> {
    let mut rows = Vec::new();
    for g in state.hadr.groups.values() {
        let primary = g.role == Role::Primary;
        for db in roles::databases_of(state, &g.name) {
            let id = g.database_ids.get(&db.to_lowercase()).copied().unwrap_or_default();
            let row = Builder::default()
                .put("group_id", g.group_id)
                .put("ag_db_id", id)
                .put("name", db)
                .put("num_capture_threads", i32::from(primary))
                .put("num_redo_threads", i32::from(!primary))
                .put("num_parallel_redo_threads", 0);
            rows.push(row.build());
        }
    }
    rows
}
