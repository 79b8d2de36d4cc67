//! The fencing number: an extended property of `master`, one a link. It grows with every lease that is taken.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::hex;
use sha2::Digest;
use sha2::Sha256;

/// Where the numbers stand: always writable, on a primary, a secondary and a managed instance alike.
pub const DATABASE: &str = "master";

/// Name of a link's property.
pub fn name(link: &str) -> String {
    format!("milink_fence_{}", &hex::encode(&Sha256::digest(link.as_bytes()))[..24])
}

/// The number stored on the server; none: never set. `name` as made by [`name`].
pub fn read(name: &str) -> Result<Query<Option<i64>>> {
    let rendered = script("fence.read")?.text("database", DATABASE).text("name", name).done()?;
    Ok(Query::new(rendered, |sets| {
        let text = maybe(sets, |row| row.get::<Option<String>>("value"))?.flatten();
        text.map(|t| t.trim().parse().map_err(|_| Error::refused(format!("the stored fencing number is `{t}`"))))
            .transpose()
    }))
}

/// Stores a higher number; the server refuses one that is not (error 50000).
pub fn raise(name: &str, number: i64) -> Result<Statement> {
    let rendered = script("fence.raise")?
        .text("database", DATABASE)
        .text("name", name)
        .int("number", number)
        .text("value", &number.to_string())
        .done()?;
    Ok(Statement::on(rendered, DATABASE))
}
