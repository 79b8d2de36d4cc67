//! What happens around the databases of a server.

use super::kinds::Query;
use super::kinds::rows;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::model::around::Around;
use crate::model::around::Caller;
use crate::model::around::LogBackups;
use crate::model::around::OldWriter;
use crate::model::around::Other;

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
                })
            })
            .collect();
        Ok(Around { writers, callers: callers?, listeners: listeners?, log_backups: log_backups? })
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
