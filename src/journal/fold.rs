//! Records -> state of the run. Pure; an order that cannot have happened is an error, never a guess.

use super::record::ChangeResult;
use super::record::Line;
use super::record::Record;
use super::record::RunResult;
use super::record::StepResult;
use super::record::Stored;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepStatus {
    #[default]
    NotStarted,
    Started {
        attempt: u32,
    },
    Finished(StepResult),
    UndoStarted,
    Undone,
}

/// A step and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepState {
    pub status: StepStatus,
    /// Highest attempt so far; 0: never started.
    pub attempts: u32,
    pub note: String,
    /// Of the attempt that finished.
    pub duration_ms: Option<u64>,
}

/// A change that was announced.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeState {
    pub step: StepId,
    pub site: SiteId,
    pub script: String,
    pub shown: String,
    /// `None`: no outcome was written.
    pub result: Option<ChangeResult>,
    /// Poll handle, if the change is a long-running operation.
    pub continuation: Option<serde_json::Value>,
    /// Its step was finished or undone afterwards, which settles its fate by what was found in the world.
    pub settled: bool,
}

impl ChangeState {
    /// Sent, or about to be, with a fate that is still unknown.
    pub fn is_open(&self) -> bool {
        !self.settled && matches!(self.result, None | Some(ChangeResult::Unknown { .. }))
    }
}

/// Everything a journal says about one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunState {
    pub run: Option<RunId>,
    pub kind: String,
    /// The approved plan.
    pub plan: serde_json::Value,
    pub host: String,
    pub user: String,
    pub version: String,
    /// How often another process took it up.
    pub resumes: u32,
    pub steps: BTreeMap<StepId, StepState>,
    /// Steps in the order in which they were first started.
    pub order: Vec<StepId>,
    pub changes: BTreeMap<u64, ChangeState>,
    /// Last value for each step and name.
    pub evidence: BTreeMap<(StepId, String), serde_json::Value>,
    pub lines: BTreeSet<Line>,
    /// Before which kind of step it waits, and at whose word.
    pub held: Option<(String, String)>,
    /// How long it waited in all, without the hold that stands.
    pub held_ms: u64,
    pub finished: Option<(RunResult, serde_json::Value)>,
    started: bool,
}

/// Folds the records of one run.
pub fn fold(records: &[Stored]) -> Result<RunState> {
    let mut state = RunState::default();
    for (index, stored) in records.iter().enumerate() {
        let expected = index as u64 + 1;
        if stored.seq != expected {
            return Err(impossible(stored, &format!("expected row {expected}, found row {}", stored.seq)));
        }
        let run = state.run.get_or_insert_with(|| stored.run.clone());
        if *run != stored.run {
            return Err(impossible(stored, &format!("found among the records of run `{run}`")));
        }
        state.apply(&stored.record).map_err(|why| impossible(stored, &why))?;
    }
    if !state.started {
        return Err(Error::bug("a run has no records"));
    }
    Ok(state)
}

fn impossible(stored: &Stored, why: &str) -> Error {
    Error::bug(format!("record {} of run `{}` cannot be: {why}", stored.seq, stored.run))
        .hint(format!("check the journal with `milink runs verify {}`", stored.run))
}

impl RunState {
    pub fn step(&self, id: &StepId) -> StepStatus {
        self.steps.get(id).map_or(StepStatus::NotStarted, |s| s.status)
    }
    /// Changes whose fate must be read from the world before anything else.
    pub fn open_changes(&self) -> impl Iterator<Item = (u64, &ChangeState)> {
        self.changes.iter().filter(|(_, c)| c.is_open()).map(|(id, c)| (*id, c))
    }
    /// Long-running operations to go on polling.
    pub fn pending(&self) -> impl Iterator<Item = (u64, &ChangeState)> {
        self.open_changes().filter(|(_, c)| c.continuation.is_some())
    }
    /// Last value written for a step.
    pub fn evidence(&self, step: &StepId, name: &str) -> Option<&serde_json::Value> {
        self.evidence.get(&(step.clone(), name.to_owned()))
    }
    pub fn crossed(&self, line: Line) -> bool {
        self.lines.contains(&line)
    }
    /// Number for the next change.
    pub fn next_change(&self) -> u64 {
        self.changes.last_key_value().map_or(1, |(id, _)| id + 1)
    }

