//! Run-time state of groups and replicas, and of the cluster (or the lack of one).

use super::row::Builder;
use super::row::HEALTH;
use super::row::ROLES;
use super::row::Row;
use super::row::datetime;
use super::row::health;
use super::row::role;
use crate::lab::mirror::roles;
use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use uuid::Uuid;

const OPERATIONAL: [(u8, &str); 6] =
    [(0, "PENDING_FAILOVER"), (1, "PENDING"), (2, "ONLINE"), (3, "OFFLINE"), (4, "FAILED"), (5, "FAILED_NO_QUORUM")];
const RECOVERY: [(u8, &str); 2] = [(0, "ONLINE_IN_PROGRESS"), (1, "ONLINE")];
const CONNECTED: [(u8, &str); 2] = [(0, "DISCONNECTED"), (1, "CONNECTED")];
const JOIN: [(u8, &str); 3] = [(0, "NOT_JOINED"), (1, "JOINED_STANDALONE"), (2, "JOINED_FAILOVER_CLUSTER_INSTANCE")];

/// Is a group in its synchronous mode between these two replicas?
pub(super) fn synchronous(g: &Group, a: &Replica, b: &Replica) -> bool {
    (a.availability_mode == 1 && b.availability_mode == 1) || g.failover.is_some()
}

/// Health of one replica: its worst database. Without a database the replica itself is what counts.
pub(super) fn replica_health(state: &InstanceState, config: &InstanceConfig, g: &Group, r: &Replica) -> u8 {
    let Some(local) = roles::local_name(state, config, g) else { return 0 };
    let own = r.name.eq_ignore_ascii_case(&local);
    if own && g.role == Role::Primary {
        return 2;
    }
    let Some(me) = g.own(&local) else { return 0 };
    let sync = if own { g.synchronous } else { synchronous(g, me, r) };
    let worst = roles::databases_of(state, &g.name)
        .iter()
        .map(|db| {
            g.progress
                .iter()
                .find(|p| p.replica_id == r.replica_id && p.database.eq_ignore_ascii_case(db))
                .map_or(0, |p| health(p.sync_state, p.suspended.is_some(), sync))
        })
        .min();
    if r.connected || own { worst.unwrap_or(if r.connected { 2 } else { 0 }) } else { 0 }
}

/// Best of none, some or all replicas.
fn group_health(state: &InstanceState, config: &InstanceConfig, g: &Group) -> u8 {
    let all: Vec<u8> = if g.role == Role::Primary {
        g.replicas.iter().map(|r| replica_health(state, config, g, r)).collect()
    } else {
        let local = roles::local_name(state, config, g).unwrap_or_default();
        g.own(&local).map(|r| replica_health(state, config, g, r)).into_iter().collect()
    };
    match (all.iter().min(), all.iter().max()) {
        (Some(2), _) => 2,
        (_, Some(0)) | (None, _) => 0,
        _ => 1,
    }
}

pub(super) fn groups(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let one = |g: &Group| {
        let primary = g.role == Role::Primary;
        Builder::default()
            .put("group_id", g.group_id)
            .put("primary_replica", g.primary.clone())
            .code(("primary_recovery_health", "primary_recovery_health_desc"), primary.then_some(1), &RECOVERY)
            .code(("secondary_recovery_health", "secondary_recovery_health_desc"), (!primary).then_some(1), &RECOVERY)
            .code(
                ("synchronization_health", "synchronization_health_desc"),
                Some(group_health(state, config, g)),
                &HEALTH,
            )
            .build()
    };
    state.hadr.groups.values().map(one).collect()
}

/// Replicas a node reports: all of them on the primary, only itself elsewhere.
pub(super) fn visible<'a>(state: &'a InstanceState, config: &InstanceConfig) -> Vec<(&'a Group, &'a Replica, bool)> {
    let mut out = Vec::new();
    for g in state.hadr.groups.values() {
        let Some(local) = roles::local_name(state, config, g) else { continue };
        for r in &g.replicas {
            let own = r.name.eq_ignore_ascii_case(&local);
            if own || g.role == Role::Primary || g.failover.is_some() {
                out.push((g, r, own));
            }
        }
    }
    out
}

pub(super) fn replicas(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    visible(state, config)
        .into_iter()
        .map(|(g, r, own)| {
            let shown = if own { g.role } else { r.role };
            let operational = own.then_some(if shown == Role::Resolving { 0 } else { 2 });
            // an own replica is connected to its primary: itself, or the one that dialled
            let connected = if own && g.role == Role::Primary {
                true
            } else if own {
                g.replicas.iter().any(|x| x.replica_id != r.replica_id && x.connected)
            } else {
                r.connected
            };
            let error = if own { secondary_error(g, r) } else { r.last_connect_error.as_ref() };
            Builder::default()
                .put("replica_id", r.replica_id)
                .put("group_id", g.group_id)
                .put("is_local", own)
                .code(("role", "role_desc"), role(shown), &ROLES)
                .code(("operational_state", "operational_state_desc"), operational, &OPERATIONAL)
                .code(("connected_state", "connected_state_desc"), Some(u8::from(connected)), &CONNECTED)
                .code(("recovery_health", "recovery_health_desc"), own.then_some(1), &RECOVERY)
                .code(
                    ("synchronization_health", "synchronization_health_desc"),
                    Some(replica_health(state, config, g, r)),
                    &HEALTH,
                )
                .put("last_connect_error_number", error.map(|e| e.0))
                .put("last_connect_error_description", error.map(|e| e.1.clone()))
                .put("last_connect_error_timestamp", error.map(|e| datetime(e.2)))
                .put("is_internal", false)
                .build()
        })
        .collect()
}

