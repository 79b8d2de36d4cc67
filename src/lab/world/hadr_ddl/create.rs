//! `CREATE AVAILABILITY GROUP` of the ordinary kind. Checks in the order of facts sql-server-hadr (c).

use super::make::new_group;
use super::make::new_replica;
use super::messages::error;
use super::options;
use super::options::syntax;
use super::options::word;
use super::specs;
use crate::lab::mirror::roles;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::ast::ReplicaSpec;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

/// Creates a local AG with this instance as its primary.
pub(super) fn local(
    instance: &Arc<Instance>,
    name: &str,
    list: &[DdlOption],
    databases: &[String],
    specs: &[ReplicaSpec],
) -> SqlResult<Vec<SqlError>> {
    let config = &instance.config;
    instance.with(|s| {
        let mut group = new_group(s, name);
        // 2016 does not know the word; its groups live on a failover cluster
        for option in list {
            set_option(&mut group, option, config, true)?;
        }
        if group.cluster_type == 0 && config.major() >= 14 && s.hadr.cluster_name.is_none() {
            return Err(error(35220, &[]));
        }
        replicas(&mut group, config, specs, instance.clock.now())?;
        for db in databases {
            check_database(s, config, name, db)?;
        }
        edition(config)?;
        if s.hadr.group(name).is_some() {
            return Err(error(41042, &[&name]));
        }
        if group.basic && databases.len() > 1 {
            return Err(error(35200, &[&databases[1], &name, &1]));
        }
        group.databases = databases.to_vec();
        for db in databases {
            group.database_id(db);
        }
        s.hadr.groups.insert(name.to_lowercase(), group);
        for db in databases {
            add_progress(s, config, name, db);
        }
        roles::refresh_access(s, config);
        Ok(Vec::new())
    })
}

/// Rows for the remote replicas of a new database.
pub(super) fn add_progress(s: &mut InstanceState, config: &InstanceConfig, group: &str, database: &str) {
    if let Some(g) = s.hadr.group_mut(group) {
        let id = g.database_id(database);
        let remote: Vec<_> = g
            .replicas
            .iter()
            .filter(|r| !r.name.eq_ignore_ascii_case(&config.server_name))
            .map(|r| r.replica_id)
            .collect();
        for r in remote {
            g.progress.push(Progress::unknown(database, id, r));
        }
    }
}

/// Express and Web have no groups.
fn edition(config: &InstanceConfig) -> SqlResult<()> {
    match &config.kind {
        InstanceKind::SqlServer { edition, .. } if edition.starts_with("Express") || edition.starts_with("Web") => {
            Err(error(41199, &[&"CREATE AVAILABILITY GROUP"]))
        }
        _ => Ok(()),
    }
}

fn replicas(
    group: &mut Group,
    config: &InstanceConfig,
    specs: &[ReplicaSpec],
    now: time::OffsetDateTime,
) -> SqlResult<()> {
    if !specs.iter().any(|r| r.name.eq_ignore_ascii_case(&config.server_name)) {
        return Err(error(35237, &[&group.name]));
    }
    for spec in specs {
        let mut replica = new_replica(&spec.name, "", now);
        specs::apply_all(&mut replica, spec, "ENDPOINT_URL")?;
        check_modes(group, &replica, "CREATE AVAILABILITY GROUP")?;
        if spec.name.eq_ignore_ascii_case(&config.server_name) {
            replica.role = Role::Primary;
            replica.connected = true;
        }
        if group.own(&spec.name).is_some() {
            return Err(error(35282, &[&spec.name, &group.name.clone()]));
        }
        group.replicas.push(replica);
    }
    group.primary = Some(config.server_name.clone());
    Ok(())
}

/// Combinations of modes that no group of this kind has (35211, 47101 to 47103).
pub(super) fn check_modes(group: &Group, replica: &Replica, verb: &str) -> SqlResult<()> {
    match (group.cluster_type, replica.failover_mode) {
        (0, 2) => return Err(error(47103, &[&group.name])),
        (1, 0 | 1) => return Err(error(47102, &[&group.name])),
        (2, 0 | 2) => return Err(error(47101, &[&group.name])),
        _ => {}
    }
    if replica.availability_mode == 0 && replica.failover_mode == 0 {
        return Err(error(35211, &[&verb, &replica.name]));
    }
    Ok(())
}

/// One group-level option.
pub(super) fn set_option(g: &mut Group, o: &DdlOption, config: &InstanceConfig, creating: bool) -> SqlResult<()> {
    let value = &o.value;
    match o.key.as_str() {
        "CLUSTER_TYPE" if creating && config.major() >= 14 => {
            g.cluster_type = match word(value).as_str() {
                "WSFC" => 0,
                "EXTERNAL" => 1,
                "NONE" => 2,
                other => return Err(syntax(other)),
            };
        }
        "AUTOMATED_BACKUP_PREFERENCE" => {
            g.automated_backup_preference = match word(value).as_str() {
                "PRIMARY" => 0,
                "SECONDARY_ONLY" => 1,
                "SECONDARY" => 2,
                "NONE" => 3,
                other => return Err(syntax(other)),
            };
        }
        "FAILURE_CONDITION_LEVEL" => g.failure_condition_level = options::number(value, 1, 5)?,
        "HEALTH_CHECK_TIMEOUT" => g.health_check_timeout_ms = options::number(value, 15_000, i64::from(i32::MAX))?,
        "DB_FAILOVER" => g.db_failover = options::switch(value)?,
        "DTC_SUPPORT" => g.dtc_support = options::switch(value)?,
        "BASIC" if creating && *value == OptionValue::None => g.basic = true,
        "CONTAINED" if creating && config.major() >= 16 => g.contained = true,
        "REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT" if config.major() >= 14 => {
            g.required_sync = options::number(value, 0, 8)?;
        }
        "WRITE_LEASE_VALIDITY" if config.major() >= 14 => {}
        "CLUSTER_CONNECTION_OPTIONS" if config.major() >= 17 => {}
        other => return Err(syntax(other)),
    }
    Ok(())
}

/// May the database join a group (35238 … 1475, 35259)?
pub(super) fn check_database(s: &InstanceState, config: &InstanceConfig, group: &str, name: &str) -> SqlResult<()> {
    let _ = config;
    let Some(db) = s.database(name) else { return Err(error(35238, &[&name, &group])) };
    if db.is_system() {
        return Err(error(35249, &[&name]));
    }
    if db.state != DatabaseState::Online {
        return Err(error(35238, &[&name, &group]));
    }
    if db.options.recovery_model != 1 {
        return Err(error(1465, &[&name]));
    }
    if db.options.bit("is_read_only") {
        return Err(error(1466, &[&name]));
    }
    if db.options.user_access == 1 {
        return Err(error(1488, &[&name]));
    }
    if db.options.bit("is_auto_close_on") {
        return Err(error(1469, &[&name]));
    }
    if db.options.last_log_backup.is_none() {
        return Err(error(1475, &[&name]));
    }
    match &db.ag {
        Some(ag) if ag.eq_ignore_ascii_case(group) => Err(error(35280, &[&name, &group])),
        Some(_) => Err(error(35259, &[&name])),
        None => Ok(()),
    }
}
