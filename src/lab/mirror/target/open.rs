//! May this partner ship log to this instance, and from where?

use crate::lab::mirror::handshake::Opened;
use crate::lab::mirror::managed;
use crate::lab::mirror::report::Ends;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire::Copy;
use crate::lab::mirror::wire::DbPosition;
use crate::lab::mirror::wire::Open;
use crate::lab::mirror::wire::OpenReply;
use crate::lab::mirror::wire::Purpose;
use crate::lab::mirror::wire::Refusal;
use crate::lab::mirror::wire::ReplicaConfig;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Role;
use crate::lab::world::hadr_ddl::new_replica;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use std::time::Duration;
use time::OffsetDateTime;

/// What a session on the secondary's side starts with.
pub(super) struct Start {
    pub(super) ends: Ends,
    pub(super) generation: u64,
    pub(super) session_timeout: Duration,
    /// Both sides are primary: nothing flows.
    pub(super) split_brain: bool,
}

/// A positive decision; without a session for a probe.
pub(super) struct Accepted {
    pub(super) reply: OpenReply,
    pub(super) session: Option<Start>,
}

fn refuse(number: i32, text: String) -> Refusal {
    Refusal { number, state: 1, text, link_error: Some(41976) }
}

fn unknown(open: &Open) -> Refusal {
    refuse(
        41976,
        format!(
            "Connection with availability group '{}' cannot be established as it is not responding. This could be caused \
             by nonexistence of availability group or distributed availability group on the partner server, incorrectly \
             specified names, or an incorrectly specified endpoint.",
            open.to
        ),
    )
}

/// Checks names; then adopts the primary's ids and begins a new generation of the connection.
pub(super) fn decide(
    state: &mut InstanceState,
    config: &InstanceConfig,
    opened: &Opened,
    open: &Open,
    now: OffsetDateTime,
) -> Result<Accepted, Refusal> {
    if let Err(refusal) = redirect(config, open) {
        managed::note_error(state, &open.group, 41976);
        return Err(refusal);
    }
    let group =
        state.hadr.group(&open.group).filter(|g| g.distributed == open.distributed).ok_or_else(|| unknown(open))?;
    let local = roles::local_name(state, config, group).ok_or_else(|| unknown(open))?;
    let partner = !open.distributed || group.own(&open.from).is_some();
    let known = partner && local.eq_ignore_ascii_case(&open.to);
    if !known || (config.is_managed() && !managed::accepts(state, &open.group)) {
        managed::note_error(state, &open.group, 41976);
        return Err(unknown(open));
    }
    if open.purpose == Purpose::Probe {
        return probe(state, config, opened, open, &local);
    }
    managed::note_partner(state, &open.group, &opened.admitted.certificate, opened.admitted.expiry);
    state.hadr.generations += 1;
    let generation = state.hadr.generations;
    let role = adopt(state, open, &local, generation, now).ok_or_else(|| unknown(open))?;
    let databases = open.databases.iter().map(|d| position(state, &open.group, &d.name)).collect();
    let group = state.hadr.group(&open.group).ok_or_else(|| unknown(open))?;
    let ends = Ends {
        group: group.name.clone(),
        local_id: group.own(&local).map(|r| r.replica_id).unwrap_or_default(),
        local,
        remote: open.from.clone(),
        remote_id: group.own(&open.from).map(|r| r.replica_id).unwrap_or_default(),
    };
    let reply = OpenReply::Accepted {
        role: role as u8,
        replica_id: ends.local_id,
        may_create: may_create(state, config, group),
        major: config.major(),
        databases,
    };
    let seconds = u64::try_from(open.session_timeout_s).unwrap_or(10).clamp(5, 3600);
    let start =
        Start { ends, generation, session_timeout: Duration::from_secs(seconds), split_brain: role == Role::Primary };
    Ok(Accepted { reply, session: Some(start) })
}

