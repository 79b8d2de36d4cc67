//! Geo-replication of a managed instance's databases, and where a connection landed.

use super::kinds::Query;
use super::kinds::maybe;
use super::kinds::one;
use super::kinds::script;
use crate::base::error::Result;
use crate::model::geo::GeoRow;
use time::OffsetDateTime;

/// The database's own replication; none: it is not replicated.
pub fn link_status(database: &str) -> Result<Query<Option<GeoRow>>> {
    let rendered = script("geo.link_status")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        maybe(sets, |row| {
            Ok(GeoRow {
                state: row.get("state")?,
                lag_s: row.get::<Option<i32>>("lag_s")?.map(i64::from),
                age_s: row.get::<Option<i32>>("age_s")?.map(i64::from),
                is_primary: row.get::<Option<i32>>("role")?.map(|r| r == 0),
            })
        })
    }))
}

/// Data and log files, bytes.
pub fn size(database: &str) -> Result<Query<Option<i64>>> {
    let rendered = script("geo.size")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| one(sets, |row| row.get("bytes"))))
}

/// When the service master key was last changed, UTC; `None`: it is not there, or may not be seen.
pub fn service_key() -> Result<Query<Option<OffsetDateTime>>> {
    let rendered = script("geo.service_key")?.done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, |row| row.get("modified"))?.flatten())))
}

/// `@@SERVERNAME`, and whether a user database takes writes there: `READ_WRITE`, `READ_ONLY`.
pub fn landed(database: &str) -> Result<Query<(Option<String>, Option<String>)>> {
    let rendered = script("geo.landed")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| one(sets, |row| Ok((row.get("server")?, row.get("updateability")?)))))
}

/// What an application runs after a commit that must not be lost: `server` is the short name of the secondary. Printed, never sent.
pub fn wait_copy_sync(server: &str, database: &str) -> Result<Query<()>> {
    let rendered = script("geo.wait_copy_sync")?.text("server", server).text("database", database).done()?;
    Ok(Query::new(rendered, |_| Ok(())))
}
