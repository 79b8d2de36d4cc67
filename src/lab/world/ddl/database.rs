//! CREATE, ALTER and DROP DATABASE.

use super::not_on_managed;
use super::option_text;
use super::outside_transaction;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::access::On;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::options::DatabaseOptions;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::SchemaOp;
use std::time::Duration;

pub(super) async fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    match ddl {
        Ddl::CreateDatabase { name, options } => create(host, cx, name, options),
        Ddl::DropDatabase { names, if_exists } => {
            outside_transaction(host, cx, "DROP DATABASE")?;
            names.iter().try_for_each(|n| drop_one(host, cx, n, *if_exists))
        }
        Ddl::AlterDatabaseModifyName { database, to } => rename(host, cx, database, to),
        Ddl::AlterDatabaseSet { database, options, termination } => {
            outside_transaction(host, cx, "ALTER DATABASE")?;
            set(host, cx, database, options, termination.as_deref()).await
        }
        Ddl::AlterDatabaseOther { database, rest } => {
            outside_transaction(host, cx, "ALTER DATABASE")?;
            super::files::alter(host, cx, database, rest)
        }
        other => Err(error(40000, &[&format!("{other:?}").chars().take(40).collect::<String>()])),
    }?;
    host.instance.notify();
    Ok(Vec::new())
}

fn create(host: &InstanceHost, cx: &SessionCx, name: &str, options: &[DdlOption]) -> SqlResult<()> {
    outside_transaction(host, cx, "CREATE DATABASE")?;
    let config = &host.instance.config;
    let now = host.instance.clock.now();
    host.with(|s| {
        if !s.may(cx, "CREATE ANY DATABASE") {
            return Err(error(262, &[&"CREATE DATABASE", &"master"]));
        }
        if s.database(name).is_some() {
            return Err(error(1801, &[&name]).state(3));
        }
        let mut o = config.database_options(name);
        o.recovery_model = s.database("model").map_or(1, |m| m.options.recovery_model);
        if let Some(c) = option_text(options, "COLLATE") {
            o.collation = c;
        }
        if option_text(options, "CONTAINMENT").is_some_and(|c| c.eq_ignore_ascii_case("PARTIAL")) {
            o.containment = 1;
        }
        o.owner_sid = s.sessions.get(cx.spid).map_or_else(|| vec![1], |x| x.sid.clone());
        let data = Data::new(&o.owner_sid, now, false);
        let id = s.free_database_id();
        s.databases.insert(name.to_lowercase(), Database::new(id, name, o, data, now));
        Ok(())
    })
}

fn may_alter(s: &InstanceState, cx: &SessionCx, db: &Database) -> bool {
    s.may(cx, "ALTER ANY DATABASE") || s.may_in(cx, db, &db.data, "ALTER", On::Database)
}

fn drop_one(host: &InstanceHost, cx: &SessionCx, name: &str, if_exists: bool) -> SqlResult<()> {
    host.with(|s| {
        let Some(db) = s.database(name) else {
            return if if_exists { Ok(()) } else { Err(error(3701, &[&"drop", &"database", &name])) };
        };
        if !may_alter(s, cx, db) {
            return Err(error(3701, &[&"drop", &"database", &name]));
        }
        if db.is_system() {
            return Err(SqlError::new(
                3708,
                16,
                format!("Cannot drop the database '{}' because it is a system database.", db.name),
            ));
        }
        if db.ag.is_some() {
            return Err(error(3752, &[&db.name]));
        }
        if s.sessions.sessions.values().any(|x| !x.dead && x.database.eq_ignore_ascii_case(name)) {
            return Err(error(3702, &[&name]).state(3));
        }
        s.databases.remove(&name.to_lowercase());
        Ok(())
    })
}

