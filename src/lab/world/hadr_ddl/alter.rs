//! `ALTER AVAILABILITY GROUP`.

use super::capability;
use super::create;
use super::distributed;
use super::join;
use super::make::new_replica;
use super::messages::error;
use super::options;
use super::options::word;
use super::removal;
use super::specs;
use crate::lab::mirror;
use crate::lab::mirror::roles;
use crate::lab::tsql::ast::AlterAg;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::ReplicaSpec;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

type Done = SqlResult<Vec<SqlError>>;

/// One action on a group that exists and that the session may alter (a DAG to be joined need not exist).
pub(super) async fn execute(instance: &Arc<Instance>, name: &str, action: &AlterAg) -> Done {
    match action {
        AlterAg::JoinDistributed(list) => return distributed::join(instance, name, list),
        AlterAg::Join(options) => return join::local(instance, name, options).await,
        _ => {}
    }
    let group = instance.with(|s| s.hadr.group(name).cloned());
    let Some(group) = group else { return Err(error(19510, &[&name])) };
    if instance.config.is_managed() {
        managed(instance, &group, action)?;
    }
    match action {
        AlterAg::Failover => failover(instance, &group).await,
        AlterAg::ForceFailoverAllowDataLoss => force(instance, &group),
        AlterAg::Set(option) => set(instance, &group, option),
        AlterAg::ModifyDistributed(list) => distributed::modify(instance, name, list),
        AlterAg::GrantCreateAnyDatabase => grant(instance, name, true),
        AlterAg::DenyCreateAnyDatabase => grant(instance, name, false),
        AlterAg::AddDatabase(list) => add_databases(instance, &group, list),
        AlterAg::RemoveDatabase(list) => removal::remove_databases(instance, &group, list),
        AlterAg::AddReplica(spec) => add_replica(instance, &group, spec),
        AlterAg::ModifyReplica(spec) => modify_replica(instance, &group, spec),
        AlterAg::RemoveReplica(replica) => remove_replica(instance, &group, replica),
        AlterAg::Join(_) | AlterAg::JoinDistributed(_) => Err(error(41106, &[&name])),
        AlterAg::Offline | AlterAg::Listener(_) => {
            Err(SqlError::new(40000, 16, "The lab does not support: listeners and OFFLINE of availability groups"))
        }
    }
}

/// On a managed instance only a link's roles and modes are the user's (facts: sql-server-hadr h).
fn managed(instance: &Instance, group: &Group, action: &AlterAg) -> SqlResult<()> {
    let known = instance.with(|s| s.hadr.links.contains_key(&group.name.to_lowercase()));
    let role = |o: &DdlOption| o.key == "ROLE";
    let fine = match action {
        AlterAg::Failover | AlterAg::ForceFailoverAllowDataLoss | AlterAg::ModifyDistributed(_) => true,
        AlterAg::Set(o) => role(o),
        _ => false,
    };
    if !known || !fine {
        return Err(error(41906, &[&"ALTER AVAILABILITY GROUP"]));
    }
    Ok(())
}

async fn failover(instance: &Arc<Instance>, group: &Group) -> Done {
    if group.distributed {
        if !group.is_link() || !capability::planned_failover(&instance.config) {
            return Err(error(19504, &[&group.name]));
        }
        mirror::planned(instance, &group.name).await?;
        return Ok(Vec::new());
    }
    match (group.cluster_type, group.role) {
        (1, _) => Err(error(47104, &[&group.name])),
        (2, _) => Err(error(47122, &[&group.name])),
        (_, Role::Primary) => Err(error(41122, &[&group.name])),
        _ => Err(error(41142, &[&group.name])),
    }
}

fn force(instance: &Arc<Instance>, group: &Group) -> Done {
    let one_way = instance.with(|s| {
        s.hadr.links.get(&group.name.to_lowercase()).is_some_and(|l| l.failover_mode.eq_ignore_ascii_case("None"))
    });
    if one_way && group.role != Role::Primary {
        return Err(error(41985, &[]));
    }
    if group.cluster_type == 1 {
        return Err(error(47104, &[&group.name]));
    }
    mirror::force(instance, &group.name)?;
    Ok(Vec::new())
}