/// A managed instance is behind a gateway: without its name in the URL nobody knows where to go (mi-link 5.1).
fn redirect(config: &InstanceConfig, open: &Open) -> Result<(), Refusal> {
    let InstanceKind::Managed { name, .. } = &config.kind else { return Ok(()) };
    if open.server.as_deref().is_some_and(|s| s.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(refuse(33320, "Tried to send redirect request but the redirect string is empty.".to_owned()))
}

/// Answers a probe: the far side's names must lead back to it.
fn probe(
    state: &InstanceState,
    config: &InstanceConfig,
    opened: &Opened,
    open: &Open,
    local: &str,
) -> Result<Accepted, Refusal> {
    let group = state.hadr.group(&open.group).ok_or_else(|| unknown(open))?;
    let url = group.own(&open.from).and_then(|r| crate::lab::mirror::url::EndpointUrl::parse(&r.endpoint_url));
    let wanted = open.server.as_deref();
    let leads_back = match (&url, opened.peer.managed) {
        (Some(url), true) => {
            url.server.as_deref().zip(wanted).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
                && url.host.eq_ignore_ascii_case(&opened.peer.server)
        }
        (url, false) => url.is_some(),
        (None, true) => false,
    };
    if !leads_back {
        return Err(unknown(open));
    }
    let reply = OpenReply::Accepted {
        role: group.role as u8,
        replica_id: group.own(local).map(|r| r.replica_id).unwrap_or_default(),
        may_create: may_create(state, config, group),
        major: config.major(),
        databases: Vec::new(),
    };
    Ok(Accepted { reply, session: None })
}

/// The local AG that receives databases may create them (GRANT CREATE ANY DATABASE).
pub(super) fn may_create(state: &InstanceState, config: &InstanceConfig, group: &Group) -> bool {
    config.is_managed()
        || if group.distributed {
            state.hadr.local_ag_of(group).is_some_and(|a| a.create_any_database)
        } else {
            group.create_any_database
        }
}

fn adopt(state: &mut InstanceState, open: &Open, local: &str, generation: u64, now: OffsetDateTime) -> Option<Role> {
    let group = state.hadr.group_mut(&open.group)?;
    group.generation = generation;
    if group.role == Role::Primary {
        return Some(Role::Primary);
    }
    group.group_id = open.group_id;
    if !open.distributed {
        copy_configuration(group, &open.configuration, now);
    }
    for (name, id) in &open.replicas {
        let Some(r) = group.replica_mut(name) else { continue };
        let old = std::mem::replace(&mut r.replica_id, *id);
        for p in group.progress.iter_mut().filter(|p| p.replica_id == old) {
            p.replica_id = *id;
        }
    }
    for db in &open.databases {
        group.database_ids.insert(db.name.to_lowercase(), db.group_database_id);
        for p in group.progress.iter_mut().filter(|p| p.database.eq_ignore_ascii_case(&db.name)) {
            p.group_database_id = db.group_database_id;
        }
    }
    group.synchronous = open.synchronous;
    group.primary = Some(open.from.clone());
    for r in &mut group.replicas {
        let own = r.name.eq_ignore_ascii_case(local);
        r.role = if own { Role::Secondary } else { Role::Primary };
        if own {
            r.modify_date = now;
        }
    }
    Some(group.role)
}

/// Every replica of an ordinary AG keeps the primary's configuration.
fn copy_configuration(group: &mut Group, configuration: &[ReplicaConfig], now: OffsetDateTime) {
    let mut replicas = Vec::new();
    for c in configuration {
        let mut r = group.own(&c.name).cloned().unwrap_or_else(|| new_replica(&c.name, "", now));
        r.replica_id = c.replica_id;
        r.endpoint_url.clone_from(&c.endpoint_url);
        r.availability_mode = c.availability_mode;
        r.failover_mode = c.failover_mode;
        r.seeding_mode = c.seeding_mode;
        r.session_timeout_s = c.session_timeout_s;
        r.backup_priority = c.backup_priority;
        r.primary_allow = c.primary_allow;
        r.secondary_allow = c.secondary_allow;
        replicas.push(r);
    }
    group.replicas = replicas;
}

/// Where this instance's copy of a database stands.
fn position(state: &mut InstanceState, group: &str, name: &str) -> DbPosition {
    let member = roles::databases_of(state, group).iter().any(|d| d.eq_ignore_ascii_case(name));
    let seeded = state
        .hadr
        .group(group)
        .is_some_and(|g| g.progress.iter().any(|p| p.database.eq_ignore_ascii_case(name) && p.seeded));
    let fork = roles::forks(state, name).last().map(|f| f.id);
    let copy = match state.database(name) {
        None => Copy::Absent,
        Some(_) if member && !seeded => Copy::Absent,
        Some(db) if member => Copy::Present { fork, hardened: db.log_end, redone: db.redone },
        Some(_) => Copy::Foreign,
    };
    if copy == Copy::Absent {
        state.hadr.forks.remove(&name.to_lowercase());
    }
    DbPosition { name: name.to_owned(), copy }
}
