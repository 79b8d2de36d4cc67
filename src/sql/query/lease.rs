//! The lease: one actor a link. An application lock in `master` that lives as long as its session.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::one;
use super::kinds::rows;
use super::kinds::script;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::session::LeaseHolder;
use sha2::Digest;
use sha2::Sha256;

/// Name of the lock for a link: at most 32 characters, because the lock view shows no more.
pub fn resource(link: &str) -> String {
    let digest = Sha256::digest(link.as_bytes());
    format!("milink:{}", &hex::encode(&digest)[..24])
}

/// What `sp_getapplock` answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Granted,
    /// Another session holds it.
    Held,
    /// Cancelled, deadlock victim or a bad parameter: the raw result.
    Failed(i64),
}

/// Takes the lock for this session, without waiting. `resource` as made by [`resource`].
pub fn take(resource: &str) -> Result<Query<Taken>> {
    let rendered = script("lease.take")?.text("resource", resource).done()?;
    Ok(Query::new(rendered, |sets| {
        one(sets, |row| {
            Ok(match row.get::<i64>("result")? {
                0.. => Taken::Granted,
                -1 => Taken::Held,
                other => Taken::Failed(other),
            })
        })
    }))
}

pub fn release(resource: &str) -> Result<Statement> {
    Ok(Statement::new(script("lease.release")?.text("resource", resource).done()?))
}

/// Who holds it now.
pub fn read(resource: &str) -> Result<Query<Vec<LeaseHolder>>> {
    let rendered = script("lease.read")?.text("resource", resource).done()?;
    Ok(Query::new(rendered, |sets| {
        rows(sets, |row| {
            Ok(LeaseHolder {
                session_id: row.get("session_id")?,
                login: row.get("login")?,
                host: row.get("host")?,
                program: row.get("program")?,
                since: row.get("since")?,
            })
        })
    }))
}
