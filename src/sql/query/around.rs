//! What happens around the databases of a server.

use super::kinds::Query;
use super::kinds::rows;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::model::around::Around;
use crate::model::around::Caller;
use crate::model::around::LogBackups;
use crate::model::around::LogSpace;
use crate::model::around::OldWriter;
use crate::model::around::Other;
use crate::model::around::OtherPort;
use crate::sql::row::Row;

pub fn around() -> Result<Query<Around>> {
    Ok(Query::new(script("server.around")?.done()?, |sets| {
        let writers =
            rows(sets, |row| Ok(OldWriter { database: row.get("database_name")?, seconds: row.get("seconds")? }))?;
        let callers: Result<Vec<Caller>> = set(sets, 1)?
            .rows
            .iter()
            .map(|row| Ok(Caller { host: row.get("host")?, login: row.get("login")?, sessions: row.get("sessions")? }))
            .collect();
        let listeners: Result<Vec<String>> = set(sets, 2)?.rows.iter().map(|row| row.get("group_name")).collect();
        let log_backups: Result<Vec<LogBackups>> = set(sets, 3)?
            .rows
            .iter()
            .map(|row| {
                Ok(LogBackups {
                    database: row.get("database_name")?,
                    count: row.get("backups")?,
                    largest_bytes: row.get("largest_bytes")?,
                    span_s: row.get("span_s")?,
                    age_s: row.get("age_s")?,
                })
            })
            .collect();
        let log_space: Result<Vec<LogSpace>> = set(sets, 4)?.rows.iter().filter_map(|r| space(r).transpose()).collect();
        let processors = set(sets, 5)?.rows.first().map(|row| row.get("processors")).transpose()?;
        let other_ports: Result<Vec<OtherPort>> = set(sets, 6)?
            .rows
            .iter()
            .map(|row| Ok(OtherPort { endpoint: row.get("endpoint")?, kind: row.get("kind")?, port: row.get("port")? }))
            .collect();
        // No set at all: the server has no tables of log shipping.
        let log_shipping: Result<Vec<String>> =
            sets.get(7).map_or(Ok(Vec::new()), |set| set.rows.iter().map(|row| row.get("database_name")).collect());
        Ok(Around {
            writers,
            callers: callers?,
            listeners: listeners?,
            log_backups: log_backups?,
            log_space: log_space?,
            processors,
            other_ports: other_ports?,
            log_shipping: log_shipping?,
        })
    }))
}

/// None where the counter goes by another name than the database's, as on a managed instance.
fn space(row: &Row) -> Result<Option<LogSpace>> {
    let used: Option<i64> = row.get("used_kb")?;
    let Some(used_kb) = used else { return Ok(None) };
    Ok(Some(LogSpace {
        database: row.get("database_name")?,
        used_kb,
        limit_kb: row.get("limit_kb")?,
        waits_for: row.get("waits_for")?,
    }))
}

pub fn others() -> Result<Query<Vec<Other>>> {
    Ok(Query::new(script("server.others")?.done()?, |sets| {
        rows(sets, |row| Ok(Other { kind: row.get("kind")?, name: row.get("name")? }))
    }))
}

/// Names of contained groups; not before 2022.
pub fn contained() -> Result<Query<Vec<String>>> {
    Ok(Query::new(script("group.contained")?.done()?, |sets| rows(sets, |row| row.get("name"))))
}
