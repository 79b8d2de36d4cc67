//! Roles of groups and what they do to databases: access, synchronous commit, forks.

use super::wire::Copy;
use super::wire::Fork;
use crate::lab::world::database::Access;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::database::SyncCommit;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// SYNCHRONIZED of `synchronization_state`.
pub(crate) const SYNCHRONIZED: u8 = 2;

/// Name under which this instance takes part in a group: its server name, or its AG in a DAG.
pub(crate) fn local_name(state: &InstanceState, config: &InstanceConfig, group: &Group) -> Option<String> {
    if group.distributed {
        return state.hadr.local_ag_of(group).map(|g| g.name.clone());
    }
    group.own(&config.server_name).map(|r| r.name.clone())
}

/// Databases a group carries (a DAG: those of the local AG).
pub(crate) fn databases_of(state: &InstanceState, group: &str) -> Vec<String> {
    match state.hadr.group(group) {
        Some(g) if g.distributed => state.hadr.local_ag_of(g).map(|a| a.databases.clone()).unwrap_or_default(),
        Some(g) => g.databases.clone(),
        None => Vec::new(),
    }
}

/// Role that decides what sessions may do in the databases of a local AG: a DAG's goes before the AG's.
fn effective_role(ag: &Group, dags: &[Role]) -> Role {
    let mut role = ag.role;
    for dag in dags {
        match dag {
            Role::Primary => {}
            Role::Secondary if role == Role::Primary => role = Role::Secondary,
            Role::Secondary => {}
            Role::Resolving => role = Role::Resolving,
        }
    }
    role
}

/// Roles of the DAGs by the local AG that takes part in them: one pass, however many groups there are.
fn dag_roles(state: &InstanceState) -> BTreeMap<String, Vec<Role>> {
    let mut roles: BTreeMap<String, Vec<Role>> = BTreeMap::new();
    for dag in state.hadr.groups.values().filter(|g| g.distributed) {
        for replica in &dag.replicas {
            roles.entry(replica.name.to_lowercase()).or_default().push(dag.role);
        }
    }
    roles
}

/// Sets `access` of every database from the roles, and takes it back from databases that left their group.
pub(crate) fn refresh_access(state: &mut InstanceState, config: &InstanceConfig) {
    let dags = dag_roles(state);
    let mut wanted: BTreeMap<String, (String, Uuid, Access)> = BTreeMap::new();
    for ag in state.hadr.groups.values().filter(|g| !g.distributed) {
        let secondary = match ag.own(&config.server_name).map_or(0, |r| r.secondary_allow) {
            _ if config.is_managed() => Access::ReadOnly,
            0 => Access::NotReadable,
            1 => Access::ReadIntentOnly,
            _ => Access::ReadOnly,
        };
        let key = ag.name.to_lowercase();
        let access = match effective_role(ag, dags.get(&key).map_or(&[], Vec::as_slice)) {
            Role::Primary => Access::ReadWrite,
            Role::Secondary => secondary,
            Role::Resolving => Access::Resolving,
        };
        for db in &ag.databases {
            let id = ag.database_ids.get(&db.to_lowercase()).copied().unwrap_or_default();
            wanted.entry(db.to_lowercase()).or_insert_with(|| (key.clone(), id, access));
        }
    }
    for (name, db) in &mut state.databases {
        match wanted.get(name) {
            Some((ag, id, access)) => {
                (db.ag, db.group_database_id, db.access) = (Some(ag.clone()), Some(*id), *access);
                if *access != Access::ReadWrite {
                    db.sync = SyncCommit::default();
                }
            }
            None if db.ag.is_some() => {
                (db.ag, db.group_database_id, db.access) = (None, None, Access::ReadWrite);
                db.sync = SyncCommit::default();
            }
            None => {}
        }
    }
}

/// Recomputes what synchronous commits wait for: the slowest synchronized secondary of all groups this instance leads.
pub(crate) fn refresh_sync(state: &mut InstanceState) {
    let every: Vec<&Group> = state.hadr.groups.values().collect();
    let wanted = sync_of(state, &every);
    set_sync(state, wanted);
}

