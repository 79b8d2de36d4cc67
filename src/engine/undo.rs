//! Back to the start: every step that was begun is undone, last first.

use super::context::Context;
use super::event::Event;
use super::settle::transient;
use super::stage::Stage;
use super::step::Step;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::effects::fault::Point;
use crate::effects::lease::lease_lost;
use crate::journal::fold::RunState;
use crate::journal::fold::StepStatus;
use crate::journal::record::Record;
use crate::journal::record::StepResult;
use crate::model::ids::LinkName;
use crate::model::ids::RunId;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::BTreeMap;
use std::time::Duration;

/// What another run has had meanwhile, and which run.
#[derive(Debug, Clone, Default)]
pub struct Others {
    pub links: BTreeMap<LinkName, RunId>,
    /// All of it: a run without links, on a failover group.
    pub whole: Option<RunId>,
}

impl Others {
    /// The run that has had what this step is about.
    fn of(&self, step: &dyn Step) -> Option<&RunId> {
        step.link().and_then(|l| self.links.get(l)).or(self.whole.as_ref())
    }
}

/// How long one undo is tried again while its server cannot be reached.
pub const UNDO_MAX: Duration = Duration::from_secs(120);

/// Undoes every begun step, stage by stage, those of a stage side by side. A step that cannot be undone stops it once the others
/// of its stage have ended: the run is taken up again by `resume`.
///
/// Of what is in `others` only the lease is given back: another run has had it meanwhile, took over what this one had set apart,
/// and what stands there now is that run's.
pub async fn roll_back(stages: &[Stage], state: &RunState, cx: &Context, others: &Others) -> Result<()> {
    for stage in stages.iter().rev() {
        let mut work: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
        for step in stage.steps.iter().rev() {
            let begun = !matches!(
                state.step(step.id()),
                StepStatus::NotStarted | StepStatus::Finished(StepResult::Skipped) | StepStatus::Undone
            );
            let other = others.of(step.as_ref()).filter(|_| !step.admits());
            match other {
                _ if !begun => {}
                Some(other) => work.push(Box::pin(std::future::ready(leave(step.as_ref(), cx, other)))),
                None => work.push(Box::pin(undo_one(step.as_ref(), cx))),
            }
        }
        let ended: Vec<Result<()>> = stream::iter(work).buffer_unordered(stage.at_a_time).collect().await;
        let mut failed: Vec<_> = ended.into_iter().filter_map(Result::err).collect();
        if !failed.is_empty() {
            let first = failed.iter().position(lease_lost).unwrap_or(0);
            return Err(failed.swap_remove(first));
        }
    }
    Ok(())
}

/// Nothing of it is this run's any more: written down, and left as it stands.
fn leave(step: &dyn Step, cx: &Context, other: &RunId) -> Result<()> {
    let note = format!("left as it stands: run {other} has had it since");
    cx.effects.record(&Record::UndoStarted { step: step.id().clone() })?;
    cx.effects.record(&Record::UndoFinished { step: step.id().clone(), note: note.clone() })?;
    cx.observer.on(&Event::UndoFinished { step: step.id().clone(), note });
    Ok(())
}

async fn undo_one(step: &dyn Step, cx: &Context) -> Result<()> {
    let id = step.id().clone();
    cx.effects.record(&Record::UndoStarted { step: id.clone() })?;
    cx.observer.on(&Event::UndoStarted { step: id.clone(), summary: step.undo_summary() });
    cx.effects.faults().at(Point::UndoStarted, &id).await?;
    let end = cx.clock.monotonic() + UNDO_MAX;
    let mut backoff = Backoff::relaxed();
    let note = loop {
        match step.undo(cx).await {
            Ok(note) => break note,
            Err(e) if lease_lost(&e) => return Err(e),
            Err(e) if transient(&e) && cx.clock.monotonic() < end => backoff.wait().await,
            Err(e) => {
                return Err(Error::new(Kind::Stopped, format!("{id} could not be undone"))
                    .hint("mend the cause, then resume; `undo.sql` beside the journal does the same by hand")
                    .caused_by(e));
            }
        }
    };
    cx.effects.faults().at(Point::UndoDone, &id).await?;
    cx.effects.record(&Record::UndoFinished { step: id.clone(), note: note.clone() })?;
    cx.observer.on(&Event::UndoFinished { step: id, note });
    Ok(())
}
