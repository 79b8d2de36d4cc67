//! `ALTER DATABASE … SET HADR`.

use super::dispatch::principal;
use super::messages::error;
use super::removal;
use crate::lab::mirror::roles;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

/// SUSPEND_FROM_USER of `suspend_reason`.
const FROM_USER: u8 = 0;

/// Runs one action; the effect on data movement follows.
pub(super) fn execute(
    instance: &Arc<Instance>,
    cx: &SessionCx,
    database: &str,
    action: &str,
    group: Option<&str>,
) -> SqlResult<Vec<SqlError>> {
    let name = if database == "CURRENT" { cx.database.as_str() } else { database };
    let now = instance.clock.now();
    instance.with(|s| {
        let id = principal(s, cx);
        let allowed = s.security.has(id, "ALTER ANY DATABASE");
        if s.database(name).is_none() || !allowed {
            return Err(crate::lab::world::messages::error(5011, &[&name]));
        }
        let ag = s.database(name).and_then(|d| d.ag.clone()).and_then(|a| s.hadr.group(&a).cloned());
        match (action, ag) {
            ("AVAILABILITY GROUP", None) => join(s, name, group.unwrap_or_default()),
            ("AVAILABILITY GROUP", Some(ag)) => Err(error(35280, &[&name, &ag.name])),
            (_, None) => Err(error(35242, &[&name])),
            ("OFF", Some(ag)) => off(s, instance, name, &ag, now),
            ("SUSPEND", Some(ag)) => {
                movement(s, &ag, name, Some(FROM_USER));
                let text = format!(
                    "Always On Availability Groups data movement for database '{name}' has been suspended for the \
                     following reason: \"user\" (Source ID 0; Source string: 'SUSPEND_FROM_USER'). To resume data \
                     movement on the database, you will need to resume the database manually."
                );
                s.error_log.push((now, text));
                Ok(Vec::new())
            }
            ("RESUME", Some(ag)) => {
                movement(s, &ag, name, None);
                let text = format!(
                    "Always On Availability Groups data movement for database '{name}' has been resumed. This is an \
                     informational message only. No user action is required."
                );
                s.error_log.push((now, text));
                Ok(Vec::new())
            }
            (other, Some(_)) => Err(super::options::syntax(other)),
        }
    })
}

/// The group's primary would have to be connected: a secondary's copy comes by seeding here.
fn join(s: &InstanceState, database: &str, group: &str) -> SqlResult<Vec<SqlError>> {
    match s.hadr.group(group).map(|g| g.role) {
        None => Err(error(15151, &[&"alter", &"availability group", &group])),
        Some(Role::Primary) => Err(error(35240, &[&database, &group])),
        Some(_) => Err(error(35250, &[])),
    }
}

fn off(
    s: &mut InstanceState,
    instance: &Instance,
    database: &str,
    ag: &Group,
    now: time::OffsetDateTime,
) -> SqlResult<Vec<SqlError>> {
    let secondary = ag.role != Role::Primary || s.hadr.dags_of(&ag.name).any(|d| d.role != Role::Primary);
    if !secondary {
        return Err(error(35240, &[&database, &ag.name]));
    }
    roles::evict(s, database, now);
    removal::leave(s, &ag.name, &[database.to_owned()]);
    if let Some(db) = s.database_mut(database) {
        db.state = DatabaseState::Restoring;
    }
    roles::refresh_access(s, &instance.config);
    Ok(Vec::new())
}

/// Suspends or resumes a database in its group and in every DAG above it.
pub(crate) fn movement(s: &mut InstanceState, ag: &Group, database: &str, reason: Option<u8>) {
    let key = database.to_lowercase();
    let hit = |g: &Group| g.name == ag.name || (g.distributed && g.own(&ag.name).is_some());
    for g in s.hadr.groups.values_mut().filter(|g| hit(g)) {
        match reason {
            Some(reason) => {
                g.suspended.insert(key.clone(), reason);
            }
            None => {
                g.suspended.remove(&key);
            }
        }
    }
    roles::refresh_sync(s);
}