    /// Takes one more record in, or says why it cannot follow.
    pub fn apply(&mut self, record: &Record) -> std::result::Result<(), String> {
        match record {
            Record::RunStarted { .. } if self.started => return Err("the run had started already".into()),
            Record::RunStarted { .. } => {}
            _ if !self.started => return Err("the run had not started".into()),
            _ if self.finished.is_some() => return Err("the run had finished".into()),
            _ => {}
        }
        match record {
            Record::RunStarted { kind, plan, host, user, version } => {
                self.started = true;
                (self.kind, self.plan) = (kind.clone(), plan.clone());
                (self.host, self.user, self.version) = (host.clone(), user.clone(), version.clone());
            }
            Record::RunResumed { .. } => {
                self.resumes += 1;
                self.held = None;
            }
            Record::Held { before, by } => self.held = Some((before.clone(), by.clone())),
            Record::Released { held_ms, .. } => {
                if self.held.take().is_none() {
                    return Err("released, and nothing was held".into());
                }
                self.held_ms += held_ms;
            }
            Record::StepStarted { step, attempt } => self.step_started(step, *attempt)?,
            Record::StepFinished { step, outcome, note, duration_ms } => {
                self.step_finished(step, *outcome, note, *duration_ms)?;
            }
            Record::UndoStarted { step } => self.undo_started(step)?,
            Record::UndoFinished { step, note } => self.undo_finished(step, note)?,
            Record::Intent { change, step, site, script, shown } => self.intent(*change, step, site, script, shown)?,
            Record::Outcome { change, result } => self.outcome(*change, result)?,
            Record::Pending { change, step, continuation } => self.is_pending(*change, step, continuation)?,
            Record::Evidence { step, name, value } => {
                self.evidence.insert((step.clone(), name.clone()), value.clone());
            }
            Record::LineCrossed { line } => {
                if *line == Line::L2 && !self.crossed(Line::L1) {
                    return Err("line L2 before line L1".into());
                }
                self.lines.insert(*line);
            }
            Record::LineWithdrawn { line, .. } => {
                if *line == Line::L2 || self.crossed(Line::L2) || !self.lines.remove(line) {
                    return Err(format!("line {line:?} withdrawn, which cannot be"));
                }
            }
            Record::RunFinished { outcome, summary } => self.run_finished(*outcome, summary)?,
        }
        Ok(())
    }

    fn step_started(&mut self, step: &StepId, attempt: u32) -> std::result::Result<(), String> {
        let attempts = self.steps.get(step).map_or(0, |s| s.attempts);
        match self.step(step) {
            StepStatus::UndoStarted => return Err(format!("step `{step}` was being undone")),
            StepStatus::NotStarted
            | StepStatus::Started { .. }
            // A finished step may be proven again when a run is taken up.
            | StepStatus::Finished(_)
            | StepStatus::Undone => {}
        }
        if attempt <= attempts {
            return Err(format!("expected an attempt of step `{step}` after {attempts}, found {attempt}"));
        }
        let state = self.steps.entry(step.clone()).or_default();
        state.status = StepStatus::Started { attempt };
        state.attempts = attempt;
        if !self.order.contains(step) {
            self.order.push(step.clone());
        }
        Ok(())
    }

    fn step_finished(
        &mut self,
        step: &StepId,
        outcome: StepResult,
        note: &str,
        duration_ms: u64,
    ) -> std::result::Result<(), String> {
        let state = self.running(step, |s| matches!(s, StepStatus::Started { .. }), "started")?;
        state.status = StepStatus::Finished(outcome);
        note.clone_into(&mut state.note);
        state.duration_ms = Some(duration_ms);
        if outcome != StepResult::Failed {
            self.settle(step);
        }
        Ok(())
    }

