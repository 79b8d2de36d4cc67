//! Backups in `msdb`.

use super::kinds::Query;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Result;
use crate::model::database::BackupFacts;
use crate::sql::row::Row;

/// Newest full backup that is not copy-only.
pub fn last_full(database: &str) -> Result<Query<Option<BackupFacts>>> {
    last("backup.last_full", database)
}

/// Newest log backup.
pub fn last_log(database: &str) -> Result<Query<Option<BackupFacts>>> {
    last("backup.last_log", database)
}

fn last(id: &str, database: &str) -> Result<Query<Option<BackupFacts>>> {
    Ok(Query::new(script(id)?.text("database", database).done()?, |sets| maybe(sets, decode)))
}

fn decode(row: &Row) -> Result<BackupFacts> {
    Ok(BackupFacts {
        started: row.get("started")?,
        finished: row.get("finished")?,
        is_copy_only: row.get("is_copy_only")?,
        has_checksums: row.get::<Option<bool>>("has_checksums")?.unwrap_or(false),
        bytes: row.get("bytes")?,
        first_lsn: row.get("first_lsn")?,
        last_lsn: row.get("last_lsn")?,
        database_guid: row.get("database_guid")?,
    })
}
