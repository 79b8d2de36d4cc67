//! Mode, failover and end of a link from the managed side.

use super::notes;
use super::types::FailoverType;
use super::types::LinkError;
use super::types::ReplicationMode;
use crate::lab::mirror::failover;
use crate::lab::mirror::roles;
use crate::lab::tsql::error::SqlError;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Role;
use crate::lab::world::hadr_ddl::error;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

fn not_found(name: &str) -> LinkError {
    LinkError::new(404, "ManagedInstanceLinkIsNotFound", format!("Managed Instance link '{name}' was not found."))
}

fn role(s: &InstanceState, name: &str) -> Result<Role, LinkError> {
    if !s.hadr.links.contains_key(&name.to_lowercase()) {
        return Err(not_found(name));
    }
    s.hadr.group(name).map(|g| g.role).ok_or_else(|| not_found(name))
}

/// Sets the commit mode of both participants as this side keeps them: it governs while this side is primary.
pub async fn set_replication_mode(mi: &Arc<Instance>, name: &str, mode: ReplicationMode) -> Result<(), LinkError> {
    mi.with(|s| {
        role(s, name)?;
        if let Some(g) = s.hadr.group_mut(name) {
            if g.failover.is_some() {
                let e = error(47512, &[&g.name.clone()]);
                return Err(LinkError::new(
                    409,
                    "DistributedAvailabilityGroupSetRoleChangeRoleAlreadyInProgress",
                    e.message,
                ));
            }
            for r in &mut g.replicas {
                r.availability_mode = u8::from(mode == ReplicationMode::Sync);
            }
            g.sequence_number += 1;
        }
        if let Some(l) = s.hadr.links.get_mut(&name.to_lowercase()) {
            let text = if mode == ReplicationMode::Sync { "Sync" } else { "Async" };
            text.clone_into(&mut l.replication_mode);
        }
        Ok(())
    })?;
    mi.notify();
    Ok(())
}

/// A seeded secondary leaves its role first: its databases are open to nobody until the change is done. Says how long
/// that takes; nothing more is accepted from the partner meanwhile.
fn begin_delete(
    s: &mut InstanceState,
    config: &InstanceConfig,
    name: &str,
    now: OffsetDateTime,
) -> Result<Duration, LinkError> {
    let takes = s.hadr.tuning.role_change;
    let seeded = roles::databases_of(s, name)
        .into_iter()
        .filter(|d| s.database(d).is_some_and(|d| d.state != DatabaseState::Restoring))
        .collect::<Vec<_>>();
    if role(s, name)? != Role::Secondary || takes.is_zero() || seeded.is_empty() {
        return Ok(Duration::ZERO);
    }
    for db in &seeded {
        roles::evict(s, db, now);
    }
    if let Some(g) = s.hadr.group_mut(name) {
        (g.role, g.generation) = (Role::Resolving, 0);
    }
    notes::note_state(s, name, "LinkFailoverInProgress");
    if let Some(l) = s.hadr.links.get_mut(&name.to_lowercase()) {
        l.dropping = true;
    }
    roles::refresh_access(s, config);
    Ok(takes)
}

/// Deletes a link: for a seeded secondary this is the failover, its database becomes an ordinary, writable one. What was
/// only half seeded goes away.
pub async fn delete_link(mi: &Arc<Instance>, name: &str) -> Result<(), LinkError> {
    let takes = mi.with(|s| begin_delete(s, &mi.config, name, mi.clock.now()))?;
    if !takes.is_zero() {
        mi.notify();
        tokio::time::sleep(takes).await;
    }
    let now = mi.clock.now();
    let opened = mi.with(|s| {
        let was = role(s, name)?;
        let Some(link) = s.hadr.links.remove(&name.to_lowercase()) else { return Err(not_found(name)) };
        let names = roles::databases_of(s, name);
        let mut opened = Vec::new();
        for db in names {
            let whole = was == Role::Primary || s.database(&db).is_some_and(|d| d.state != DatabaseState::Restoring);
            if !whole {
                roles::evict(s, &db, now);
                s.databases.remove(&db.to_lowercase());
                s.hadr.forks.remove(&db.to_lowercase());
                continue;
            }
            if let Some(d) = s.database_mut(&db) {
                roles::redo_all(d);
            }
            if was != Role::Primary {
                roles::new_fork(s, &db);
                opened.push(db);
            }
        }
        s.hadr.groups.remove(&name.to_lowercase());
        s.hadr.groups.remove(&link.instance_ag.to_lowercase());
        roles::refresh_access(s, &mi.config);
        roles::refresh_sync(s);
        Ok(opened)
    })?;
    mi.notify();
    for db in opened {
        notes::schedule_first_backup(mi, &db);
    }
    Ok(())
}

fn refused(e: &SqlError) -> LinkError {
    let code = match e.number {
        47515 => "DistributedAvailabilityGroupFailoverLogSendQueueSizeTooBig",
        47516 => "DistributedAvailabilityGroupFailoverRedoQueueSizeTooBig",
        47512 | 47513 => "DistributedAvailabilityGroupSetRoleChangeRoleAlreadyInProgress",
        47514 => "DistributedAvailabilityGroupFailoverSecondariesNotSynchronizing",
        41965 => "DistributedAvailabilityGroupSetRoleInstanceAlreadyInRequestedRole",
        _ => "DistributedAvailabilityGroupSetRoleFailed",
    };
    LinkError::new(409, code, e.message.clone())
}

/// Fails a link over. Planned only from the primary (facts: arm-api 3.2).
pub async fn failover(mi: &Arc<Instance>, name: &str, kind: FailoverType) -> Result<(), LinkError> {
    let (role, one_way) = mi.with(|s| {
        let one_way =
            s.hadr.links.get(&name.to_lowercase()).is_some_and(|l| l.failover_mode.eq_ignore_ascii_case("None"));
        role(s, name).map(|r| (r, one_way))
    })?;
    match (kind, role) {
        (FailoverType::Planned, Role::Primary) => failover::planned(mi, name).await.map_err(|e| refused(&e)),
        (FailoverType::ForcedAllowDataLoss, Role::Secondary | Role::Resolving) if one_way => {
            Err(LinkError::new(400, "InvalidDistributedAvailabilityGroupFailoverRequest", error(41985, &[]).message))
        }
        (FailoverType::ForcedAllowDataLoss, Role::Secondary | Role::Resolving) => {
            failover::force(mi, name).map_err(|e| refused(&e))
        }
        _ => Err(LinkError::new(
            400,
            "InvalidDistributedAvailabilityGroupFailoverInstanceRole",
            "The requested failover type is not supported for the current role of the instance in the link.",
        )),
    }
}

/// `setRole` (facts: mi-link 8.4).
pub async fn set_role(mi: &Arc<Instance>, name: &str, to: Role, forced: bool) -> Result<(), LinkError> {
    let now = mi.with(|s| role(s, name))?;
    match (to, forced) {
        _ if to == now => Err(LinkError::new(
            409,
            "DistributedAvailabilityGroupSetRoleInstanceAlreadyInRequestedRole",
            error(41965, &[&format!("{to:?}").to_uppercase()]).message,
        )),
        (Role::Primary, false) => Err(LinkError::new(
            409,
            "DistributedAvailabilityGroupSetRolePrimaryPlannedNotSupported",
            error(41970, &[]).message,
        )),
        (Role::Primary, true) => failover(mi, name, FailoverType::ForcedAllowDataLoss).await,
        (_, false) => failover(mi, name, FailoverType::Planned).await,
        (_, true) => failover::to_secondary(mi, name).map_err(|e| refused(&e)),
    }
}
