//! Logins and jobs set apart by a run: extended properties of `master`, on both sides of a link.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::rows;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::claim::Claim;

/// The server's word for a property that is already there.
pub const EXISTS: i32 = 15233;
/// … and for one that is not.
pub const GONE: i32 = 15217;

/// Every claim on the server, whoever made it.
pub fn list() -> Result<Query<Vec<Claim>>> {
    Ok(Query::new(script("claim.list")?.done()?, |sets| {
        rows(sets, |row| {
            let (name, value) = (row.get::<String>("name")?, row.get::<Option<String>>("value")?);
            serde_json::from_str(value.as_deref().unwrap_or_default()).map_err(|e| {
                Error::refused(format!("the property `{name}` of master is not one this version can read"))
                    .hint("if no newer milink is at work: EXEC master.sys.sp_dropextendedproperty with that name")
                    .caused_by(e)
            })
        })
    }))
}

/// Writes a new claim; error [`EXISTS`] if somebody has one on the same login or job.
pub fn take(claim: &Claim) -> Result<Statement> {
    written("claim.take", claim)
}

/// Writes over one that this run inherits.
pub fn renew(claim: &Claim) -> Result<Statement> {
    written("claim.renew", claim)
}

fn written(id: &str, claim: &Claim) -> Result<Statement> {
    let value = serde_json::to_string(claim).map_err(|e| Error::bug("a claim cannot be written").caused_by(e))?;
    Ok(Statement::new(script(id)?.text("name", &claim.kept.property()).text("value", &value).done()?))
}

/// Takes it away; error [`GONE`] if it is not there.
pub fn drop(claim: &Claim) -> Result<Statement> {
    Ok(Statement::new(script("claim.drop")?.text("name", &claim.kept.property()).done()?))
}
