//! The marker: a database extended property. Reading it on the other side proves redo, not only hardening.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Result;

/// The marker's value in a database; none: there is no marker.
pub fn read(database: &str) -> Result<Query<Option<String>>> {
    let rendered = script("marker.read")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, |row| row.get::<Option<String>>("value"))?.flatten())))
}

pub fn set(database: &str, value: &str) -> Result<Statement> {
    let rendered = script("marker.set")?.text("database", database).text("value", value).done()?;
    Ok(Statement::on(rendered, database))
}

pub fn clear(database: &str) -> Result<Statement> {
    Ok(Statement::on(script("marker.clear")?.text("database", database).done()?, database))
}

/// A line in the server's error log.
pub fn note(text: &str) -> Result<Statement> {
    Ok(Statement::new(script("errorlog.note")?.text("text", text).done()?))
}
