//! `DROP AVAILABILITY GROUP`, `REMOVE DATABASE`.

use super::alter;
use super::messages::error;
use crate::lab::mirror::roles;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

/// Drops this side of a group. A primary's databases stay online and writable; a secondary's become RESTORING. Of a DAG
/// only the tie goes: the local AG stays, and what it holds is its own again.
pub(super) fn drop_group(instance: &Arc<Instance>, name: &str) -> SqlResult<Vec<SqlError>> {
    let now = instance.clock.now();
    instance.with(|s| {
        let Some(group) = s.hadr.group(name).cloned() else {
            return Err(error(15151, &[&"drop", &"availability group", &name]));
        };
        let names = roles::databases_of(s, name);
        let secondary = group.role != Role::Primary || s.hadr.dags_of(name).any(|d| d.role != Role::Primary);
        if secondary {
            for db in &names {
                roles::evict(s, db, now);
                separate(s, db, group.distributed);
            }
        }
        s.hadr.groups.remove(&name.to_lowercase());
        roles::refresh_access(s, &instance.config);
        roles::refresh_sync(s);
        let text = format!(
            "The availability group '{}' is being removed, either because it does not exist or by DROP AVAILABILITY \
             GROUP. This is an informational message only.",
            group.name
        );
        s.error_log.push((now, text));
        Ok(Vec::new())
    })
}

/// A secondary's database leaves its group.
fn separate(s: &mut InstanceState, database: &str, distributed: bool) {
    let unfinished = s.database(database).is_some_and(|d| d.state == DatabaseState::Restoring);
    if let Some(db) = s.database_mut(database) {
        roles::redo_all(db);
        if !distributed {
            db.state = DatabaseState::Restoring;
        }
    }
    if distributed && !unfinished {
        roles::new_fork(s, database);
    }
}

/// `REMOVE DATABASE`.
pub(super) fn remove_databases(instance: &Arc<Instance>, group: &Group, list: &[String]) -> SqlResult<Vec<SqlError>> {
    if group.distributed {
        return Err(error(41140, &[&group.name]));
    }
    alter::primary(group)?;
    instance.with(|s| {
        for db in list {
            if !group.databases.iter().any(|d| d.eq_ignore_ascii_case(db)) {
                return Err(error(41133, &[&db, &group.name]));
            }
            if s.hadr.dags_of(&group.name).any(Group::is_link) {
                return Err(error(47520, &[&db, &group.name]));
            }
        }
        leave(s, &group.name, list);
        roles::refresh_access(s, &instance.config);
        roles::refresh_sync(s);
        Ok(Vec::new())
    })
}

/// Takes databases out of a group's lists.
pub(super) fn leave(s: &mut InstanceState, group: &str, list: &[String]) {
    let gone = |d: &str| list.iter().any(|x| x.eq_ignore_ascii_case(d));
    if let Some(g) = s.hadr.group_mut(group) {
        g.databases.retain(|d| !gone(d));
        g.database_ids.retain(|d, _| !gone(d));
        g.progress.retain(|p| !gone(&p.database));
        g.sequence_number += 1;
    }
    for g in s.hadr.groups.values_mut().filter(|g| g.distributed && g.own(group).is_some()) {
        g.database_ids.retain(|d, _| !gone(d));
        g.progress.retain(|p| !gone(&p.database));
    }
}
