//! What a run tells its views: lifecycle (never dropped) and progress (may be).

use crate::journal::record::Line;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use serde::Serialize;
use std::sync::Arc;

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    RunStarted {
        run: RunId,
        kind: String,
        steps: usize,
        resumed: bool,
    },
    StageStarted {
        stage: String,
    },
    StepStarted {
        step: StepId,
        summary: String,
    },
    /// `fraction` 0 to 1 when known.
    Progress {
        step: StepId,
        text: String,
        fraction: Option<f64>,
    },
    StepFinished {
        step: StepId,
        outcome: StepResult,
        note: String,
        duration_ms: u64,
    },
    LineCrossed {
        line: Line,
    },
    UndoStarted {
        step: StepId,
        summary: String,
    },
    UndoFinished {
        step: StepId,
        note: String,
    },
    RunFinished {
        run: RunId,
        outcome: RunResult,
    },
    /// Waits before a step because somebody asked it to.
    Held {
        /// Kind of the step that is next.
        before: String,
        by: String,
    },
    /// Goes on after a hold.
    Released {
        before: String,
        held_ms: u64,
    },
    /// Somebody is to run these, and to say so.
    ByHand {
        step: StepId,
        site: SiteId,
        statements: Vec<String>,
        /// ENTER says so; else `cutover release` does.
        enter: bool,
    },
    /// Said by whoever drives the run, between its steps.
    Note {
        text: String,
    },
    /// Stopped without an end: `resume` is needed.
    RunStopped {
        run: RunId,
        why: String,
    },
}

/// Where events go. Must not block.
pub trait Observer: Send + Sync {
    fn on(&self, event: &Event);
}

/// Shared handle.
pub type SharedObserver = Arc<dyn Observer>;

/// Nobody watches.
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: &Event) {}
}
