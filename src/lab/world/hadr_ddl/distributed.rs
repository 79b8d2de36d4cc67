//! Distributed groups: create, join, modify.

use super::capability;
use super::make::new_group;
use super::make::new_replica;
use super::messages::error;
use super::options;
use super::options::syntax;
use super::options::word;
use super::specs;
use crate::lab::mirror::roles;
use crate::lab::mirror::url::EndpointUrl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::ReplicaSpec;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

/// `CREATE AVAILABILITY GROUP … WITH (DISTRIBUTED)`.
pub(super) fn create(
    instance: &Arc<Instance>,
    name: &str,
    list: &[DdlOption],
    participants: &[ReplicaSpec],
) -> SqlResult<Vec<SqlError>> {
    if options::get(list, "DISTRIBUTED").is_none() {
        return Err(error(19498, &[]));
    }
    if list.len() > 1 {
        return Err(error(19497, &[]));
    }
    instance.with(|s| {
        let replicas = read(&instance.config, participants, instance.clock.now())?;
        if s.hadr.group(name).is_some() {
            return Err(error(19509, &[&name]));
        }
        let local = local_ag(s, name, &replicas)?;
        let link = replicas.iter().find_map(|r| EndpointUrl::parse(&r.endpoint_url).filter(|u| u.server.is_some()));
        let role = match &link {
            Some(url) => check_link(&instance.config, name, &local, &replicas, url)?,
            None => Role::Primary,
        };
        standard_edition(&instance.config, link.is_some())?;
        install(s, &instance.config, name, replicas, &local.name, role);
        Ok(Vec::new())
    })
}

/// `ALTER AVAILABILITY GROUP … JOIN AVAILABILITY GROUP ON`: the same on the side that will be secondary. The group need
/// not exist before.
pub(super) fn join(instance: &Arc<Instance>, name: &str, participants: &[ReplicaSpec]) -> SqlResult<Vec<SqlError>> {
    instance.with(|s| {
        let replicas = read(&instance.config, participants, instance.clock.now())?;
        if s.hadr.group(name).is_some() {
            return Err(error(19509, &[&name]));
        }
        let local = local_ag(s, name, &replicas)?;
        if !local.databases.is_empty() {
            return Err(error(19511, &[&name, &local.name]));
        }
        install(s, &instance.config, name, replicas, &local.name, Role::Secondary);
        Ok(Vec::new())
    })
}

fn read(config: &InstanceConfig, participants: &[ReplicaSpec], now: time::OffsetDateTime) -> SqlResult<Vec<Replica>> {
    let [_, _] = participants else { return Err(syntax(",")) };
    let mut replicas = Vec::new();
    for spec in participants {
        let known = ["LISTENER_URL", "AVAILABILITY_MODE", "FAILOVER_MODE", "SEEDING_MODE", "SESSION_TIMEOUT"];
        if let Some(other) = spec.options.iter().find(|o| !known.contains(&o.key.as_str())) {
            return Err(syntax(&other.key));
        }
        let mut replica = new_replica(&spec.name, "", now);
        specs::apply_all(&mut replica, spec, "LISTENER_URL")?;
        if replica.failover_mode != 1 {
            return Err(error(35277, &[]));
        }
        check_url(config, &replica.endpoint_url)?;
        replicas.push(replica);
    }
    Ok(replicas)
}

fn check_url(config: &InstanceConfig, text: &str) -> SqlResult<()> {
    let refused = || error(19499, &[&text]);
    let url = EndpointUrl::parse(text).ok_or_else(refused)?;
    let fine = (url.server.is_none() || capability::link_capable(config))
        && (url.database.is_none() || (url.server.is_some() && capability::managed_primary(config)));
    if fine { Ok(()) } else { Err(refused()) }
}

/// The participant that is here.
fn local_ag(s: &InstanceState, name: &str, replicas: &[Replica]) -> SqlResult<Group> {
    let local = replicas.iter().find_map(|r| s.hadr.group(&r.name).filter(|g| !g.distributed));
    let Some(local) = local else { return Err(error(19501, &[])) };
    let pair = |g: &Group| replicas.iter().all(|r| g.own(&r.name).is_some());
    if s.hadr.groups.values().any(|g| g.distributed && pair(g)) {
        return Err(error(19507, &[]));
    }
    if s.hadr.dags_of(&local.name).any(|d| d.role != Role::Primary) {
        return Err(error(19503, &[]));
    }
    if local.basic {
        return Err(error(19513, &[&name]));
    }
    if local.contained {
        return Err(error(47129, &[&name]));
    }
    Ok(local.clone())
}

