//! From a scenario to the state its instances start with.

use super::load::ScenarioError;
use super::servers::LogicalServer;
use super::types::Column;
use super::types::Database;
use super::types::Job;
use super::types::ManagedInstance;
use super::types::Scenario;
use super::types::SqlServer;
use super::types::Table;
use crate::lab::arm::ids::from_hex;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::world::instance::Installed;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::setup::DatabaseSpec;
use crate::lab::world::setup::JobSpec;
use crate::lab::world::setup::LoginSpec;
use crate::lab::world::setup::TableSpec;
use crate::lab::world::storage::ColumnDef;
use time::OffsetDateTime;

/// What a new, empty database counts: the size a scenario gives goes on top of it.
const EMPTY_MIB: u32 = 8;

/// Configuration and first state of every instance, SQL Servers first. Secrets must have been filled in.
pub fn instances(
    scenario: &Scenario,
    now: OffsetDateTime,
) -> Result<Vec<(InstanceConfig, InstanceState)>, ScenarioError> {
    let servers = scenario.sql_servers.iter().map(sql_server);
    let managed = scenario.managed_instances.iter().map(managed_instance);
    let logical = scenario.servers.iter().map(logical_server);
    servers.chain(managed).chain(logical).map(|config| Ok((config.clone(), state(scenario, &config, now)?))).collect()
}

fn sql_server(server: &SqlServer) -> InstanceConfig {
    InstanceConfig {
        id: server.id.clone(),
        kind: InstanceKind::SqlServer {
            version: server.version.clone(),
            edition: server.edition.clone(),
            update_level: server.update_level.clone(),
            update_reference: server.update_reference.clone(),
        },
        server_name: server.server_name.clone(),
        host: server.host.clone(),
        collation: server.collation.clone(),
        trace_flags: server.trace_flags.clone(),
        hadr_enabled: server.hadr_enabled,
        linux: server.linux,
        installed: Installed {
            clustered: server.clustered,
            machine: server.machine_name.clone(),
            system: server.system.clone(),
            logical: false,
        },
    }
}

fn managed_instance(managed: &ManagedInstance) -> InstanceConfig {
    InstanceConfig {
        id: managed.id.clone(),
        kind: InstanceKind::Managed {
            database_format: managed.database_format.clone(),
            tier: managed.tier.clone(),
            next_gen: managed.next_gen,
            vcores: managed.vcores,
            storage_gb: managed.storage_gb,
            name: managed.name.clone(),
        },
        server_name: managed.fqdn(),
        host: managed.fqdn(),
        collation: managed.collation.clone(),
        trace_flags: Vec::new(),
        hadr_enabled: true,
        linux: false,
        installed: Installed::default(),
    }
}

/// A logical server: the newest engine without an update policy, one name for all its databases.
fn logical_server(server: &LogicalServer) -> InstanceConfig {
    InstanceConfig {
        id: server.id.clone(),
        kind: InstanceKind::Managed {
            database_format: "AlwaysUpToDate".to_owned(),
            tier: String::new(),
            next_gen: false,
            vcores: 0,
            storage_gb: 0,
            name: server.name.clone(),
        },
        server_name: server.name.clone(),
        host: server.fqdn(),
        collation: "SQL_Latin1_General_CP1_CI_AS".to_owned(),
        trace_flags: Vec::new(),
        hadr_enabled: true,
        linux: false,
        installed: Installed { logical: true, ..Installed::default() },
    }
}

fn state(scenario: &Scenario, config: &InstanceConfig, now: OffsetDateTime) -> Result<InstanceState, ScenarioError> {
    let mut state = InstanceState::new(config, now);
    state.server.logical = config.is_logical();
    let here = |id: &String| *id == config.id;
    // One that is made later gets its administrator from the request that makes it.
    let later = scenario.managed_instances.iter().any(|m| m.id == config.id && m.made_later);
    for login in scenario
        .logins
        .iter()
        .filter(|l| here(&l.instance) && !(later && l.server_roles.iter().any(|r| r == "sysadmin")))
    {
        let sid = login.sid.as_deref().map(|s| from_hex(s).filter(|b| b.len() == 16).ok_or(s)).transpose();
        let sid = sid.map_err(|s| invalid(format!("login `{}` has a SID `{s}` that is not 16 bytes", login.name)))?;
        let spec = LoginSpec {
            name: login.name.clone(),
            sid,
            password: login.password.clone(),
            roles: login.server_roles.clone(),
            ..LoginSpec::default()
        };
        state.add_login(&spec, now);
    }
    for database in scenario.databases.iter().filter(|d| here(&d.instance)) {
        let spec = database_spec(scenario, database)?;
        state.add_database(config, &spec, now);
    }
    for job in scenario.jobs.iter().filter(|j| here(&j.instance)) {
        state.add_job(&job_spec(job), now);
    }
    for server in scenario.linked_servers.iter().filter(|s| here(&s.instance)) {
        state.add_linked_server(&server.name, &server.data_source, None, now);
        if let Some(added) = state.server.linked_servers.get_mut(&server.name.to_lowercase()) {
            added.product.clone_from(&server.product);
            added.provider.clone_from(&server.provider);
        }
    }
    Ok(state)
}

fn invalid(why: String) -> ScenarioError {
    ScenarioError::Invalid(why)
}

