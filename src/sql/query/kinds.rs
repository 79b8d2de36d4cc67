//! What the constructors build.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::sql::row::ResultSet;
use crate::sql::row::Row;
use crate::sql::script::Rendered;
use crate::sql::script::Rendering;
use crate::sql::script::Script;

/// A statement with an answer.
#[derive(Debug, Clone)]
pub struct Query<T> {
    pub rendered: Rendered,
    decode: fn(&[ResultSet]) -> Result<T>,
}

impl<T> Query<T> {
    pub fn new(rendered: Rendered, decode: fn(&[ResultSet]) -> Result<T>) -> Self {
        Self { rendered, decode }
    }
    /// Reads the answer.
    pub fn decode(&self, sets: &[ResultSet]) -> Result<T> {
        (self.decode)(sets)
    }
}

/// A change.
#[derive(Debug, Clone)]
pub struct Statement {
    pub rendered: Rendered,
    /// The database it touches, if it is about one. The text names it itself: run it from `master`,
    /// so that the session outlives a role change of the database.
    pub database: Option<String>,
}

impl Statement {
    pub fn new(rendered: Rendered) -> Self {
        Self { rendered, database: None }
    }
    pub fn on(rendered: Rendered, database: &str) -> Self {
        Self { rendered, database: Some(database.to_owned()) }
    }
}

/// Rendering of an embedded statement.
pub(super) fn script(id: &str) -> Result<Rendering> {
    Script::get(id).map(Script::render)
}

/// The n-th result set.
pub(super) fn set(sets: &[ResultSet], n: usize) -> Result<&ResultSet> {
    sets.get(n).ok_or_else(|| {
        let query = sets.first().map_or("the statement", |s| s.query);
        Error::bug(format!("{query}: result set {} is missing", n + 1))
    })
}

/// Every row of the first result set.
pub(super) fn rows<T>(sets: &[ResultSet], decode: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    set(sets, 0)?.rows.iter().map(decode).collect()
}

/// The only row, if there is one.
pub(super) fn maybe<T>(sets: &[ResultSet], decode: impl Fn(&Row) -> Result<T>) -> Result<Option<T>> {
    set(sets, 0)?.rows.first().map(decode).transpose()
}

/// The only row.
pub(super) fn one<T>(sets: &[ResultSet], decode: impl Fn(&Row) -> Result<T>) -> Result<T> {
    let query = set(sets, 0)?.query;
    maybe(sets, decode)?.ok_or_else(|| Error::bug(format!("{query}: no row")))
}