    fn undo_started(&mut self, step: &StepId) -> std::result::Result<(), String> {
        let began = |s| !matches!(s, StepStatus::NotStarted | StepStatus::Undone);
        self.running(step, began, "started")?.status = StepStatus::UndoStarted;
        Ok(())
    }

    fn undo_finished(&mut self, step: &StepId, note: &str) -> std::result::Result<(), String> {
        let state = self.running(step, |s| s == StepStatus::UndoStarted, "being undone")?;
        state.status = StepStatus::Undone;
        note.clone_into(&mut state.note);
        self.settle(step);
        Ok(())
    }

    fn intent(
        &mut self,
        change: u64,
        step: &StepId,
        site: &SiteId,
        script: &str,
        shown: &str,
    ) -> std::result::Result<(), String> {
        // A finished step may still act: the guard of a fence goes on until the switch is confirmed.
        self.running(step, |s| !matches!(s, StepStatus::NotStarted | StepStatus::Undone), "under way")?;
        if change < self.next_change() {
            return Err(format!("expected change {} or later, found {change}", self.next_change()));
        }
        let (step, site, script, shown) = (step.clone(), site.clone(), script.to_owned(), shown.to_owned());
        self.changes.insert(
            change,
            ChangeState { step, site, script, shown, result: None, continuation: None, settled: false },
        );
        Ok(())
    }

    fn outcome(&mut self, change: u64, result: &ChangeResult) -> std::result::Result<(), String> {
        let Some(state) = self.changes.get_mut(&change) else {
            return Err(format!("outcome of change {change}, which was never announced"));
        };
        // An unknown fate may be settled later; a known one is final.
        if matches!(state.result, Some(ChangeResult::Ok | ChangeResult::Failed { .. })) {
            return Err(format!("second outcome of change {change}"));
        }
        state.result = Some(result.clone());
        Ok(())
    }

    fn is_pending(
        &mut self,
        change: u64,
        step: &StepId,
        continuation: &serde_json::Value,
    ) -> std::result::Result<(), String> {
        match self.changes.get_mut(&change) {
            None => Err(format!("poll handle of change {change}, which was never announced")),
            Some(c) if c.step != *step => {
                Err(format!("poll handle of change {change} under step `{step}`, not `{}`", c.step))
            }
            Some(c) if !c.is_open() => Err(format!("poll handle of change {change}, which had ended")),
            Some(c) => {
                c.continuation = Some(continuation.clone());
                Ok(())
            }
        }
    }

    fn run_finished(&mut self, outcome: RunResult, summary: &serde_json::Value) -> std::result::Result<(), String> {
        let busy = |s: &StepState| matches!(s.status, StepStatus::Started { .. } | StepStatus::UndoStarted);
        if let Some((step, _)) = self.steps.iter().find(|(_, s)| busy(s)) {
            return Err(format!("the run finished while step `{step}` was under way"));
        }
        if outcome == RunResult::RolledBack && self.crossed(Line::L2) {
            return Err("rolled back after line L2".into());
        }
        self.finished = Some((outcome, summary.clone()));
        Ok(())
    }

    /// The step's state, if it is as `wanted`.
    fn running(
        &mut self,
        step: &StepId,
        wanted: impl Fn(StepStatus) -> bool,
        word: &str,
    ) -> std::result::Result<&mut StepState, String> {
        match self.steps.get_mut(step) {
            Some(state) if wanted(state.status) => Ok(state),
            _ => Err(format!("step `{step}` was not {word}")),
        }
    }

    fn settle(&mut self, step: &StepId) {
        for change in self.changes.values_mut().filter(|c| c.step == *step) {
            change.settled = true;
        }
    }
}