/// A secondary shows what it knows of the way to its primary on its own row.
fn secondary_error<'a>(g: &'a Group, own: &Replica) -> Option<&'a (i32, String, time::OffsetDateTime)> {
    if g.role == Role::Primary {
        return None;
    }
    g.replicas.iter().find(|r| r.replica_id != own.replica_id).and_then(|r| r.last_connect_error.as_ref())
}

pub(super) fn cluster_replicas(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let mut rows = Vec::new();
    for g in state.hadr.groups.values() {
        let local = roles::local_name(state, config, g).unwrap_or_default();
        for r in &g.replicas {
            let joined = r.name.eq_ignore_ascii_case(&local) || r.connected || g.progress.iter().any(|p| p.seeded);
            rows.push(
                Builder::default()
                    .put("replica_id", r.replica_id)
                    .put("replica_server_name", r.name.as_str())
                    .put("group_id", g.group_id)
                    .code(("join_state", "join_state_desc"), Some(u8::from(joined)), &JOIN)
                    .build(),
            );
        }
    }
    rows
}

fn host(server: &str) -> &str {
    server.split(['\\', '.']).next().unwrap_or(server)
}

pub(super) fn cluster_nodes(state: &InstanceState, _config: &InstanceConfig) -> Vec<Row> {
    let local = state.hadr.groups.values().filter(|g| !g.distributed && g.cluster_type == 0);
    local
        .flat_map(|g| {
            g.replicas.iter().map(|r| {
                Builder::default()
                    .put("group_name", g.name.as_str())
                    .put("replica_server_name", r.name.as_str())
                    .put("node_name", host(&r.name))
                    .build()
            })
        })
        .collect()
}

pub(super) fn cached_replicas(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let allow = [(0, "NO"), (1, "READ_ONLY"), (2, "ALL")];
    visible(state, config)
        .into_iter()
        .map(|(g, r, own)| {
            Builder::default()
                .put("ag_id", g.group_id)
                .put("ag_name", g.name.as_str())
                .put("replica_id", r.replica_id)
                .put("replica_name", r.name.as_str())
                .put("is_local", own)
                .put("availability_mode", Value::TinyInt(r.availability_mode))
                .put("sequence_number", g.sequence_number)
                .code(("role", "role_desc"), role(if own { g.role } else { r.role }), &ROLES)
                .code(
                    ("synchronization_health", "synchronization_health_desc"),
                    Some(replica_health(state, config, g, r)),
                    &HEALTH,
                )
                .code(
                    ("secondary_role_allow_connections", "secondary_role_allow_connections_desc"),
                    Some(r.secondary_allow),
                    &allow,
                )
                .build()
        })
        .collect()
}

/// One row even without a cluster.
pub(super) fn cluster(state: &InstanceState) -> Vec<Row> {
    let row = Builder::default()
        .put("cluster_name", state.hadr.cluster_name.clone().unwrap_or_default())
        .put("quorum_type", Value::TinyInt(0))
        .put("quorum_type_desc", "NODE_MAJORITY")
        .put("quorum_state", Value::TinyInt(1))
        .put("quorum_state_desc", "NORMAL_QUORUM");
    vec![row.build()]
}

pub(super) fn cluster_members(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    if state.hadr.cluster_name.is_none() {
        return Vec::new();
    }
    let row = Builder::default()
        .put("member_name", host(&config.server_name))
        .put("member_type", Value::TinyInt(0))
        .put("member_type_desc", "CLUSTER_NODE")
        .put("member_state", Value::TinyInt(1))
        .put("member_state_desc", "UP")
        .put("number_of_quorum_votes", 1)
        .put("number_of_current_votes", 1);
    vec![row.build()]
}

fn clustered(state: &InstanceState) -> impl Iterator<Item = (&Group, Uuid)> {
    state.hadr.groups.values().filter(|g| !g.distributed && g.cluster_type == 0).map(|g| (g, g.group_id))
}

pub(super) fn node_map(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    clustered(state)
        .map(|(_, id)| {
            Builder::default()
                .put("ag_resource_id", id.to_string())
                .put("instance_name", config.server_name.as_str())
                .put("node_name", host(&config.server_name))
                .build()
        })
        .collect()
}

pub(super) fn name_map(state: &InstanceState) -> Vec<Row> {
    clustered(state)
        .map(|(g, id)| {
            Builder::default()
                .put("ag_name", g.name.as_str())
                .put("ag_id", id)
                .put("ag_resource_id", id.to_string())
                .put("ag_group_id", id.to_string())
                .build()
        })
        .collect()
}

pub(super) fn ag_threads(state: &InstanceState) -> Vec<Row> {
    state
        .hadr
        .groups
        .values()
        .map(|g| {
            let n = roles::databases_of(state, &g.name).len() as i32;
            let primary = g.role == Role::Primary;
            Builder::default()
                .put("group_id", g.group_id)
                .put("name", g.name.as_str())
                .put("num_databases", n)
                .put("num_capture_threads", if primary { n } else { 0 })
                .put("num_redo_threads", if primary { 0 } else { n })
                .put("num_parallel_redo_threads", 0)
                .put("num_hadr_threads", n + 1)
                .build()
        })
        .collect()
}