/// Rules of a managed partner. The answer is the role of this side: secondary when the link begins at the instance.
fn check_link(
    config: &InstanceConfig,
    name: &str,
    local: &Group,
    replicas: &[Replica],
    url: &EndpointUrl,
) -> SqlResult<Role> {
    let _ = config;
    if replicas.iter().any(|r| r.seeding_mode == 1) {
        return Err(error(47500, &[&name]));
    }
    let managed = |r: &&Replica| EndpointUrl::parse(&r.endpoint_url).is_some_and(|u| u.server.is_some());
    let secondary_sync = replicas.iter().any(|r| r.availability_mode == 1 && (managed(&r) || url.database.is_some()));
    if secondary_sync {
        return Err(error(47501, &[&name]));
    }
    if url.database.is_some() {
        if !local.databases.is_empty() {
            return Err(error(19511, &[&name, &local.name]));
        }
        return Ok(Role::Secondary);
    }
    match local.databases.len() {
        0 => Err(error(47519, &[&name, &local.name])),
        1 => Ok(Role::Primary),
        _ => Err(error(47502, &[&name, &local.name])),
    }
}

/// Standard Edition has distributed groups with Azure only.
fn standard_edition(config: &InstanceConfig, link: bool) -> SqlResult<()> {
    match &config.kind {
        InstanceKind::SqlServer { edition, .. } if edition.starts_with("Standard Edition") && !link => {
            Err(error(41199, &[&"distributed availability group"]))
        }
        _ => Ok(()),
    }
}

fn install(
    s: &mut InstanceState,
    config: &InstanceConfig,
    name: &str,
    replicas: Vec<Replica>,
    local: &str,
    role: Role,
) {
    let mut dag = Group { distributed: true, cluster_type: 2, role, replicas, ..new_group(s, name) };
    let primary = role == Role::Primary;
    for r in &mut dag.replicas {
        let own = r.name.eq_ignore_ascii_case(local);
        r.role = if own == primary { Role::Primary } else { Role::Secondary };
    }
    dag.primary = primary.then(|| local.to_owned());
    let databases = s.hadr.group(local).map(|g| g.databases.clone()).unwrap_or_default();
    let remote: Vec<_> =
        dag.replicas.iter().filter(|r| !r.name.eq_ignore_ascii_case(local)).map(|r| r.replica_id).collect();
    for db in databases.iter().filter(|_| primary) {
        let id = dag.database_id(db);
        for r in &remote {
            dag.progress.push(Progress::unknown(db, id, *r));
        }
    }
    s.hadr.groups.insert(name.to_lowercase(), dag);
    roles::refresh_access(s, config);
}

/// `MODIFY AVAILABILITY GROUP ON`: each side keeps its own copy of the configuration.
pub(super) fn modify(instance: &Arc<Instance>, name: &str, participants: &[ReplicaSpec]) -> SqlResult<Vec<SqlError>> {
    let config = &instance.config;
    instance.with(|s| {
        let Some(group) = s.hadr.group(name) else { return Err(error(19510, &[&name])) };
        if !group.distributed {
            return Err(error(19512, &[&name]));
        }
        if group.failover.is_some() {
            return Err(error(47512, &[&group.name.clone()]));
        }
        let mut changed = group.clone();
        let link = changed.is_link();
        let mut any = false;
        for spec in participants {
            for option in &spec.options {
                allowed(config, link, name, option)?;
                let required = changed.required_sync;
                let Some(replica) = changed.replica_mut(&spec.name) else {
                    return Err(error(19508, &[&spec.name, &name]));
                };
                any |= specs::apply(replica, option)?;
                if option.key == "AVAILABILITY_MODE" && replica.availability_mode == 0 && required > 0 {
                    return Err(error(19530, &[&spec.name]));
                }
            }
        }
        if !any {
            return Ok(vec![error(41185, &[&name])]);
        }
        changed.sequence_number += 1;
        for r in &mut changed.replicas {
            r.modify_date = instance.clock.now();
        }
        s.hadr.groups.insert(name.to_lowercase(), changed);
        Ok(Vec::new())
    })
}

fn allowed(config: &InstanceConfig, link: bool, name: &str, option: &DdlOption) -> SqlResult<()> {
    match option.key.as_str() {
        "AVAILABILITY_MODE" => Ok(()),
        "LISTENER_URL" => check_url(config, &options::text(&option.value)),
        "SEEDING_MODE" if link && word(&option.value) == "MANUAL" => Err(error(47500, &[&name])),
        "SEEDING_MODE" => Ok(()),
        "FAILOVER_MODE" if word(&option.value) != "MANUAL" => Err(error(35277, &[])),
        "FAILOVER_MODE" => Ok(()),
        other if link => Err(error(47523, &[&other, &name])),
        other => Err(syntax(other)),
    }
}
