//! Runs the stages of an approved plan, from the start or from where a journal says it stopped.

use super::cancel::Cancel;
use super::context::Context;
use super::event::Event;
use super::hold::Hold;
use super::settle::settle;
use super::settle::transient;
use super::stage::CONCURRENT_LIGHT_STEPS_MAX;
use super::stage::Stage;
use super::step::Precheck;
use super::step::Step;
use super::undo::Others;
use super::undo::roll_back;
use super::work::First;
use super::work::Look;
use super::work::Todo;
use super::work::blocked;
use super::work::look_at;
use super::work::run_all;
use super::work::run_one;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::lease::lease_lost;
use crate::journal::fold::RunState;
use crate::journal::fold::StepStatus;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::model::ids::LinkName;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Links that fell out and are told by name.
const FALLEN_TOLD_MAX: usize = 5;

/// Time limits of a run.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// From the start of stage `budget_from` until L1; when it ends first, everything is undone.
    pub budget: Option<Duration>,
    pub budget_from: String,
    /// The command that takes a run up again that stopped half way.
    pub again: String,
    /// A link whose step fails stands still alone, and the others go on: many links are made in one run.
    pub apart: bool,
    /// Asked to stop before L1: undo everything (a cutover), or leave what is there for the next attempt (a creation).
    pub undo_on_interrupt: bool,
}

/// How a run ended. A run that could not end is an [`Error`] of kind `Stopped`.
#[derive(Debug)]
pub enum RunEnd {
    Committed,
    RolledBack(Error),
}

/// A run in progress.
pub struct Runner<'a> {
    pub stages: &'a [Stage],
    pub cx: Context,
    /// Where the run stands: empty for a fresh one, folded from the journal for a resumed one.
    pub state: RunState,
    pub limits: Limits,
    pub hold: Hold,
    /// Links that fell out of the run, each with why.
    pub fallen: BTreeMap<LinkName, Error>,
    /// What another run has had meanwhile.
    pub superseded: Others,
}

