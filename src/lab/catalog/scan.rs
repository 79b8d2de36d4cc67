//! Rows of a view, laid out in its columns.

use super::agent;
use super::backups;
use super::compat;
use super::databases;
use super::fabric;
use super::geo;
use super::groups;
use super::log_records;
use super::objects;
use super::security;
use super::server;
use super::sessions;
use super::shapes::View;
use super::transactions;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::access::On;
use crate::lab::world::database::Database;
use crate::lab::world::hadr_views;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::storage::Data;
use crate::lab::world::values;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// A row by column name; missing columns are NULL (or zero where the column cannot be NULL).
pub(super) type ViewRow = BTreeMap<&'static str, Value>;

macro_rules! row {
    ($($name:literal => $value:expr),* $(,)?) => {
        std::collections::BTreeMap::from([$(($name, $crate::lab::world::values::IntoValue::v($value))),*])
    };
}
pub(super) use row;

/// What a provider reads from.
pub(super) struct Ctx<'a> {
    pub config: &'a InstanceConfig,
    pub state: &'a InstanceState,
    pub cx: &'a SessionCx,
    /// Database the view was asked in, and its content as the session sees it.
    pub db: &'a Database,
    pub data: &'a Data,
    pub args: &'a [Value],
    pub now: OffsetDateTime,
}

impl Ctx<'_> {
    /// May the session see definitions of everybody?
    pub(crate) fn sees_all(&self) -> bool {
        self.state.may(self.cx, "VIEW ANY DEFINITION")
    }
    /// Argument as an integer.
    pub(crate) fn int_arg(&self, at: usize) -> Option<i64> {
        self.args.get(at).and_then(crate::lab::world::storage::integer)
    }
}

/// DMVs that everybody may read at least in part.
const OPEN_DMVS: [&str; 6] = [
    "sys.dm_exec_sessions",
    "sys.dm_exec_requests",
    "sys.dm_os_host_info",
    "sys.dm_exec_input_buffer",
    "sys.dm_db_persisted_sku_features",
    "sys.dm_operation_status",
];
/// DMVs of one database: VIEW DATABASE STATE.
const DATABASE_DMVS: [&str; 3] =
    ["sys.dm_db_log_space_usage", "sys.dm_db_partition_stats", "sys.dm_geo_replication_link_status"];
/// From 2022 on these want VIEW SERVER SECURITY STATE.
const SECURITY_DMVS: [&str; 1] = ["sys.dm_database_encryption_keys"];

/// 300 for a DMV the session may not read (whoever sends it to the client adds 297 behind it, facts: sql-server-hadr b).
fn allowed(
    state: &InstanceState,
    config: &InstanceConfig,
    cx: &SessionCx,
    db: &Database,
    view: &str,
) -> Result<(), SqlError> {
    // Agent's tables are closed to public, backup history is open
    if view.starts_with("msdb.dbo.sys") && !state.may_in(cx, db, &db.data, "SELECT", On::Database) {
        let object = view.trim_start_matches("msdb.dbo.");
        return Err(error(229, &[&"SELECT", &object, &"msdb", &"dbo"]));
    }
    if view == "sys.fn_dblog" && !state.sysadmin(cx) {
        return Err(error(229, &[&"SELECT", &"fn_dblog", &"mssqlsystemresource", &"sys"]));
    }
    if !view.starts_with("sys.dm_") || OPEN_DMVS.contains(&view) {
        return Ok(());
    }
    let object = view.trim_start_matches("sys.");
    if DATABASE_DMVS.contains(&view) {
        if state.may_in(cx, db, &db.data, "VIEW DATABASE STATE", On::Database) {
            return Ok(());
        }
        return Err(error(262, &[&"VIEW DATABASE STATE", &db.name]));
    }
    let permission = match config.major() >= 16 {
        true if SECURITY_DMVS.contains(&view) => "VIEW SERVER SECURITY STATE",
        true => "VIEW SERVER PERFORMANCE STATE",
        false => "VIEW SERVER STATE",
    };
    if state.may(cx, permission) {
        return Ok(());
    }
    Err(error(300, &[&permission, &object, &"master"]))
}

/// All rows of a view (or of a function with its arguments) for this session.
pub fn scan(
    instance: &Arc<Instance>,
    state: &mut InstanceState,
    cx: &SessionCx,
    database: &str,
    view: &View,
    args: &[Value],
) -> SqlResult<RowSet> {
    let now = instance.clock.now();
    state.server.settle_jobs(now);
    let data = state.view(cx.spid, database).ok_or_else(|| error(911, &[&database]))?;
    let state: &InstanceState = state;
    let db = state.database(database).ok_or_else(|| error(911, &[&database]))?;
    allowed(state, &instance.config, cx, db, &view.key)?;
    let c = Ctx { config: &instance.config, state, cx, db, data: &data, args, now };
    let short = view.key.trim_start_matches("sys.");
    let rows = match hadr_views::provide(instance, state, short) {
        Some(rows) => rows,
        None => provide(&c, &view.key).ok_or_else(|| error(208, &[&view.key]))?,
    };
    let columns = view.columns(&instance.config);
    let rows: Vec<Row> = rows.into_iter().map(|r| lay_out(&columns, r)).collect();
    // The days of a certificate are in UTC, as CREATE CERTIFICATE takes them.
    let zone = if view.key == "sys.certificates" { 0 } else { instance.wall.zone_minutes() };
    let rows = if zone == 0 { rows } else { rows.into_iter().map(|r| local(&columns, &r, zone)).collect() };
    Ok(RowSet { columns, rows })
}

fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    databases::provide(c, view)
        .or_else(|| objects::provide(c, view))
        .or_else(|| security::provide(c, view))
        .or_else(|| sessions::provide(c, view))
        .or_else(|| transactions::provide(c, view))
        .or_else(|| server::provide(c, view))
        .or_else(|| agent::provide(c, view))
        .or_else(|| backups::provide(c, view))
        .or_else(|| compat::provide(c, view))
        .or_else(|| groups::provide(c, view))
        .or_else(|| geo::provide(c, view))
        .or_else(|| fabric::provide(c, view))
        .or_else(|| log_records::provide(c, view))
        .or_else(|| EMPTY.contains(&view).then(Vec::new))
}

/// Views whose subject no instance of the lab has: their true content is no row.
const EMPTY: [&str; 25] = [
    "sys.server_triggers",
    "sys.server_trigger_events",
    "sys.asymmetric_keys",
    "sys.foreign_keys",
    "sys.triggers",
    "sys.sql_modules",
    "sys.synonyms",
    "sys.views",
    "sys.procedures",
    "sys.server_event_sessions",
    "sys.dm_db_persisted_sku_features",
    "sys.dm_server_managed_identities",
    "sys.dm_operation_status",
    "sys.dm_server_registry",
    "sys.dm_hadr_fabric_continuous_copy_status",
    "sys.dm_hadr_fabric_replica_states",
    "sys.server_trust_certificates",
    "msdb.dbo.suspect_pages",
    "msdb.dbo.sysnotifications",
    "msdb.dbo.sysproxylogin",
    "msdb.dbo.sysproxysubsystem",
    "msdb.dbo.sysmail_account",
    "msdb.dbo.sysmail_server",
    "msdb.dbo.restorehistory",
    "msdb.dbo.backupfilegroup",
];

fn lay_out(columns: &[Column], mut row: ViewRow) -> Row {
    columns
        .iter()
        .map(|c| match row.remove(c.name.as_str()) {
            Some(Value::Null) | None if !c.nullable => zero(c.ty),
            Some(v) => values::fit(v, c.ty),
            None => Value::Null,
        })
        .collect()
}

/// Catalogue and DMVs keep their times in local time, without saying so; those in UTC say it in their name.
fn local(columns: &[Column], row: &Row, zone_minutes: i32) -> Row {
    const DAY: i64 = 24 * 3600 * 10_000_000;
    let shift = |v: &Value| match v {
        Value::DateTime { days, ticks } => {
            let at = i64::from(*days) * DAY + *ticks as i64 + i64::from(zone_minutes) * 60 * 10_000_000;
            Value::DateTime { days: at.div_euclid(DAY) as i32, ticks: at.rem_euclid(DAY) as u64 }
        }
        other => other.clone(),
    };
    let one = |(c, v): (&Column, &Value)| if c.name.ends_with("_utc") { v.clone() } else { shift(v) };
    columns.iter().zip(row.iter()).map(one).collect()
}

/// The empty value of a type, for columns that cannot be NULL and mean nothing in the lab.
fn zero(ty: SqlType) -> Value {
    match ty {
        SqlType::Bit => Value::Bit(false),
        SqlType::TinyInt => Value::TinyInt(0),
        SqlType::SmallInt => Value::SmallInt(0),
        SqlType::Int => Value::Int(0),
        SqlType::BigInt => Value::BigInt(0),
        SqlType::Decimal(_, scale) => Value::Decimal { unscaled: 0, scale },
        SqlType::Money | SqlType::SmallMoney => Value::Money(0),
        SqlType::Real => Value::Real(0.0),
        SqlType::Float => Value::Float(0.0),
        SqlType::Date => Value::Date(693_595),
        SqlType::Time(_) => Value::Time(0),
        SqlType::SmallDateTime | SqlType::DateTime | SqlType::DateTime2(_) => {
            Value::DateTime { days: 693_595, ticks: 0 }
        }
        SqlType::DateTimeOffset(_) => Value::DateTimeOffset { days: 693_595, ticks: 0, offset_min: 0 },
        SqlType::Char(_) | SqlType::NChar(_) => values::fit(Value::str(""), ty),
        SqlType::VarChar(_) | SqlType::NVarChar(_) | SqlType::Xml => Value::str(""),
        SqlType::Binary(n) => Value::bytes(vec![0; usize::from(n)]),
        SqlType::VarBinary(_) => Value::bytes([]),
        SqlType::UniqueIdentifier => Value::Guid(uuid::Uuid::nil()),
        SqlType::SqlVariant => values::variant(Value::Int(0)),
    }
}
