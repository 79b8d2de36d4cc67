//! What is written down. Stored types are their own: live types may change, these only grow.

use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

/// Version of the record format; a newer one opens read-only.
pub const FORMAT: u32 = 1;

/// Name of the evidence that a migration is protected.
pub const WINDOW: &str = "window";

/// How long nothing but backups protected what was cut over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub group: String,
    /// The first change of roles; `None`: not known.
    #[serde(with = "time::serde::rfc3339::option")]
    pub opened_at: Option<OffsetDateTime>,
    /// Everything that makes `protected` was seen to hold.
    #[serde(with = "time::serde::rfc3339")]
    pub closed_at: OffsetDateTime,
}

impl Window {
    pub fn lasted(&self) -> Option<Duration> {
        Duration::try_from(self.closed_at - self.opened_at?).ok()
    }
}

/// One entry of a run, in the order it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// First record of a run: the approved plan, whole.
    RunStarted {
        kind: String,
        plan: serde_json::Value,
        host: String,
        user: String,
        version: String,
    },
    /// Another process took the run up again.
    RunResumed {
        host: String,
        user: String,
        version: String,
    },
    /// Intent of the engine to work on a step. Durable before anything else of the step.
    StepStarted {
        step: StepId,
        attempt: u32,
    },
    /// Intent of one change: durable before it is sent. `shown` has no secrets.
    Intent {
        change: u64,
        step: StepId,
        site: SiteId,
        script: String,
        shown: String,
    },
    /// Its outcome: durable after it. Absent: the fate is unknown until read back.
    Outcome {
        change: u64,
        result: ChangeResult,
    },
    /// Poll handle of a long-running operation, so that resume polls and never repeats the request.
    Pending {
        change: u64,
        step: StepId,
        continuation: serde_json::Value,
    },
    /// Something that was measured or proven: gate values, LSNs, tokens, snapshots needed for undo.
    Evidence {
        step: StepId,
        name: String,
        value: serde_json::Value,
    },
    StepFinished {
        step: StepId,
        outcome: StepResult,
        note: String,
        duration_ms: u64,
    },
    UndoStarted {
        step: StepId,
    },
    UndoFinished {
        step: StepId,
        note: String,
    },
    /// `L1`: the switch is about to be sent. `L2`: the target is about to be opened. Durable before the act.
    LineCrossed {
        line: Line,
    },
    /// The switch was refused and every server says so itself: the line was never crossed.
    LineWithdrawn {
        line: Line,
        why: String,
    },
    /// The run waits before a step because somebody asked it to.
    Held {
        /// Kind of the step that is next.
        before: String,
        by: String,
    },
    /// It goes on; how long it waited.
    Released {
        before: String,
        held_ms: u64,
    },
    /// Lifecycle end; nothing follows but reports.
    RunFinished {
        outcome: RunResult,
        summary: serde_json::Value,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ChangeResult {
    Ok,
    /// The server refused; nothing was changed by this statement.
    Failed {
        message: String,
    },
    /// The answer was lost.
    Unknown {
        message: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// Done by this attempt.
    Done,
    /// Found done.
    AlreadyDone,
    /// Not needed on this path; the note says why.
    Skipped,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Line {
    L1,
    L2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    Committed,
    RolledBack,
}

impl RunResult {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::RolledBack => "rolled back",
        }
    }
}

/// A record with its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub run: RunId,
    /// 1-based within the run.
    pub seq: u64,
    /// RFC 3339, UTC.
    pub at: String,
    /// Time since the process's monotonic origin, for durations within one process.
    pub monotonic_ms: u64,
    pub record: Record,
    /// SHA-256 over the previous hash and this row, hex.
    pub hash: String,
}