fn rename(host: &InstanceHost, cx: &SessionCx, from: &str, to: &str) -> SqlResult<()> {
    host.with(|s| {
        let db = alterable(s, cx, from)?;
        let key = db.name.to_lowercase();
        if db.ag.is_some() {
            return Err(error(957, &[&db.name]));
        }
        if s.database(to).is_some() {
            return Err(error(1801, &[&to]).state(3));
        }
        if s.sessions.sessions.values().any(|x| x.spid != cx.spid && x.database.eq_ignore_ascii_case(from)) {
            return Err(SqlError::new(
                5030,
                16,
                "The database could not be exclusively locked to perform the operation.",
            ));
        }
        if let Some(mut db) = s.databases.remove(&key) {
            to.clone_into(&mut db.name);
            s.databases.insert(to.to_lowercase(), db);
        }
        if let Some(x) = s.sessions.get_mut(cx.spid).filter(|x| x.database.eq_ignore_ascii_case(from)) {
            to.clone_into(&mut x.database);
        }
        Ok(())
    })
}

pub(super) fn alterable<'a>(s: &'a InstanceState, cx: &SessionCx, name: &str) -> SqlResult<&'a Database> {
    let name = if name.eq_ignore_ascii_case("CURRENT") { cx.database.as_str() } else { name };
    s.database(name).filter(|d| may_alter(s, cx, d)).ok_or_else(|| error(5011, &[&name]).state(5))
}

/// Options that a database in an availability group refuses (1468).
fn refused_in_group(key: &str, word: &str) -> bool {
    matches!(key, "READ_ONLY" | "SINGLE_USER" | "RESTRICTED_USER" | "OFFLINE" | "EMERGENCY")
        || key == "AUTO_CLOSE" && word == "ON"
        || key == "RECOVERY" && word != "FULL"
}

/// Options a managed instance refuses (facts: cutover-night 1).
fn refused_on_managed(key: &str) -> bool {
    matches!(
        key,
        "READ_ONLY"
            | "OFFLINE"
            | "SINGLE_USER"
            | "RESTRICTED_USER"
            | "EMERGENCY"
            | "ENABLE_BROKER"
            | "DISABLE_BROKER"
            | "NEW_BROKER"
            | "RECOVERY"
            | "PARTNER"
            | "WITNESS"
    )
}

async fn set(
    host: &InstanceHost,
    cx: &SessionCx,
    database: &str,
    options: &[DdlOption],
    termination: Option<&str>,
) -> SqlResult<()> {
    let name = host.with(|s| {
        let db = alterable(s, cx, database)?;
        SqlResult::Ok(db.name.clone())
    })?;
    for o in options {
        if host.instance.config.is_managed() && refused_on_managed(&o.key) {
            not_on_managed(host, &format!("ALTER DATABASE SET {}", o.key))?;
        }
    }
    let exclusive = options.iter().any(|o| {
        matches!(
            o.key.as_str(),
            "READ_ONLY" | "READ_WRITE" | "OFFLINE" | "SINGLE_USER" | "READ_COMMITTED_SNAPSHOT" | "EMERGENCY"
        )
    });
    host.with(|s| {
        let db = alterable(s, cx, &name)?;
        for o in options {
            let word = value_word(&o.value);
            if db.ag.is_some() && refused_in_group(&o.key, &word) {
                return Err(error(1468, &[&db.name]));
            }
            if db.state == DatabaseState::Restoring {
                return Err(error(5052, &[&db.name]));
            }
        }
        Ok(())
    })?;
    if exclusive {
        clear_sessions(host, cx, &name, termination).await?;
    }
    let now = host.instance.clock.now();
    host.with(|s| {
        let db = alterable(s, cx, &name)?;
        let mut new = db.options.clone();
        let mut state = db.state;
        for o in options {
            apply(&mut new, &mut state, o)?;
        }
        if new.recovery_model != db.options.recovery_model
            && (new.recovery_model == 3 || db.options.recovery_model == 3)
        {
            new.last_log_backup = None;
        }
        let key = name.to_lowercase();
        if let Some(db) = s.databases.get_mut(&key) {
            db.append(vec![SchemaOp::Options(Box::new(new)).to_op()], cx.spid, true, now);
            db.state = state;
        }
        Ok(())
    })
}

