//! Role changes of a DAG that somebody asked for.

use super::managed;
use super::roles;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::database::Access;
use crate::lab::world::hadr::Failover;
use crate::lab::world::hadr::Role;
use crate::lab::world::hadr_ddl::error;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use std::sync::Arc;
use tokio::time::Instant;

/// A backlog above this is named as the reason when the partner does not catch up in time (47515, 47516).
const LARGE_QUEUE: i64 = 1024 * 1024;

/// Planned failover of a link from its primary: catch up, shut the sessions out, hand over. Ends when the roles have
/// changed, or with 47514 to 47516 and the roles as they were. Goes on if the caller is cancelled.
pub async fn planned(instance: &Arc<Instance>, group: &str) -> SqlResult<()> {
    let (instance, group) = (instance.clone(), group.to_owned());
    let task = tokio::spawn(async move { run(&instance, &group).await });
    task.await.unwrap_or_else(|_| Err(error(41970, &[])))
}

async fn run(instance: &Arc<Instance>, group: &str) -> SqlResult<()> {
    instance.with(|s| begin(s, group))?;
    instance.notify();
    // Before the partner is asked: what it must have caught up with is decided at the moment of the switch.
    tokio::time::sleep(instance.with(|s| s.hadr.tuning.role_change)).await;
    let limit = Instant::now() + instance.with(|s| s.hadr.tuning.failover_timeout);
    if !wait(instance, limit, |s| caught_up(s, group)).await {
        let why = instance.with(|s| {
            let why = cancel(s, group);
            roles::refresh_sync(s);
            managed::note_state(s, group, "LinkSynchronizing");
            why
        });
        instance.notify();
        return Err(why);
    }
    let now = instance.clock.now();
    let shut = instance.with(|s| shut_out(s, group, now));
    if !shut {
        instance.with(|s| cancel(s, group));
        instance.notify();
        return Err(error(47514, &[&group]));
    }
    instance.notify();
    let limit = Instant::now() + instance.with(|s| s.hadr.tuning.failover_timeout);
    let done = wait(instance, limit, |s| s.hadr.group(group).is_none_or(|g| g.failover.is_none())).await;
    let role = instance.with(|s| s.hadr.group(group).map(|g| g.role));
    match (done, role) {
        (true, Some(Role::Secondary)) => {
            instance.with(|s| {
                managed::note_role(s, group, Role::Secondary);
                managed::note_state(s, group, "LinkSynchronizing");
            });
            Ok(())
        }
        // unknown: the next meeting of the two sides settles it, and until then nobody writes here
        _ => Err(error(47514, &[&group])),
    }
}

fn begin(s: &mut InstanceState, group: &str) -> SqlResult<()> {
    let Some(g) = s.hadr.group_mut(group) else { return Err(error(19510, &[&group])) };
    if g.failover.is_some() {
        return Err(error(47513, &[&g.name.clone()]));
    }
    if g.role != Role::Primary {
        return Err(error(47517, &[&g.name.clone()]));
    }
    g.failover = Some(Failover::CatchingUp);
    managed::note_state(s, group, "LinkFailoverInProgress");
    Ok(())
}

/// Every database of every remote replica is SYNCHRONIZED.
fn caught_up(s: &InstanceState, group: &str) -> bool {
    let names = roles::databases_of(s, group);
    let Some(g) = s.hadr.group(group) else { return true };
    !names.is_empty()
        && names.iter().all(|n| {
            g.progress.iter().any(|p| {
                p.database.eq_ignore_ascii_case(n) && p.sync_state == roles::SYNCHRONIZED && p.suspended.is_none()
            })
        })
}

fn cancel(s: &mut InstanceState, group: &str) -> SqlError {
    let Some(g) = s.hadr.group_mut(group) else { return error(19510, &[&group]) };
    g.failover = None;
    let connected = g.progress.iter().any(|p| p.sync_state != 0);
    let send = g.progress.iter().map(|p| p.send_queue_bytes).max().unwrap_or(0);
    let redo = g.progress.iter().map(|p| p.redo_queue_bytes).max().unwrap_or(0);
    let number = match (connected, send > LARGE_QUEUE, redo > LARGE_QUEUE) {
        (true, true, _) => 47515,
        (true, false, true) => 47516,
        _ => 47514,
    };
    let name = g.name.clone();
    error(number, &[&name])
}

/// No commit after this: sessions are ended, the end of log stands. False if the partner fell behind meanwhile.
fn shut_out(s: &mut InstanceState, group: &str, now: time::OffsetDateTime) -> bool {
    if !caught_up(s, group) {
        return false;
    }
    let names = roles::databases_of(s, group);
    let mut positions: Vec<(String, Lsn)> = Vec::new();
    for name in names {
        roles::evict(s, &name, now);
        if let Some(db) = s.database_mut(&name) {
            db.access = Access::Resolving;
            positions.push((name, db.log_end));
        }
    }
    let Some(g) = s.hadr.group_mut(group) else { return false };
    if g.role != Role::Primary {
        return false;
    }
    g.role = Role::Resolving;
    g.failover = Some(Failover::Switching { positions });
    true
}

/// Waits until `done`; false at the time limit.
async fn wait(instance: &Instance, limit: Instant, done: impl Fn(&InstanceState) -> bool) -> bool {
    let mut changed = instance.changed.subscribe();
    loop {
        changed.mark_unchanged();
        if instance.with(|s| done(s)) {
            return true;
        }
        tokio::select! {
            biased;
            () = instance.shutdown.cancelled() => return false,
            () = tokio::time::sleep_until(limit) => return false,
            _ = changed.changed() => {}
        }
    }
}

/// `FORCE_FAILOVER_ALLOW_DATA_LOSS`: this side becomes primary with what it has. On a side that had given up the
/// primary role it is the way back (facts: sql-server-hadr c).
pub fn force(instance: &Arc<Instance>, group: &str) -> SqlResult<()> {
    let now = instance.clock.now();
    let config = &instance.config;
    let databases = instance.with(|s| {
        let Some(g) = s.hadr.group(group) else { return Err(error(19510, &[&group])) };
        if g.role == Role::Primary {
            return Err(error(41122, &[&g.name.clone()]));
        }
        let names = roles::databases_of(s, group);
        if !names.is_empty() && names.iter().all(|n| !seeded(s, group, n)) {
            return Err(error(41142, &[&group]));
        }
        roles::become_primary(s, config, group, true, now);
        managed::note_role(s, group, Role::Primary);
        Ok(names)
    })?;
    instance.notify();
    for name in databases {
        managed::schedule_first_backup(instance, &name);
    }
    Ok(())
}

fn seeded(s: &InstanceState, group: &str, database: &str) -> bool {
    s.hadr
        .group(group)
        .is_some_and(|g| g.progress.iter().any(|p| p.database.eq_ignore_ascii_case(database) && p.seeded))
}

/// `SET (ROLE = SECONDARY)`.
pub fn to_secondary(instance: &Arc<Instance>, group: &str) -> SqlResult<()> {
    let now = instance.clock.now();
    let config = &instance.config;
    instance.with(|s| {
        let Some(g) = s.hadr.group(group) else { return Err(error(19510, &[&group])) };
        if g.failover.is_some() {
            return Err(error(47512, &[&g.name.clone()]));
        }
        if g.role == Role::Secondary {
            return if config.is_managed() { Err(error(41965, &[&"SECONDARY"])) } else { Ok(()) };
        }
        roles::become_secondary(s, config, group, now);
        managed::note_role(s, group, Role::Secondary);
        Ok(())
    })?;
    instance.notify();
    Ok(())
}
