//! The fencing number: an extended property of `master`, one a link. It grows with every lease that is taken.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::ids::RunId;
use sha2::Digest;
use sha2::Sha256;

/// Where the numbers stand: always writable, on a primary, a secondary and a managed instance alike.
pub const DATABASE: &str = "master";

/// Name of a link's property.
pub fn name(link: &str) -> String {
    format!("milink_fence_{}", &hex::encode(&Sha256::digest(link.as_bytes()))[..24])
}

/// What is stored: the number, and the run that raised it, where it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub number: i64,
    pub run: Option<RunId>,
}

impl Mark {
    fn parse(text: &str) -> Result<Self> {
        let (number, run) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let number = number.parse().map_err(|_| Error::refused(format!("the stored fencing number is `{text}`")))?;
        Ok(Self { number, run: (!run.is_empty()).then(|| RunId::from(run)) })
    }
}

/// The mark stored on the server; none: never set. `name` as made by [`name`].
pub fn read(name: &str) -> Result<Query<Option<Mark>>> {
    let rendered = script("fence.read")?.text("database", DATABASE).text("name", name).done()?;
    Ok(Query::new(rendered, |sets| {
        let text = maybe(sets, |row| row.get::<Option<String>>("value"))?.flatten();
        text.as_deref().map(Mark::parse).transpose()
    }))
}

/// Stores a higher number and who raised it; the server refuses one that is not (error 50000).
pub fn raise(name: &str, number: i64, run: &RunId) -> Result<Statement> {
    let rendered = script("fence.raise")?
        .text("database", DATABASE)
        .text("name", name)
        .int("number", number)
        .text("value", &format!("{number} {run}"))
        .done()?;
    Ok(Statement::on(rendered, DATABASE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_its_number_and_its_run_and_an_older_one_its_number() {
        let run = Some(RunId::from("cutover-1"));
        assert_eq!(Mark::parse("17 cutover-1").unwrap(), Mark { number: 17, run });
        assert_eq!(Mark::parse("17").unwrap(), Mark { number: 17, run: None });
        assert!(Mark::parse("seventeen").is_err());
    }
}