/// Waits until nobody else uses the database, or makes it so (facts: 5061, 5070).
async fn clear_sessions(host: &InstanceHost, cx: &SessionCx, name: &str, termination: Option<&str>) -> SqlResult<()> {
    let others = |host: &InstanceHost| {
        host.with(|s| {
            let in_it = |x: &&crate::lab::world::session::SessionState| {
                x.spid != cx.spid && !x.dead && x.database.eq_ignore_ascii_case(name)
            };
            s.sessions.sessions.values().any(|x| in_it(&x))
        })
    };
    if !others(host) {
        return Ok(());
    }
    let mut changed = host.instance.changed.subscribe();
    let delay = match termination {
        Some("NO_WAIT") => return Err(error(5070, &[&name])),
        Some("ROLLBACK IMMEDIATE") => Some(Duration::ZERO),
        Some(t) => Some(Duration::from_secs(t.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))),
        None => u64::try_from(cx.lock_timeout_ms).ok().map(Duration::from_millis),
    };
    let wait = async {
        while others(host) {
            if changed.changed().await.is_err() {
                break;
            }
        }
    };
    let over = if let Some(d) = delay {
        tokio::time::timeout(d, wait).await.is_err()
    } else {
        wait.await;
        false
    };
    match (over, termination) {
        (false, _) => Ok(()),
        (true, Some(_)) => {
            host.with(|s| s.kill_sessions_in(name, Some(cx.spid)));
            host.instance.notify();
            Ok(())
        }
        (true, None) => Err(error(5061, &[&name])),
    }
}

fn value_word(v: &OptionValue) -> String {
    match v {
        OptionValue::Word(s) | OptionValue::Text(s) | OptionValue::Ident(s) => s.to_ascii_uppercase(),
        OptionValue::Number(n) => n.to_string(),
        _ => String::new(),
    }
}

/// SET option → bit column of `sys.databases`.
const BITS: [(&str, &str); 33] = [
    ("AUTO_CLOSE", "is_auto_close_on"),
    ("AUTO_SHRINK", "is_auto_shrink_on"),
    ("AUTO_CREATE_STATISTICS", "is_auto_create_stats_on"),
    ("AUTO_UPDATE_STATISTICS", "is_auto_update_stats_on"),
    ("AUTO_UPDATE_STATISTICS_ASYNC", "is_auto_update_stats_async_on"),
    ("READ_COMMITTED_SNAPSHOT", "is_read_committed_snapshot_on"),
    ("ALLOW_SNAPSHOT_ISOLATION", "snapshot_isolation"),
    ("MEMORY_OPTIMIZED_ELEVATE_TO_SNAPSHOT", "is_memory_optimized_elevate_to_snapshot_on"),
    ("ANSI_NULL_DEFAULT", "is_ansi_null_default_on"),
    ("ANSI_NULLS", "is_ansi_nulls_on"),
    ("ANSI_PADDING", "is_ansi_padding_on"),
    ("ANSI_WARNINGS", "is_ansi_warnings_on"),
    ("ARITHABORT", "is_arithabort_on"),
    ("CONCAT_NULL_YIELDS_NULL", "is_concat_null_yields_null_on"),
    ("NUMERIC_ROUNDABORT", "is_numeric_roundabort_on"),
    ("QUOTED_IDENTIFIER", "is_quoted_identifier_on"),
    ("RECURSIVE_TRIGGERS", "is_recursive_triggers_on"),
    ("CURSOR_CLOSE_ON_COMMIT", "is_cursor_close_on_commit_on"),
    ("TRUSTWORTHY", "is_trustworthy_on"),
    ("DB_CHAINING", "is_db_chaining_on"),
    ("DATE_CORRELATION_OPTIMIZATION", "is_date_correlation_on"),
    ("HONOR_BROKER_PRIORITY", "is_honor_broker_priority_on"),
    ("NESTED_TRIGGERS", "is_nested_triggers_on"),
    ("TRANSFORM_NOISE_WORDS", "is_transform_noise_words_on"),
    ("QUERY_STORE", "is_query_store_on"),
    ("ACCELERATED_DATABASE_RECOVERY", "is_accelerated_database_recovery_on"),
    ("MIXED_PAGE_ALLOCATION", "is_mixed_page_allocation_on"),
    ("TEMPORAL_HISTORY_RETENTION", "is_temporal_history_retention_enabled"),
    ("OPTIMIZED_LOCKING", "is_optimized_locking_on"),
    ("SUPPLEMENTAL_LOGGING", "is_supplemental_logging_enabled"),
    ("REMOTE_DATA_ARCHIVE", "is_remote_data_archive_enabled"),
    ("DATA_RETENTION", "is_data_retention_enabled"),
    ("STALE_PAGE_DETECTION", "is_stale_page_detection_on"),
];