fn database_spec(scenario: &Scenario, database: &Database) -> Result<DatabaseSpec, ScenarioError> {
    let recovery_model = match database.recovery_model.to_ascii_uppercase().as_str() {
        "FULL" => 1,
        "BULK_LOGGED" => 2,
        "SIMPLE" => 3,
        other => return Err(invalid(format!("no recovery model `{other}`"))),
    };
    let users = scenario.logins.iter().filter(|l| l.instance == database.instance).filter_map(|login| {
        let role = login.database_role.clone()?;
        Some((login.name.clone(), login.name.clone(), vec![role]))
    });
    Ok(DatabaseSpec {
        name: database.name.clone(),
        recovery_model,
        full_backup: database.full_backup,
        ballast_bytes: u64::from(database.size_mib.saturating_sub(EMPTY_MIB)) << 20,
        tables: database.tables.iter().map(table).collect::<Result<_, _>>()?,
        users: users.collect(),
        ..DatabaseSpec::default()
    })
}

fn table(table: &Table) -> Result<TableSpec, ScenarioError> {
    let column = |(at, column): (usize, &Column)| {
        let ty = sql_type(&column.kind)
            .ok_or_else(|| invalid(format!("column `{}` has an unknown type `{}`", column.name, column.kind)))?;
        let (id, name, nullable) = (at as i32 + 1, column.name.clone(), column.nullable);
        Ok(ColumnDef { id, name, ty, nullable, identity: None, default: None, computed: None })
    };
    let key = |name: &String| {
        table
            .columns
            .iter()
            .position(|c| c.name == *name)
            .ok_or_else(|| invalid(format!("table `{}` has no column `{name}` for its key", table.name)))
    };
    Ok(TableSpec {
        name: table.name.clone(),
        columns: table.columns.iter().enumerate().map(column).collect::<Result<_, ScenarioError>>()?,
        primary_key: table.primary_key.iter().map(key).collect::<Result<_, _>>()?,
        ..TableSpec::default()
    })
}

/// The few types that scenarios use.
fn sql_type(text: &str) -> Option<SqlType> {
    let (name, length) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')')?.trim())),
        None => (text.trim(), None),
    };
    let len = || match length {
        Some(max) if max.eq_ignore_ascii_case("max") => Some(Len::Max),
        Some(n) => n.parse().ok().filter(|n| (1..=8000).contains(n)).map(Len::N),
        None => None,
    };
    Some(match (name.to_ascii_lowercase().as_str(), length) {
        ("int", None) => SqlType::Int,
        ("bigint", None) => SqlType::BigInt,
        ("bit", None) => SqlType::Bit,
        ("uniqueidentifier", None) => SqlType::UniqueIdentifier,
        ("datetime2", None) => SqlType::DateTime2(7),
        ("nvarchar", _) => SqlType::NVarChar(len()?),
        ("varchar", _) => SqlType::VarChar(len()?),
        ("varbinary", _) => SqlType::VarBinary(len()?),
        _ => return None,
    })
}

fn job_spec(job: &Job) -> JobSpec {
    let step = ("step 1".to_owned(), "TSQL".to_owned(), Some(job.database.clone()), job.command.clone());
    JobSpec {
        name: job.name.clone(),
        enabled: job.enabled,
        owner: Some(job.owner.clone()),
        steps: vec![step],
        run_seconds: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::Options;
    use crate::lab::scenario::load;
    use crate::lab::scenario::secrets;
    use time::macros::datetime;

    #[test]
    fn every_scenario_can_be_built() {
        for name in crate::lab::scenario::LINKED {
            let options = Options { databases: Some(2), odd_name: true, writers: None, size_mib: None };
            let mut scenario = load(name, &options).unwrap();
            secrets::fill(&mut scenario, &mut secrets::random);
            let built = instances(&scenario, datetime!(2026-03-01 10:00 UTC)).unwrap();
            let (config, state) = &built[0];
            assert_eq!((config.id.as_str(), config.is_managed()), ("sql-a", false));
            let odd = state.database(crate::lab::scenario::load::ODD_NAME).unwrap();
            assert_eq!(odd.size_bytes() >> 20, 64);
            assert_eq!(odd.options.recovery_model, 1);
            assert!(odd.options.last_log_backup.is_some(), "the log chain has begun");
            let app = state.security.by_name("app_ledger").unwrap();
            let given = scenario.logins.iter().find(|l| l.name == "app_ledger").unwrap().sid.clone().unwrap();
            assert_eq!(app.sid, from_hex(&given).unwrap());
            assert_eq!(state.server.jobs.len(), 1);
            let (target, empty) = built.iter().find(|(config, _)| config.is_managed()).unwrap();
            assert!(empty.database("ledger").is_none());
            assert_eq!(target.host, "mi-a.a1b2c3d4e5f6.database.windows.net");
        }
    }

    #[test]
    fn types_are_read_or_refused() {
        assert_eq!(sql_type("nvarchar(100)"), Some(SqlType::NVarChar(Len::N(100))));
        assert_eq!(sql_type("VARCHAR( max )"), Some(SqlType::VarChar(Len::Max)));
        for bad in ["nvarchar", "nvarchar(0)", "int(4)", "varchar(9000)", "money2", "varchar(4"] {
            assert_eq!(sql_type(bad), None, "{bad}");
        }
    }
}
