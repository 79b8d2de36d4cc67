//! What a step is.

use super::context::Context;
use crate::base::error::Result;
use crate::journal::record::Line;
use crate::model::ids::LinkName;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use async_trait::async_trait;

/// What a fresh look at the world says of a step. It is also how a step that was started and has no outcome is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precheck {
    /// Not done, and may be done now.
    Ready,
    /// Sent already, not yet in effect: `run` only waits for it and sends nothing.
    UnderWay,
    /// Found done; the note says how that was seen.
    AlreadyDone(String),
    /// Not needed on this path; the note says why.
    Skip(String),
    /// May not be done now.
    Blocked { expected: String, found: String, hint: String },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// One sentence with the measured facts.
    pub note: String,
}

impl Done {
    pub fn note(text: impl Into<String>) -> Self {
        Self { note: text.into() }
    }
}

/// A unit of change with its proof and its way back. Every method may run more than once.
#[async_trait]
pub trait Step: Send + Sync {
    fn id(&self) -> &StepId;
    /// Where it acts.
    fn site(&self) -> &SiteId;
    /// The link it belongs to; `None` for work that links share.
    fn link(&self) -> Option<&LinkName>;
    /// Imperative, for people: `stop the writers of ledger on sql-a`.
    fn summary(&self) -> String;
    /// The exact statements and requests `run` would make, secrets hidden; same constructors as `run`.
    fn preview(&self) -> Vec<String>;
    /// The line that is crossed by sending this step's change.
    fn crosses(&self) -> Option<Line> {
        None
    }
    /// True if a finished step must be proven again when a run is taken up again before the switch is confirmed.
    fn volatile(&self) -> bool {
        false
    }
    /// True if a process that takes a run up may touch nothing before this is done: the lease.
    fn admits(&self) -> bool {
        false
    }
    /// The run that was admitted after this one had been, and before it was again, if nothing is set apart in this one's name any
    /// more: then the other took it over, or there was nothing yet.
    async fn superseded(&self, cx: &Context) -> Result<Option<RunId>> {
        let _ = cx;
        Ok(None)
    }
    /// True while a change that was sent may still come into effect, though a look says that it has not.
    async fn on_its_way(&self, cx: &Context) -> Result<bool> {
        let _ = cx;
        Ok(false)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck>;
    async fn run(&self, cx: &Context) -> Result<Done>;
    /// Waits, within a named limit, until the effect is seen.
    async fn verify(&self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }
    /// Back to before the step; `Ok` also when there is nothing to undo. Only called before L1.
    async fn undo(&self, cx: &Context) -> Result<String>;
    /// For people: what undo does.
    fn undo_summary(&self) -> String;
}