fn apply(o: &mut DatabaseOptions, state: &mut DatabaseState, option: &DdlOption) -> SqlResult<()> {
    let word = value_word(&option.value);
    let on = word == "ON";
    match option.key.as_str() {
        "RECOVERY" => {
            o.recovery_model = match word.as_str() {
                "FULL" => 1,
                "BULK_LOGGED" => 2,
                _ => 3,
            }
        }
        "COMPATIBILITY_LEVEL" => {
            o.compatibility_level = word.parse().map_err(|_| {
                SqlError::new(
                    15048,
                    16,
                    "Valid values of the database compatibility level are 100, 110, 120, 130, 140, 150, 160, or 170.",
                )
            })?;
        }
        "READ_ONLY" => o.set_bit("is_read_only", true),
        "READ_WRITE" => o.set_bit("is_read_only", false),
        "SINGLE_USER" => o.user_access = 1,
        "RESTRICTED_USER" => o.user_access = 2,
        "MULTI_USER" => o.user_access = 0,
        "OFFLINE" => *state = DatabaseState::Offline,
        "ONLINE" => *state = DatabaseState::Online,
        "EMERGENCY" => *state = DatabaseState::Emergency,
        "PAGE_VERIFY" => {
            o.page_verify = match word.as_str() {
                "CHECKSUM" => 2,
                "TORN_PAGE_DETECTION" => 1,
                _ => 0,
            }
        }
        "DELAYED_DURABILITY" => {
            o.delayed_durability = match word.as_str() {
                "FORCED" => 2,
                "ALLOWED" => 1,
                _ => 0,
            }
        }
        "TARGET_RECOVERY_TIME" => {
            o.target_recovery_s = word.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(60);
        }
        "CONTAINMENT" => o.containment = u8::from(word == "PARTIAL"),
        "PARAMETERIZATION" => o.set_bit("is_parameterization_forced", word == "FORCED"),
        "CURSOR_DEFAULT" => o.set_bit("is_local_cursor_default", word == "LOCAL"),
        "ENABLE_BROKER" => o.set_bit("is_broker_enabled", true),
        "DISABLE_BROKER" => o.set_bit("is_broker_enabled", false),
        "NEW_BROKER" => {
            o.service_broker_guid = crate::base::random::uuid();
            o.set_bit("is_broker_enabled", true);
        }
        // Where the version store is can be said only when it is turned on.
        "ACCELERATED_DATABASE_RECOVERY" => {
            if let OptionValue::List(list) = &option.value {
                if let Some(name) = option_text(list, "PERSISTENT_VERSION_STORE_FILEGROUP") {
                    let group = o.filegroups.iter().find(|g| g.name.eq_ignore_ascii_case(&name)).map(|g| g.id);
                    o.version_store = group.and_then(|id| i16::try_from(id).ok()).unwrap_or(1);
                }
            } else {
                if on && !o.bit("is_accelerated_database_recovery_on") {
                    o.version_store = 1;
                }
                o.set_bit("is_accelerated_database_recovery_on", on);
            }
        }
        key => match BITS.iter().find(|b| b.0 == key) {
            // a list that belongs to an option already set (`QUERY_STORE = ON (…)`) changes nothing the lab keeps
            Some(_) if matches!(option.value, OptionValue::List(_)) => {}
            Some((_, column)) => o.set_bit(column, on),
            None => return Err(error(40000, &[&format!("ALTER DATABASE SET {key}")])),
        },
    }
    Ok(())
}