fn set(instance: &Arc<Instance>, group: &Group, option: &DdlOption) -> Done {
    if option.key == "ROLE" {
        if word(&option.value) != "SECONDARY" {
            return Err(options::syntax(&word(&option.value)));
        }
        if !group.distributed && group.cluster_type == 0 {
            return Err(options::syntax("ROLE"));
        }
        mirror::to_secondary(instance, &group.name)?;
        return Ok(Vec::new());
    }
    let config = &instance.config;
    instance.with(|s| {
        let Some(g) = s.hadr.group_mut(&group.name) else { return Err(error(19510, &[&group.name])) };
        primary(g)?;
        let mut changed = g.clone();
        let required = option.key == "REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT";
        if g.distributed && !(required && config.major() >= 16) {
            return Err(error(19497, &[]));
        }
        create::set_option(&mut changed, option, config, false)?;
        if required {
            let local = if g.distributed { g.primary.clone().unwrap_or_default() } else { config.server_name.clone() };
            let possible =
                g.replicas.iter().filter(|r| r.availability_mode == 1 && !r.name.eq_ignore_ascii_case(&local)).count();
            if changed.required_sync > possible as i32 {
                return Err(error(35248, &[&changed.required_sync, &possible, &g.name]));
            }
        }
        changed.sequence_number += 1;
        *g = changed;
        roles::refresh_sync(s);
        Ok(Vec::new())
    })
}

/// 41140 on any replica but the primary.
pub(super) fn primary(group: &Group) -> SqlResult<()> {
    if group.role == Role::Primary { Ok(()) } else { Err(error(41140, &[&group.name])) }
}

fn grant(instance: &Arc<Instance>, name: &str, on: bool) -> Done {
    instance.with(|s| {
        if let Some(g) = s.hadr.group_mut(name) {
            g.create_any_database = on;
        }
    });
    Ok(Vec::new())
}

fn in_link(s: &InstanceState, ag: &str) -> bool {
    s.hadr.dags_of(ag).any(Group::is_link)
}

fn add_databases(instance: &Arc<Instance>, group: &Group, list: &[String]) -> Done {
    let config = &instance.config;
    if group.distributed {
        return Err(error(41140, &[&group.name]));
    }
    instance.with(|s| {
        primary(group)?;
        if in_link(s, &group.name) {
            return Err(error(47503, &[&group.name]));
        }
        for db in list {
            create::check_database(s, config, &group.name, db)?;
        }
        if group.basic && group.databases.len() + list.len() > 1 {
            return Err(error(35200, &[&list[0], &group.name, &1]));
        }
        for db in list {
            if let Some(g) = s.hadr.group_mut(&group.name) {
                g.databases.push(db.clone());
                g.database_id(db);
                g.sequence_number += 1;
            }
            create::add_progress(s, config, &group.name, db);
        }
        roles::refresh_access(s, config);
        Ok(Vec::new())
    })
}

fn add_replica(instance: &Arc<Instance>, group: &Group, spec: &ReplicaSpec) -> Done {
    primary(group)?;
    if group.own(&spec.name).is_some() {
        return Err(error(35282, &[&spec.name, &group.name]));
    }
    let mut replica = new_replica(&spec.name, "", instance.clock.now());
    specs::apply_all(&mut replica, spec, "ENDPOINT_URL")?;
    create::check_modes(group, &replica, "ALTER AVAILABILITY GROUP")?;
    instance.with(|s| {
        if let Some(g) = s.hadr.group_mut(&group.name) {
            g.replicas.push(replica);
            g.sequence_number += 1;
        }
    });
    Ok(Vec::new())
}

fn modify_replica(instance: &Arc<Instance>, group: &Group, spec: &ReplicaSpec) -> Done {
    if group.distributed {
        return Err(error(35210, &[&spec.name, &group.name]));
    }
    primary(group)?;
    let mut changed = group.clone();
    let required = group.required_sync;
    let copy = changed.clone();
    let Some(replica) = changed.replica_mut(&spec.name) else {
        return Err(error(35210, &[&spec.name, &group.name]));
    };
    let mut any = false;
    for option in &spec.options {
        any |= specs::apply(replica, option)?;
    }
    create::check_modes(&copy, replica, "ALTER AVAILABILITY GROUP")?;
    if replica.availability_mode == 0 && required > 0 {
        return Err(error(19530, &[&group.name]));
    }
    if !any {
        return Ok(vec![error(41185, &[&group.name])]);
    }
    replica.modify_date = instance.clock.now();
    let replica = replica.clone();
    instance.with(|s| {
        if let Some(g) = s.hadr.group_mut(&group.name) {
            g.sequence_number += 1;
            if let Some(r) = g.replica_mut(&spec.name) {
                *r = replica;
            }
        }
        roles::refresh_access(s, &instance.config);
    });
    Ok(Vec::new())
}

fn remove_replica(instance: &Arc<Instance>, group: &Group, name: &str) -> Done {
    primary(group)?;
    if name.eq_ignore_ascii_case(&instance.config.server_name) {
        return Err(error(35284, &[&name, &group.name]));
    }
    let Some(id) = group.own(name).map(|r| r.replica_id) else { return Err(error(35283, &[&name, &group.name])) };
    instance.with(|s| {
        if let Some(g) = s.hadr.group_mut(&group.name) {
            g.replicas.retain(|r| r.replica_id != id);
            g.progress.retain(|p| p.replica_id != id);
            g.sequence_number += 1;
        }
        roles::refresh_sync(s);
    });
    Ok(Vec::new())
}
