//! The fencing number: an extended property of the database, or of `master`.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;

/// The number stored on the server; none: never set.
pub fn read(database: &str) -> Result<Query<Option<i64>>> {
    let rendered = script("fence.read")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        let text = maybe(sets, |row| row.get::<Option<String>>("value"))?.flatten();
        text.map(|t| t.trim().parse().map_err(|_| Error::refused(format!("the stored fencing number is `{t}`"))))
            .transpose()
    }))
}

/// Stores a higher number; the server refuses one that is not (error 50000).
pub fn raise(database: &str, number: i64) -> Result<Statement> {
    let rendered = script("fence.raise")?
        .text("database", database)
        .int("number", number)
        .text("value", &number.to_string())
        .done()?;
    Ok(Statement::on(rendered, database))
}
