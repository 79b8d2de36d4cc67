//! How a statement ends.

use crate::lab::tsql::error::SqlError;

/// Where control goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    /// RETURN; leaves the batch, string or procedure.
    Return(i32),
    /// The whole batch ends, through every level of EXEC.
    EndBatch,
}

/// Why a statement did not end well.
#[derive(Debug)]
pub(super) enum Fail {
    /// An error that has not been sent yet.
    Sql {
        error: SqlError,
        /// Found while binding at this nesting level: ends that level, and no TRY of the same level catches it.
        compile: Option<i32>,
        /// THROW: ends the batch.
        thrown: bool,
    },
    /// Nobody reads the answer any more.
    Closed,
}

pub(super) type Outcome<T> = Result<T, Fail>;

impl From<SqlError> for Fail {
    fn from(error: SqlError) -> Self {
        Self::Sql { error, compile: None, thrown: false }
    }
}

impl Fail {
    /// An error of binding; refusals of access (class 14) fail the statement alone.
    pub(super) fn bind(error: SqlError, level: i32) -> Self {
        let compile = (error.class != 14).then_some(level);
        Self::Sql { error, compile, thrown: false }
    }
}

/// Run-time errors that end the batch and roll its transaction back even without XACT_ABORT: failed
/// conversions, deadlock, lost snapshot, unusable database.
pub(super) fn ends_batch(number: i32) -> bool {
    matches!(
        number,
        241 | 242 | 244 | 245 | 248 | 295 | 296 | 235 | 596 | 701 | 911 | 1205 | 3948 | 3960 | 8114 | 8169 | 8623
    )
}
