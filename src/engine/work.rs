//! One stage's work: which steps run side by side, and what happens to each of them.

use super::context::Context;
use super::event::Event;
use super::settle::settle;
use super::settle::transient;
use super::step::Precheck;
use super::step::Step;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::effects::fault::Point;
use crate::journal::fold::RunState;
use crate::journal::fold::StepStatus;
use crate::journal::record::Record;
use crate::journal::record::StepResult;
use crate::model::ids::StepId;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often one step is tried again after its fate was read back as "not done".
pub const ATTEMPTS_MAX: u32 = 3;

pub(super) fn blocked(step: &dyn Step, expected: &str, found: &str, hint: &str) -> Error {
    let e = Error::refused(format!("{}: expected {expected}, found {found}", step.summary()));
    if hint.is_empty() { e } else { e.hint(hint) }
}

/// Steps of a stage that are still to do.
pub(super) struct Todo {
    pub(super) steps: Vec<Arc<dyn Step>>,
    /// Of one site.
    pub(super) at_a_time: usize,
    /// What was seen of them when the line was crossed.
    pub(super) looks: BTreeMap<StepId, Look>,
}

/// What a step's precheck said, and when.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) look: Precheck,
    pub(super) at: Duration,
}

/// A look at a step this old still counts as its precheck: the pace at which the guard of a fence looks.
const LOOK_FRESH: Duration = Duration::from_millis(250);

pub(super) async fn run_all(cx: &Context, state: &RunState, todo: &Todo) -> Vec<(Arc<dyn Step>, Result<StepResult>)> {
    let mut sites: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for step in &todo.steps {
        sites.entry(step.site()).or_default().push(step.clone());
    }
    let mut work: Vec<BoxFuture<'_, Vec<_>>> = Vec::with_capacity(sites.len());
    for steps in sites.into_values() {
        let mut each: Vec<BoxFuture<'_, _>> = Vec::with_capacity(steps.len());
        for step in steps {
            each.push(Box::pin(run_step(cx, state, todo, step)));
        }
        work.push(Box::pin(stream::iter(each).buffer_unordered(todo.at_a_time).collect()));
    }
    futures_util::future::join_all(work).await.into_iter().flatten().collect()
}

pub(super) async fn look_at(step: Arc<dyn Step>, cx: &Context) -> (Arc<dyn Step>, Result<Precheck>, Duration) {
    let look = settle(step.as_ref(), cx).await;
    (step, look, cx.clock.monotonic())
}

async fn run_step(
    cx: &Context,
    state: &RunState,
    todo: &Todo,
    step: Arc<dyn Step>,
) -> (Arc<dyn Step>, Result<StepResult>) {
    let look = match state.step(step.id()) {
        StepStatus::Started { .. } => First::Settle,
        _ => todo.looks.get(step.id()).map_or(First::Precheck, |l| First::Seen(l.clone())),
    };
    let attempt = state.steps.get(step.id()).map_or(0, |s| s.attempts) + 1;
    let result = run_one(cx, step.as_ref(), look, attempt).await;
    (step, result)
}

/// How a step is looked at before it runs.
pub(super) enum First {
    Precheck,
    /// It was begun before: its fate is read back.
    Settle,
    /// It was looked at just now.
    Seen(Look),
}

/// A step did not find what somebody was to do by hand.
fn missed(cx: &Context, e: &Error) -> bool {
    cx.effects.is_manual() && matches!(e.kind(), Kind::Refused | Kind::Server)
}

/// One step: started, prechecked, run, verified, finished.
pub(super) async fn run_one(cx: &Context, step: &dyn Step, first: First, attempt: u32) -> Result<StepResult> {
    let id = step.id().clone();
    let from = cx.clock.monotonic();
    cx.effects.record(&Record::StepStarted { step: id.clone(), attempt })?;
    cx.observer.on(&Event::StepStarted { step: id.clone(), summary: step.summary() });
    cx.effects.faults().at(Point::StepStarted, &id).await?;
    let result = work(cx, step, first).await;
    let (outcome, note) = match &result {
        Ok((outcome, note)) => (*outcome, note.clone()),
        Err(e) => (StepResult::Failed, e.chain()),
    };
    if result.is_ok() {
        cx.effects.faults().at(Point::StepDone, &id).await?;
    }
    let duration_ms = cx.clock.monotonic().saturating_sub(from).as_millis() as u64;
    cx.effects.record(&Record::StepFinished { step: id.clone(), outcome, note: note.clone(), duration_ms })?;
    cx.observer.on(&Event::StepFinished { step: id, outcome, note, duration_ms });
    result.map(|(outcome, _)| outcome)
}

async fn work(cx: &Context, step: &dyn Step, first: First) -> Result<(StepResult, String)> {
    let mut look = match first {
        First::Settle => settle(step, cx).await?,
        First::Seen(seen) if cx.clock.monotonic().saturating_sub(seen.at) <= LOOK_FRESH => seen.look,
        First::Seen(_) | First::Precheck => step.precheck(cx).await?,
    };
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2), 2.0);
    for attempt in 1..=ATTEMPTS_MAX {
        match look {
            Precheck::AlreadyDone(note) => {
                step.verify(cx).await?;
                return Ok((StepResult::AlreadyDone, note));
            }
            Precheck::Skip(note) => return Ok((StepResult::Skipped, note)),
            Precheck::Blocked { expected, found, hint } => return Err(blocked(step, &expected, &found, &hint)),
            Precheck::Ready | Precheck::UnderWay => {}
        }
        let ran = match step.run(cx).await {
            // What somebody said to be done is looked at before it counts.
            Ok(done) if cx.effects.is_manual() => step.verify(cx).await.map(|()| done),
            other => other,
        };
        match ran {
            Ok(mut done) => {
                step.verify(cx).await?;
                if cx.effects.faults().again(step.id()) {
                    done = step.run(cx).await?;
                    step.verify(cx).await?;
                }
                return Ok((StepResult::Done, done.note));
            }
            // Whoever runs statements by hand may have left one out: those that are missing are asked for again.
            Err(e) if (transient(&e) || missed(cx, &e)) && attempt < ATTEMPTS_MAX => {
                if cx.effects.is_manual() {
                    cx.observer.on(&Event::Note { text: format!("  not seen yet: {}", e.chain()) });
                }
                backoff.wait().await;
                look = settle(step, cx).await?;
            }
            Err(e) => return Err(e),
        }
    }
    Err(Error::bug(format!("{} ended without an outcome", step.id())))
}
