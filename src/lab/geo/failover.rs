//! Role changes of a group (facts: failover-groups 3).

use super::hub::Doing;
use super::hub::Group;
use super::types::GeoState;
use super::types::Trouble;
use crate::lab::mirror::managed;
use crate::lab::mirror::roles;
use crate::lab::world::database::Access;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const LOOK: Duration = Duration::from_millis(20);

fn begin(group: &Group) -> Result<(), Trouble> {
    let mut state = group.state();
    match state.doing {
        Doing::Nothing => {
            state.doing = Doing::FailingOver;
            Ok(())
        }
        _ => Err(Trouble::Busy),
    }
}

fn end(group: &Group) {
    group.state().doing = Doing::Nothing;
}

/// Names of the replicated databases.
fn members(group: &Group, s: &InstanceState) -> Vec<String> {
    s.databases.values().filter(|d| d.geo.is_some() && group.covers(&d.name)).map(|d| d.name.clone()).collect()
}

fn down(instance: &Instance) -> bool {
    instance.with(|s| s.server.region_down)
}

/// Without loss: waits until the partner has everything, lets nobody write, hands over.
pub(super) async fn planned(group: &Arc<Group>) -> Result<(), Trouble> {
    begin(group)?;
    let result = hand_over(group).await;
    end(group);
    result
}

async fn hand_over(group: &Arc<Group>) -> Result<(), Trouble> {
    let (old, new) = (group.primary(), group.secondary());
    tokio::time::sleep(old.with(|s| s.hadr.tuning.role_change)).await;
    let limit = Instant::now() + old.with(|s| s.hadr.tuning.failover_timeout);
    // Nobody is kept out while the partner does not even answer.
    while !group.is_synchronized() || down(&old) || down(&new) {
        if Instant::now() >= limit {
            return Err(Trouble::TimedOut("the secondary did not catch up in time".to_owned()));
        }
        tokio::time::sleep(LOOK).await;
    }
    let positions = shut(group, &old);
    let arrived =
        || new.with(|s| positions.iter().all(|(name, lsn)| s.databases.get(name).is_some_and(|d| d.hardened >= *lsn)));
    while !arrived() {
        if Instant::now() >= limit {
            reopen(group, &old);
            return Err(Trouble::TimedOut("the last log did not arrive in time".to_owned()));
        }
        tokio::time::sleep(LOOK).await;
    }
    swap(group, false);
    Ok(())
}

/// With whatever has arrived; what has not is lost.
pub(super) async fn forced(group: &Arc<Group>) -> Result<(), Trouble> {
    begin(group)?;
    let takes = group.secondary().with(|s| s.hadr.tuning.role_change);
    tokio::time::sleep(takes).await;
    // No two copies take writes: what is left of the old primary loses its role first.
    shut(group, &group.primary());
    swap(group, true);
    end(group);
    Ok(())
}

/// No commit after this: where each log ends.
fn shut(group: &Group, instance: &Instance) -> BTreeMap<String, Lsn> {
    let now = instance.clock.now();
    let positions = instance.with(|s| {
        let mut positions = BTreeMap::new();
        for name in members(group, s) {
            roles::evict(s, &name, now);
            if let Some(db) = s.database_mut(&name) {
                db.access = Access::Resolving;
                positions.insert(name.to_lowercase(), db.log_end);
            }
        }
        positions
    });
    instance.notify();
    positions
}

fn reopen(group: &Group, instance: &Instance) {
    instance.with(|s| {
        for name in members(group, s) {
            if let Some(db) = s.database_mut(&name) {
                db.access = Access::ReadWrite;
            }
        }
    });
    instance.notify();
}

fn swap(group: &Arc<Group>, forced: bool) {
    let (old, new) = (group.primary(), group.secondary());
    group.state().streams.cancel();
    old.with(|s| {
        for name in members(group, s) {
            if let Some(db) = s.database_mut(&name) {
                db.access = Access::ReadOnly;
                if let Some(geo) = &mut db.geo {
                    (geo.primary, geo.connected, geo.lag_s) = (false, false, None);
                    geo.partner.clone_from(&new.config.server_name);
                    geo.state = if forced { GeoState::Pending } else { GeoState::CatchUp };
                }
            }
        }
    });
    old.notify();
    let now = new.clock.now();
    let opened = new.with(|s| {
        let names = members(group, s);
        for name in &names {
            roles::evict(s, name, now);
            roles::forks(s, name);
            if forced {
                roles::new_fork(s, name);
            }
            if let Some(db) = s.database_mut(name) {
                let from = db.hardened;
                if let Some(geo) = &mut db.geo {
                    (geo.primary, geo.connected, geo.lag_s) = (true, false, None);
                    geo.partner.clone_from(&old.config.server_name);
                    geo.hardened = from;
                    geo.state = if forced { GeoState::Pending } else { GeoState::CatchUp };
                }
                db.access = Access::ReadWrite;
            }
        }
        names
    });
    {
        let mut state = group.state();
        state.primary = 1 - state.primary;
        state.resyncing = forced;
    }
    new.notify();
    for name in opened {
        managed::schedule_first_backup(&new, &name);
    }
    group.start_streams();
    if forced {
        tokio::spawn(resynchronized(group.clone()));
    }
}

/// The old primary comes back by itself and is copied again (facts: failover-groups 6.7).
async fn resynchronized(group: Arc<Group>) {
    let generation = group.state().streams.clone();
    while !generation.is_cancelled() {
        if group.is_synchronized() {
            group.state().resyncing = false;
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}