/// The same for the databases of one group only: what a report of one connection changes.
pub(crate) fn refresh_sync_of(state: &mut InstanceState, group: &str) {
    let Some(g) = state.hadr.group(group) else { return };
    let ag = if g.distributed { state.hadr.local_ag_of(g) } else { Some(g) };
    let Some(ag) = ag else { return };
    let mut together = vec![ag];
    together.extend(state.hadr.dags_of(&ag.name));
    let wanted = sync_of(state, &together);
    set_sync(state, wanted);
}

fn sync_of(state: &InstanceState, groups: &[&Group]) -> BTreeMap<String, SyncCommit> {
    let mut wanted: BTreeMap<String, SyncCommit> = BTreeMap::new();
    for group in groups.iter().filter(|g| g.role == Role::Primary) {
        for db in databases_of(state, &group.name) {
            let ready = group.progress.iter().filter(|p| {
                p.database.eq_ignore_ascii_case(&db) && p.sync_state == SYNCHRONIZED && p.suspended.is_none()
            });
            let hardened: Vec<Lsn> = ready.map(|p| p.last_hardened.map_or(Lsn::default(), |h| h.0)).collect();
            let enough = hardened.len() as i32 >= group.required_sync;
            let sync = match hardened.iter().min() {
                _ if !enough => SyncCommit { wait: true, hardened: Lsn::default() },
                Some(lowest) => SyncCommit { wait: true, hardened: *lowest },
                None => SyncCommit::default(),
            };
            let key = db.to_lowercase();
            match wanted.get_mut(&key) {
                Some(old) if sync.wait => {
                    old.hardened = if old.wait { old.hardened.min(sync.hardened) } else { sync.hardened };
                    old.wait = true;
                }
                Some(_) => {}
                None => {
                    wanted.insert(key, sync);
                }
            }
        }
    }
    wanted
}

fn set_sync(state: &mut InstanceState, wanted: BTreeMap<String, SyncCommit>) {
    for (name, sync) in wanted {
        if let Some(db) = state.databases.get_mut(&name)
            && db.access == Access::ReadWrite
        {
            db.sync = sync;
        }
    }
}

/// Redoes all hardened log.
pub(crate) fn redo_all(db: &mut Database) {
    for block in db.blocks_from(db.redone).unwrap_or_default() {
        db.redo(&block);
    }
}

/// History of a database's branches; the first is what it was born with.
pub(crate) fn forks(state: &mut InstanceState, database: &str) -> Vec<Fork> {
    let key = database.to_lowercase();
    let first = state.databases.get(&key).map(|d| d.options.recovery_fork).unwrap_or_default();
    state.hadr.forks.entry(key).or_insert_with(|| vec![Fork { id: first, start: Lsn::default() }]).clone()
}

/// Starts a new branch at the end of log: after a forced failover or a separation the copies differ for ever.
pub(crate) fn new_fork(state: &mut InstanceState, database: &str) {
    let mut history = forks(state, database);
    if let Some(db) = state.database_mut(database) {
        let fork = Fork { id: crate::base::random::uuid(), start: db.log_end };
        db.options.recovery_fork = fork.id;
        history.push(fork);
        state.hadr.forks.insert(database.to_lowercase(), history);
    }
}

/// True if a copy at this position can simply receive what follows in the history.
pub(crate) fn continues(history: &[Fork], end: Lsn, copy: Copy) -> bool {
    let Copy::Present { fork: Some(fork), hardened, .. } = copy else { return false };
    match history.iter().position(|f| f.id == fork) {
        None => false,
        Some(at) => hardened <= history.get(at + 1).map_or(end, |next| next.start),
    }
}

fn set_replica_roles(group: &mut Group, local: &str, own: Role) {
    for r in &mut group.replicas {
        let other = if own == Role::Primary { Role::Secondary } else { Role::Primary };
        r.role = if r.name.eq_ignore_ascii_case(local) { own } else { other };
    }
}

fn log_role(state: &mut InstanceState, group: &str, from: &str, to: &str, now: OffsetDateTime) {
    let text = format!(
        "The state of the local availability replica in availability group '{group}' has changed from '{from}' to \
         '{to}'.  The state changed because the availability group state has changed in the local instance of SQL \
         Server.  For more information, see the SQL Server error log or cluster log."
    );
    state.error_log.push((now, text));
}

