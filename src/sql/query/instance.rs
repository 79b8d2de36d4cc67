//! The instance itself.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::one;
use super::kinds::script;
use crate::base::error::Result;
use crate::model::instance::InstanceFacts;
use crate::model::instance::TraceFlag;
use crate::sql::row::Row;

/// Version, edition, names, permissions, link procedures, master key, clock.
pub fn facts() -> Result<Query<InstanceFacts>> {
    Ok(Query::new(script("instance.facts")?.done()?, |sets| one(sets, decode)))
}

fn decode(row: &Row) -> Result<InstanceFacts> {
    let flag = |column: &str| -> Result<Option<bool>> { Ok(row.get::<Option<i64>>(column)?.map(|n| n != 0)) };
    Ok(InstanceFacts {
        version: row.get("version")?,
        level: row.get("level")?,
        update_level: row.get("update_level")?,
        update_reference: row.get("update_reference")?,
        build_type: row.get("build_type")?,
        update_type: row.get("update_type")?,
        edition: row.get("edition")?,
        engine_edition: row.get("engine_edition")?,
        server_name: row.get("server_name")?,
        property_server_name: row.get("property_server_name")?,
        machine_name: row.get("machine_name")?,
        instance_name: row.get("instance_name")?,
        is_hadr_enabled: flag("is_hadr_enabled")?,
        hadr_manager_status: row.get("hadr_manager_status")?,
        is_clustered: flag("is_clustered")?,
        collation: row.get("collation")?,
        platform: row.get("platform")?,
        system: row.get("system")?,
        login: row.get("login")?,
        is_sysadmin: row.get("is_sysadmin")?,
        view_server_state: row.get("view_server_state")?,
        view_any_definition: row.get("view_any_definition")?,
        view_any_database: row.get("view_any_database")?,
        alter_any_availability_group: row.get("alter_any_availability_group")?,
        has_add_issuer: row.get("has_add_issuer")?,
        has_get_endpoint_certificate: row.get("has_get_endpoint_certificate")?,
        has_validate_chain: row.get("has_validate_chain")?,
        has_multi_database_link: row.get("has_multi_database_link")?,
        has_master_key: row.get("has_master_key")?,
        master_key_by_server: row.get("master_key_by_server")?,
        now: row.get("now_utc")?,
        utc_offset_minutes: row.get("utc_offset_minutes")?,
    })
}

/// Whether links of several databases are switched on; only for builds that have the switch.
pub fn multi_database() -> Result<Query<bool>> {
    Ok(Query::new(script("instance.multi_database")?.done()?, |sets| {
        one(sets, |row| Ok(row.get::<Option<i64>>("is_on")?.is_some_and(|n| n != 0)))
    }))
}

/// Trace flags that are on. Without any the server sends no result set at all.
pub fn trace_flags() -> Result<Query<Vec<TraceFlag>>> {
    Ok(Query::new(script("instance.trace_flags")?.done()?, |sets| {
        let Some(set) = sets.first() else { return Ok(Vec::new()) };
        set.rows
            .iter()
            .map(|row| {
                Ok(TraceFlag {
                    flag: row.get("TraceFlag")?,
                    is_on: row.get::<i64>("Status")? != 0,
                    is_global: row.get::<i64>("Global")? != 0,
                })
            })
            .collect()
    }))
}

/// Turns a trace flag on for the whole instance, until it restarts.
pub fn trace_on(flag: u16) -> Result<Statement> {
    Ok(Statement::new(script("instance.trace_on")?.int("flag", i64::from(flag)).done()?))
}

pub fn trace_off(flag: u16) -> Result<Statement> {
    Ok(Statement::new(script("instance.trace_off")?.int("flag", i64::from(flag)).done()?))
}
