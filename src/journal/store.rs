//! Where records go.

use super::record::Record;
use super::record::Stored;
use crate::base::error::Result;
use crate::model::ids::RunId;

/// A durable, append-only list of records per run.
pub trait Journal: Send + Sync {
    /// Durable when it returns.
    fn append(&self, run: &RunId, record: &Record) -> Result<Stored>;
    /// The same, if the run's last record is still number `after`: a process that was taken for dead and replaced must not write
    /// into a run that another goes on with. `None`: somebody else has written.
    fn append_after(&self, run: &RunId, after: u64, record: &Record) -> Result<Option<Stored>>;
    /// All records of a run, in order; empty if there is none.
    fn records(&self, run: &RunId) -> Result<Vec<Stored>>;
    /// Runs, newest first.
    fn runs(&self) -> Result<Vec<RunId>>;
    /// Re-computes every hash. `None`: all runs.
    fn verify(&self, run: Option<&RunId>) -> Result<super::verify::Verified>;
}
