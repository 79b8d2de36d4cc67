//! What stands in a transaction log, and how often it was written.

use super::kinds::Query;
use super::kinds::maybe;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::model::log::LogCommit;
use crate::model::log::LogSince;

/// Records and commits from a place in the log on (as `database::log_end` gave it).
pub fn since(database: &str, start: &str) -> Result<Query<LogSince>> {
    let rendered = script("log.since")?.text("database", database).text("start", &format!("0x{start}")).done()?;
    Ok(Query::new(rendered, |sets| {
        let records = maybe(sets, |row| row.get::<i32>("records"))?.unwrap_or_default();
        let commits = set(sets, 1)?.rows.iter().map(|row| {
            Ok(LogCommit {
                transaction: row.get("transaction_id")?,
                name: row.get("name")?,
                session_id: row.get("session_id")?,
                login: row.get("login")?,
                ended: row.get("ended")?,
            })
        });
        Ok(LogSince { records, commits: commits.collect::<Result<_>>()? })
    }))
}

/// Write transactions committed in a database since the server started; `None`: the server does not count.
pub fn written(database: &str) -> Result<Query<Option<i64>>> {
    let rendered = script("transaction.written")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, |row| row.get::<Option<i64>>("transactions"))?.flatten())))
}
