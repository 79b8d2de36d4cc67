//! The user's own scalar queries.

use super::kinds::Query;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::sql::row::ResultSet;

/// The one value of a query, as text; `None`: NULL.
pub fn scalar(database: &str, query: &str) -> Result<Query<Option<String>>> {
    let rendered = script("reconcile.scalar")?.text("database", database).text("query", query).done()?;
    Ok(Query::new(rendered, one_value))
}

fn one_value(sets: &[ResultSet]) -> Result<Option<String>> {
    let usage = |found: String| {
        Error::usage(format!("a [[reconcile]] query must give one row with one column; {found}"))
            .hint("count, sum or hash in the query itself")
    };
    let sets: Vec<_> = sets.iter().filter(|s| !s.columns.is_empty()).collect();
    let [set] = sets.as_slice() else { return Err(usage(format!("it gave {} result sets", sets.len()))) };
    let [row] = set.rows.as_slice() else { return Err(usage(format!("it gave {} rows", set.rows.len()))) };
    let [value] = row.values() else { return Err(usage(format!("it gave {} columns", row.values().len()))) };
    Ok(value.shown())
}