fn normal(role: Role) -> &'static str {
    match role {
        Role::Primary => "PRIMARY_NORMAL",
        Role::Secondary => "SECONDARY_NORMAL",
        Role::Resolving => "RESOLVING_NORMAL",
    }
}

/// Makes this instance primary of a group: all hardened log is redone first, then the databases open for writes.
pub(crate) fn become_primary(
    state: &mut InstanceState,
    config: &InstanceConfig,
    group: &str,
    forced: bool,
    now: OffsetDateTime,
) {
    let databases = databases_of(state, group);
    let Some(local) = state.hadr.group(group).and_then(|g| local_name(state, config, g)) else { return };
    for name in &databases {
        if let Some(db) = state.database_mut(name) {
            redo_all(db);
            db.state = DatabaseState::Online;
        }
        forks(state, name);
        if forced {
            new_fork(state, name);
        }
        let how = if forced { "Force Failover" } else { "Manual Failover" };
        let text = format!(
            "The availability group database \"{name}\" is changing roles from \"SECONDARY\" to \"PRIMARY\" because the \
             mirroring session or availability group failed over due to {how}. This is an informational message only. \
             No user action is required."
        );
        state.error_log.push((now, text));
    }
    if let Some(g) = state.hadr.group_mut(group) {
        let from = normal(g.role);
        g.role = Role::Primary;
        g.failover = None;
        g.generation = 0;
        g.primary = Some(local.clone());
        set_replica_roles(g, &local, Role::Primary);
        let remotes: Vec<Uuid> =
            g.replicas.iter().filter(|r| !r.name.eq_ignore_ascii_case(&local)).map(|r| r.replica_id).collect();
        g.progress.clear();
        for name in &databases {
            let id = g.database_id(name);
            for remote in &remotes {
                g.progress.push(Progress { seeded: true, ..Progress::unknown(name, id, *remote) });
            }
        }
        let name = g.name.clone();
        log_role(state, &name, from, "PRIMARY_NORMAL", now);
    }
    refresh_access(state, config);
    refresh_sync(state);
}

/// Makes this instance secondary of a group. Sessions that use its databases are ended.
pub(crate) fn become_secondary(state: &mut InstanceState, config: &InstanceConfig, group: &str, now: OffsetDateTime) {
    let databases = databases_of(state, group);
    let Some(local) = state.hadr.group(group).and_then(|g| local_name(state, config, g)) else { return };
    for name in &databases {
        evict(state, name, now);
        forks(state, name);
        let text = format!(
            "The availability group database \"{name}\" is changing roles from \"PRIMARY\" to \"SECONDARY\" because the \
             mirroring session or availability group failed over due to role synchronization. This is an informational \
             message only. No user action is required."
        );
        state.error_log.push((now, text));
    }
    if let Some(g) = state.hadr.group_mut(group) {
        let from = normal(g.role);
        g.role = Role::Secondary;
        g.failover = None;
        g.generation = 0;
        g.primary = None;
        set_replica_roles(g, &local, Role::Secondary);
        for r in &mut g.replicas {
            r.connected = false;
        }
        g.progress.clear();
        let own = g.own(&local).map(|r| r.replica_id).unwrap_or_default();
        for name in &databases {
            let id = g.database_id(name);
            g.progress.push(Progress { seeded: true, ..Progress::unknown(name, id, own) });
        }
        let name = g.name.clone();
        log_role(state, &name, from, "SECONDARY_NORMAL", now);
    }
    refresh_access(state, config);
}

/// Ends the sessions that use a database; their open transactions are rolled back (35299).
pub(crate) fn evict(state: &mut InstanceState, database: &str, now: OffsetDateTime) {
    let text = format!(
        "Nonqualified transactions are being rolled back in database {database} for an Always On Availability Groups \
         state change. Estimated rollback completion: 100%. This is an informational message only. No user action is \
         required."
    );
    state.error_log.push((now, text));
    state.kill_sessions_in(database, None);
}
