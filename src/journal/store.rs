//! Where records go.

use super::record::Record;
use super::record::Stored;
use crate::base::error::Result;
use crate::model::ids::RunId;

/// A durable, append-only list of records per run.
pub trait Journal: Send + Sync {
    /// Durable when it returns.
    fn append(&self, run: &RunId, record: &Record) -> Result<Stored>;
    /// All records of a run, in order; empty if there is none.
    fn records(&self, run: &RunId) -> Result<Vec<Stored>>;
    /// Runs, newest first.
    fn runs(&self) -> Result<Vec<RunId>>;
    /// Re-computes every hash. `None`: all runs.
    fn verify(&self, run: Option<&RunId>) -> Result<super::verify::Verified>;
}