impl Runner<'_> {
    /// To the end: committed, rolled back, or stopped (error).
    pub async fn run(mut self) -> Result<RunEnd> {
        self.enter().await?;
        self.cx.effects.heed(self.cx.cancel.token());
        // One whose switch was seen in effect has only its own end left to do.
        let done: BTreeSet<_> =
            self.switches().filter(|s| self.finished(s.as_ref())).filter_map(|s| s.link().cloned()).collect();
        self.superseded.links.retain(|link, _| !done.contains(link));
        if let Some(run) = self.superseded.whole.clone() {
            return self.leave_to(&run).await;
        }
        if let Some(why) = self.superseded.links.first_key_value().map(|(link, run)| superseded(link, run)) {
            if self.crossed(Line::L1) && done.is_empty() {
                self.cx.effects.record(&Record::LineWithdrawn { line: Line::L1, why: why.chain() })?;
                self.state.lines.remove(&Line::L1);
            }
            if !self.crossed(Line::L1) {
                return self.give_up(why).await;
            }
        }
        if self.state.steps.values().any(|s| matches!(s.status, StepStatus::UndoStarted | StepStatus::Undone)) {
            let why = Error::new(Kind::Refused, "the run was already going back when it was cut short");
            return self.give_up(why).await;
        }
        if self.crossed(Line::L1) {
            self.cx = self.cx.with_cancel(Cancel::new());
            if let Err(e) = self.settle_switches().await {
                return if lease_lost(&e) { Err(e) } else { self.stopped(e) };
            }
        }
        let mut budget_end = None;
        for index in 0..self.stages.len() {
            let stage = &self.stages[index];
            let todo = self.todo(stage);
            if todo.is_empty() {
                continue;
            }
            let held = self.wait_if_held(todo[0].id().kind(), budget_end).await;
            if stage.name == self.limits.budget_from {
                self.warm().await;
                budget_end = self.limits.budget.map(|b| self.cx.clock.monotonic() + b);
            }
            self.cx.observer.on(&Event::StageStarted { stage: stage.name.clone() });
            let todo = Todo { steps: todo, at_a_time: stage.at_a_time, looks: BTreeMap::new() };
            let result = match held {
                Err(e) => Err(e),
                Ok(()) if self.crossed(Line::L1) => self.stage(todo).await,
                Ok(()) => self.stage_before_l1(todo, budget_end).await,
            };
            match result {
                Ok(()) => {}
                Err(e) if lease_lost(&e) => return Err(e),
                Err(e) if self.crossed(Line::L1) => return self.stopped(e),
                Err(e) => return self.give_up(e).await,
            }
        }
        if !self.fallen.is_empty() {
            return self.ended_apart().await;
        }
        self.finish(RunResult::Committed)?;
        Ok(RunEnd::Committed)
    }

    /// A process that takes a run up first takes what admits it. Without it nothing is touched, not even to undo: the process
    /// that began the run may still be alive.
    async fn enter(&mut self) -> Result<()> {
        let begun =
            |s: &StepStatus| !matches!(s, StepStatus::NotStarted | StepStatus::UndoStarted | StepStatus::Undone);
        let steps: Vec<_> = self
            .stages
            .iter()
            .flat_map(|s| &s.steps)
            .filter(|s| s.admits() && begun(&self.state.step(s.id())))
            .cloned()
            .collect();
        // Asked to stop or not: going back needs it as well.
        let cx = self.cx.with_cancel(Cancel::new());
        for step in steps {
            let attempt = self.attempts(step.id()) + 1;
            match run_one(&cx, step.as_ref(), First::Precheck, attempt).await {
                Ok(outcome) => {
                    self.set(step.id(), StepStatus::Finished(outcome), attempt);
                    match (step.link(), step.superseded(&cx).await?) {
                        (Some(link), Some(other)) => drop(self.superseded.links.insert(link.clone(), other)),
                        (None, Some(other)) => self.superseded.whole = Some(other),
                        (_, None) => {}
                    }
                }
                // Its server may be gone for good, and beyond L1 the way is forward.
                Err(e) if self.crossed(Line::L1) && transient(&e) => {
                    self.set(step.id(), StepStatus::Finished(StepResult::Failed), attempt);
                    cx.progress(step.id(), format!("goes on without it: {}", e.chain()), None);
                }
                Err(e) => return Err(e.during("taking the run up again; nothing else was touched")),
            }
        }
        Ok(())
    }

    /// Between two stages every step is at rest: the one place where a run may wait at somebody's word. Before L1 a request to
    /// stop and the end of the budget count as ever; what was proven before is looked at again by the switch.
    async fn wait_if_held(&mut self, before: &str, budget_end: Option<Duration>) -> Result<()> {
        let Some(by) = self.hold.asked_by() else { return Ok(()) };
        let from = self.cx.clock.monotonic();
        self.cx.effects.record(&Record::Held { before: before.to_owned(), by: by.clone() })?;
        self.cx.observer.on(&Event::Held { before: before.to_owned(), by });
        let left = budget_end.filter(|_| !self.crossed(Line::L1)).map(|end| end.saturating_sub(from));
        let over = async {
            match left {
                Some(left) => crate::base::clock::pause(left).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            biased;
            () = self.cx.cancel.wait() => Err(Error::new(Kind::Interrupted, "asked to stop while it was held")),
            () = self.hold.released() => Ok(()),
            () = over => Err(Error::new(Kind::TimedOut, "the outage budget ended while the run was held")),
        };
        let held_ms = self.cx.clock.monotonic().saturating_sub(from).as_millis() as u64;
        self.cx.effects.record(&Record::Released { before: before.to_owned(), held_ms })?;
        self.cx.observer.on(&Event::Released { before: before.to_owned(), held_ms });
        ended
    }

    /// Signs on to every server for all steps of a stage: an application is about to stand still.
    async fn warm(&self) {
        let sites: BTreeSet<_> = self.stages.iter().flat_map(|s| &s.steps).map(|s| s.site()).collect();
        let links = self.stages.iter().map(|s| s.steps.len()).max().unwrap_or(0);
        let work = sites.into_iter().map(|site| self.cx.effects.warm(site, links));
        futures_util::future::join_all(work).await;
    }

    fn crossed(&self, line: Line) -> bool {
        self.state.lines.contains(&line)
    }

    fn switches(&self) -> impl Iterator<Item = &Arc<dyn Step>> {
        self.stages.iter().flat_map(|s| &s.steps).filter(|s| s.crosses() == Some(Line::L1))
    }

    fn finished(&self, step: &dyn Step) -> bool {
        matches!(self.state.step(step.id()), StepStatus::Finished(r) if r != StepResult::Failed)
    }

    /// Steps still to do. A finished step that must be proven again counts as long as the switch of its link (or, shared, of any link)
    /// is not confirmed; once it is, an unfinished one no longer counts: its time is over.
    fn todo(&self, stage: &Stage) -> Vec<Arc<dyn Step>> {
        let switched = |step: &dyn Step| {
            let mut mine = self.switches().filter(|s| step.link().is_none() || s.link() == step.link()).peekable();
            mine.peek().is_some() && mine.all(|s| self.finished(s.as_ref()))
        };
        let wanted = |step: &Arc<dyn Step>| match (self.finished(step.as_ref()), step.volatile()) {
            (false, false) => true,
            // The lease of a whole run is held to its end: there may be changes beyond the switch.
            (_, true) if step.admits() && step.link().is_none() => true,
            (_, true) => !switched(step.as_ref()),
            (true, false) => false,
        };
        let fell = |s: &Arc<dyn Step>| s.link().is_some_and(|l| self.fallen.contains_key(l));
        stage.steps.iter().filter(|s| wanted(s) && !fell(s)).cloned().collect()
    }

    fn attempts(&self, id: &StepId) -> u32 {
        self.state.steps.get(id).map_or(0, |s| s.attempts)
    }

    fn set(&mut self, id: &StepId, status: StepStatus, attempts: u32) {
        let state = self.state.steps.entry(id.clone()).or_default();
        state.status = status;
        state.attempts = attempts;
    }

    /// Taken up again beyond L1: what became of each switch is read from the servers before anything else is touched.
    async fn settle_switches(&mut self) -> Result<()> {
        let open: Vec<_> = self.switches().filter(|s| !self.finished(s.as_ref())).cloned().collect();
        for step in open {
            let look = settle(step.as_ref(), &self.cx).await?;
            if look == Precheck::UnderWay {
                // The servers are between two roles: nothing before the switch may be touched, only its end awaited.
                let attempt = self.attempts(step.id()) + 1;
                let outcome = run_one(&self.cx, step.as_ref(), First::Settle, attempt).await?;
                self.set(step.id(), StepStatus::Finished(outcome), attempt);
                continue;
            }
            if let Precheck::AlreadyDone(note) = look {
                let id = step.id().clone();
                let attempt = self.attempts(&id) + 1;
                self.cx.effects.record(&Record::StepStarted { step: id.clone(), attempt })?;
                let outcome = StepResult::AlreadyDone;
                self.cx.effects.record(&Record::StepFinished { step: id.clone(), outcome, note, duration_ms: 0 })?;
                self.set(&id, StepStatus::Finished(outcome), attempt);
            }
        }
        Ok(())
    }

    async fn stage_before_l1(&mut self, todo: Todo, budget_end: Option<Duration>) -> Result<()> {
        if self.cx.cancel.requested() {
            return Err(Error::new(Kind::Interrupted, "asked to stop"));
        }
        self.go(&todo, budget_end).await?;
        let Some(end) = budget_end else { return self.stage(todo).await };
        let left = end.saturating_sub(self.cx.clock.monotonic());
        let over = || Error::new(Kind::TimedOut, "the outage budget ended before the switch was sent");
        if left.is_zero() {
            return Err(over());
        }
        if todo.steps.iter().any(|s| s.crosses() == Some(Line::L1)) {
            // Never cut off a switch in mid-air: its own limits bound it.
            return self.stage(todo).await;
        }
        let cancel = Cancel::new();
        let cx = self.cx.with_cancel(cancel.clone());
        let outer = self.cx.cancel.clone();
        let watch = async {
            tokio::select! {
                biased;
                () = outer.wait() => false,
                () = crate::base::clock::pause(left) => true,
            }
        };
        let mut expired = false;
        let results = {
            let work = run_all(&cx, &self.state, &todo);
            tokio::pin!(work);
            tokio::pin!(watch);
            tokio::select! {
                biased;
                r = &mut work => r,
                e = &mut watch => { expired = e; cancel.request(); work.await }
            }
        };
        match self.absorb(results) {
            Err(e) if expired => Err(over().caused_by(e)),
            other => other,
        }
    }

    /// By hand the line is crossed when somebody says go, not while they make up their mind: until then the budget counts, and a
    /// request to stop takes everything back.
    async fn go(&self, todo: &Todo, budget_end: Option<Duration>) -> Result<()> {
        let crossing: Vec<_> = todo.steps.iter().filter(|s| s.crosses() == Some(Line::L1)).collect();
        let Some(first) = crossing.first().filter(|_| self.cx.effects.is_manual()) else { return Ok(()) };
        let preview = crossing.iter().flat_map(|s| s.preview()).map(|s| format!("-- {}", s.replace('\n', "\n-- ")));
        let head = "-- go or no-go: nothing is to be run yet. To say that it is done is your go; then line L1 is crossed, and this is";
        let statements = std::iter::once(format!("{head} asked for:")).chain(preview).collect();
        let asked = self.cx.effects.go(first.id(), first.site(), statements);
        let Some(end) = budget_end else { return asked.await };
        let left = end.saturating_sub(self.cx.clock.monotonic());
        tokio::select! {
            biased;
            said = asked => said,
            () = crate::base::clock::pause(left) => {
                Err(Error::new(Kind::TimedOut, "the outage budget ended before anybody said go"))
            }
        }
    }

    async fn stage(&mut self, mut todo: Todo) -> Result<()> {
        let line = todo.steps.iter().find_map(|s| s.crosses()).filter(|l| !self.crossed(*l));
        if let Some(line) = line {
            todo.looks = self.cross(line, &todo).await?;
        }
        let results = run_all(&self.cx, &self.state, &todo).await;
        let failed = self.absorb(results);
        let switching = todo.steps.iter().any(|s| s.crosses() == Some(Line::L1));
        if switching && failed.is_err() && !self.switches().any(|s| self.finished(s.as_ref())) {
            self.withdraw_if_never_sent(&todo.steps, failed.as_ref().err()).await?;
        }
        failed
    }

    /// Looks at every step of the crossing once more, then writes the line down, then lets nothing interrupt.
    async fn cross(&mut self, line: Line, todo: &Todo) -> Result<BTreeMap<StepId, Look>> {
        let mut work: Vec<BoxFuture<'_, _>> = Vec::with_capacity(todo.steps.len());
        for step in &todo.steps {
            work.push(Box::pin(look_at(step.clone(), &self.cx)));
        }
        let found: Vec<_> = stream::iter(work).buffer_unordered(CONCURRENT_LIGHT_STEPS_MAX).collect().await;
        let mut looks = BTreeMap::new();
        for (step, look, at) in found {
            match look? {
                Precheck::Blocked { expected, found, hint } => {
                    return Err(blocked(step.as_ref(), &expected, &found, &hint));
                }
                look => looks.insert(step.id().clone(), Look { look, at }),
            };
        }
        if self.cx.cancel.requested() && line == Line::L1 {
            return Err(Error::new(Kind::Interrupted, "asked to stop"));
        }
        self.cx.effects.record(&Record::LineCrossed { line })?;
        self.state.lines.insert(line);
        self.cx = self.cx.with_cancel(Cancel::new());
        self.cx.observer.on(&Event::LineCrossed { line });
        Ok(looks)
    }

    /// The switch failed. If every server says by itself that nothing was switched, the line was never crossed and the way back is free.
    async fn withdraw_if_never_sent(&mut self, todo: &[Arc<dyn Step>], error: Option<&Error>) -> Result<()> {
        if error.is_some_and(|e| !matches!(e.kind(), Kind::Server | Kind::Refused | Kind::Denied)) {
            return Ok(());
        }
        for step in todo {
            // Done, or on its way: only a server that says "not done" is believed.
            let look = settle(step.as_ref(), &self.cx).await?;
            if !matches!(look, Precheck::Ready | Precheck::Blocked { .. }) || step.on_its_way(&self.cx).await? {
                return Ok(());
            }
        }
        let why = error.map(Error::chain).unwrap_or_default();
        self.cx.effects.record(&Record::LineWithdrawn { line: Line::L1, why })?;
        self.state.lines.remove(&Line::L1);
        Ok(())
    }

    fn absorb(&mut self, results: Vec<(Arc<dyn Step>, Result<StepResult>)>) -> Result<()> {
        let mut first = None;
        for (step, result) in results {
            let attempt = self.attempts(step.id()) + 1;
            match result {
                Ok(r) => self.set(step.id(), StepStatus::Finished(r), attempt),
                Err(e) => {
                    self.set(step.id(), StepStatus::Started { attempt }, attempt);
                    let e = e.during(format!("step {}", step.id()));
                    if let Some(link) = step.link().filter(|_| self.falls_alone(&e)) {
                        self.fallen.insert(link.clone(), e);
                        continue;
                    }
                    // The most telling failure is the one that is not a mere consequence of being asked to stop.
                    match &first {
                        Some(Error { .. }) if e.kind() == Kind::Interrupted => {}
                        _ => first = Some(e),
                    }
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    fn falls_alone(&self, e: &Error) -> bool {
        self.limits.apart && !lease_lost(e) && !matches!(e.kind(), Kind::Interrupted | Kind::Bug)
    }

    /// Some links fell out: what the others have stays, and so does what the fallen ones have got so far.
    async fn ended_apart(mut self) -> Result<RunEnd> {
        let links: BTreeSet<&LinkName> = self.stages.iter().flat_map(|s| &s.steps).filter_map(|s| s.link()).collect();
        let (all, fallen) = (links.len(), std::mem::take(&mut self.fallen));
        let mut told: Vec<String> = fallen.iter().map(|(link, e)| format!("{link}: {}", e.chain())).collect();
        let n = told.len();
        told.truncate(FALLEN_TOLD_MAX);
        if n > told.len() {
            told.push(format!("and {} more", n - told.len()));
        }
        let error = Error::new(Kind::Stopped, format!("{n} of {all} links are not done: {}", told.join("; ")))
            .hint(format!("the others stand; mend the cause, then `{}`", self.limits.again));
        if n == all {
            return self.give_up(error).await;
        }
        let names: Vec<_> = fallen.keys().collect();
        self.end(RunResult::Committed, serde_json::json!({ "not_done": names }))?;
        Err(error)
    }

    /// What this run was about has been another's since: nothing of it is touched any more, beyond the line or before it.
    async fn leave_to(mut self, run: &RunId) -> Result<RunEnd> {
        let why = Error::refused(format!(
            "run {run} has had it since this one stopped: this one ends here, and touches nothing more of it"
        ))
        .hint(format!("milink runs show {run}"));
        if self.crossed(Line::L1) {
            self.cx.effects.record(&Record::LineWithdrawn { line: Line::L1, why: why.chain() })?;
            self.state.lines.remove(&Line::L1);
        }
        self.give_up(why).await
    }

    async fn give_up(mut self, cause: Error) -> Result<RunEnd> {
        if cause.kind() == Kind::Interrupted && !self.limits.undo_on_interrupt {
            return Err(cause.hint("what is done stays; the same command goes on from there"));
        }
        let cx = self.cx.with_cancel(Cancel::new());
        cx.guards.end_all();
        match roll_back(self.stages, &self.state, &cx, &self.superseded).await {
            Ok(()) => {
                self.finish(RunResult::RolledBack)?;
                Ok(RunEnd::RolledBack(cause))
            }
            Err(e) if lease_lost(&e) => Err(e),
            // What keeps it from going back is what has to be mended; why it went back stands before it.
            Err(e) => self.stopped(e.during(format!("going back ({})", cause.chain()))),
        }
    }

    fn stopped(&self, cause: Error) -> Result<RunEnd> {
        self.cx.guards.end_all();
        let run = self.cx.effects.run().clone();
        self.cx.observer.on(&Event::RunStopped { run: run.clone(), why: cause.chain() });
        let kind = if cause.kind() == Kind::SplitBrain { Kind::SplitBrain } else { Kind::Stopped };
        Err(Error::new(kind, format!("run {run} stopped half way"))
            .hint(format!("mend the cause, then `{}`", self.limits.again))
            .caused_by(cause))
    }

    fn finish(&mut self, outcome: RunResult) -> Result<()> {
        self.end(outcome, serde_json::Value::Null)
    }

    fn end(&mut self, outcome: RunResult, summary: serde_json::Value) -> Result<()> {
        self.cx.guards.end_all();
        self.cx.effects.record(&Record::RunFinished { outcome, summary })?;
        let run = self.cx.effects.run().clone();
        self.cx.observer.on(&Event::RunFinished { run, outcome });
        Ok(())
    }
}

fn superseded(link: &LinkName, by: &RunId) -> Error {
    Error::refused(format!(
        "run {by} has had link {link} since this one stopped: what this one had set apart is its own now"
    ))
    .hint(format!("milink runs show {by}"))
}
