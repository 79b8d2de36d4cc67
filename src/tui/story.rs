//! Journal records -> what the cockpit shows. Pure, and the same for a live run, one that another process drives, and a replay.

use crate::base::text;
use crate::journal::record::ChangeResult;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::journal::record::RunResult;
use crate::journal::record::StepResult;
use crate::journal::record::Stored;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use crate::plan::types::Plan;
use crate::plan::types::PlannedStep;
use serde::Deserialize;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Running,
    Done,
    AlreadyDone,
    Skipped,
    Failed,
    Undoing,
    Undone,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Standing::Waiting => "waiting",
            Standing::Running => "running",
            Standing::Done => "done",
            Standing::AlreadyDone => "found done",
            Standing::Skipped => "skipped",
            Standing::Failed => "failed",
            Standing::Undoing => "undoing",
            Standing::Undone => "undone",
        }
    }
    pub fn is_busy(self) -> bool {
        matches!(self, Standing::Running | Standing::Undoing)
    }
}

/// A step of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct StepStory {
    pub id: StepId,
    pub stage: String,
    pub summary: String,
    pub undo: String,
    pub site: String,
    pub crosses: Option<Line>,
    pub preview: Vec<String>,
    pub standing: Standing,
    /// Of the newest attempt.
    pub started: Option<OffsetDateTime>,
    pub took: Option<Duration>,
    pub attempts: u32,
    pub note: String,
    /// Statements and requests sent, with what became of them.
    pub sent: Vec<Sent>,
    pub evidence: Vec<(String, serde_json::Value)>,
}

/// A change that was announced in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub change: u64,
    pub site: String,
    pub script: String,
    pub shown: String,
    /// `None`: no outcome is written.
    pub result: Option<ChangeResult>,
}

/// A gate as its step proved it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Gate {
    pub gate: String,
    /// `None`: unknown, which is no pass.
    pub pass: Option<bool>,
    #[serde(default)]
    pub expected: String,
    #[serde(default)]
    pub found: String,
    #[serde(default)]
    pub hint: String,
    /// The link, from its step.
    #[serde(skip)]
    pub link: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Plain,
    Good,
    Bad,
    Strong,
    Faint,
}

/// A line of the event log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub at: Option<OffsetDateTime>,
    pub text: String,
    pub weight: Weight,
    /// The same so often in a row.
    pub times: usize,
}

/// The application's outage as the servers saw it: from the first fence to the last opening, or to the last fence taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outage {
    pub from: Option<OffsetDateTime>,
    pub to: Option<OffsetDateTime>,
}

impl Outage {
    /// So far, or in the end; `None` before it began.
    pub fn lasted(&self, now: OffsetDateTime) -> Option<Duration> {
        let from = self.from?;
        Some(Duration::try_from(self.to.unwrap_or(now) - from).unwrap_or_default())
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    pub run: RunId,
    pub kind: String,
    pub by: String,
    pub links: Vec<String>,
    pub budget: Option<Duration>,
    pub resumes: u32,
    pub steps: Vec<StepStory>,
    pub gates: Vec<Gate>,
    pub gates_at: Option<OffsetDateTime>,
    pub l1: Option<OffsetDateTime>,
    pub l2: Option<OffsetDateTime>,
    pub outage: Outage,
    /// `None`: not finished. Running now, or waiting for `resume`.
    pub end: Option<RunResult>,
    pub first_at: Option<OffsetDateTime>,
    pub last_at: Option<OffsetDateTime>,
    pub log: Vec<Entry>,
}

/// A plan that was not started yet, in the same shape.
pub fn of_plan(plan: &Plan) -> Story {
    let mut story = empty(RunId::from("plan"));
    story.take_plan(plan);
    story
}

/// The run that these records tell; `None` without any.
pub fn of_records(records: &[Stored]) -> Option<Story> {
    let first = records.first()?;
    let mut story = empty(first.run.clone());
    for stored in records {
        story.take(stored);
    }
    Some(story)
}

fn empty(run: RunId) -> Story {
    Story {
        run,
        kind: String::new(),
        by: String::new(),
        links: Vec::new(),
        budget: None,
        resumes: 0,
        steps: Vec::new(),
        gates: Vec::new(),
        gates_at: None,
        l1: None,
        l2: None,
        outage: Outage::default(),
        end: None,
        first_at: None,
        last_at: None,
        log: Vec::new(),
    }
}

fn planned(stage: &str, step: &PlannedStep) -> StepStory {
    StepStory {
        id: step.id.clone(),
        stage: stage.to_owned(),
        summary: step.summary.clone(),
        undo: step.undo.clone(),
        site: step.site.0.clone(),
        crosses: step.crosses,
        preview: step.preview.clone(),
        ..bare(&step.id)
    }
}

fn bare(id: &StepId) -> StepStory {
    StepStory {
        id: id.clone(),
        stage: String::new(),
        summary: id.to_string(),
        undo: String::new(),
        site: String::new(),
        crosses: None,
        preview: Vec::new(),
        standing: Standing::Waiting,
        started: None,
        took: None,
        attempts: 0,
        note: String::new(),
        sent: Vec::new(),
        evidence: Vec::new(),
    }
}

impl Story {
    pub fn is_cutover(&self) -> bool {
        self.kind == "cutover"
    }
    /// On a failover group.
    pub fn is_of_group(&self) -> bool {
        matches!(self.kind.as_str(), "fog" | "drill")
    }

    pub fn step(&self, id: &StepId) -> Option<&StepStory> {
        self.steps.iter().find(|s| s.id == *id)
    }

    /// The step to look at while nobody has chosen one: the first that is busy or failed, else the last that was started.
    pub fn attention(&self) -> usize {
        let busy = self.steps.iter().position(|s| s.standing.is_busy() || s.standing == Standing::Failed);
        busy.or_else(|| self.steps.iter().rposition(|s| s.attempts > 0)).unwrap_or(0)
    }

    pub fn finished_steps(&self) -> usize {
        let finished = [Standing::Done, Standing::AlreadyDone, Standing::Skipped];
        self.steps.iter().filter(|s| finished.contains(&s.standing)).count()
    }

    /// What `abort` would do now; the reasons are those of the facts on the two lines.
    pub fn way_back(&self) -> &'static str {
        match (self.end, self.l1, self.l2) {
            (Some(_), _, _) => "the run has ended",
            (_, _, Some(_)) => "beyond L2 the target may hold new data: only forward is left",
            (_, Some(_), _) => "beyond L1 going back costs a reseed or a second failover: only forward is left here",
            _ => "before L1 abort undoes everything: the application is back on its source",
        }
    }

    fn take_plan(&mut self, plan: &Plan) {
        plan.kind.as_str().clone_into(&mut self.kind);
        self.links = plan.links.iter().map(|l| l.name.0.clone()).collect();
        self.budget = (self.kind == "cutover").then(|| Duration::from_millis(plan.policy.budget_ms));
        self.steps = plan.stages.iter().flat_map(|s| s.steps.iter().map(|p| planned(&s.name, p))).collect();
    }

    fn note(&mut self, at: Option<OffsetDateTime>, weight: Weight, text: String) {
        match self.log.last_mut() {
            // Sessions are ended one by one: a line each would push everything else off the screen.
            Some(last) if last.text == text && last.weight == weight => {
                last.times += 1;
                last.at = at;
            }
            _ => self.log.push(Entry { at, text, weight, times: 1 }),
        }
    }

    fn at_step(&mut self, id: &StepId) -> &mut StepStory {
        let known = self.steps.iter().position(|s| s.id == *id);
        let at = known.unwrap_or_else(|| {
            self.steps.push(bare(id));
            self.steps.len() - 1
        });
        &mut self.steps[at]
    }

    fn take(&mut self, stored: &Stored) {
        let at = OffsetDateTime::parse(&stored.at, &Rfc3339).ok();
        self.first_at = self.first_at.or(at);
        self.last_at = at.or(self.last_at);
        match &stored.record {
            Record::RunStarted { kind, plan, host, user, version } => {
                kind.clone_into(&mut self.kind);
                self.by = format!("{user}@{host}, milink {version}");
                if let Ok(plan) = serde_json::from_value::<Plan>(plan.clone()) {
                    self.take_plan(&plan);
                }
                let words = format!("{kind} starts: {}, by {}", text::count(self.steps.len(), "step"), self.by);
                self.note(at, Weight::Strong, words);
            }
            Record::RunResumed { host, user, version } => {
                self.resumes += 1;
                self.note(at, Weight::Strong, format!("taken up again by {user}@{host}, milink {version}"));
            }
            Record::StepStarted { step, attempt } => self.step_started(step, *attempt, at),
            Record::StepFinished { step, outcome, note, duration_ms } => {
                self.step_finished(step, *outcome, note, *duration_ms, at);
            }
            Record::UndoStarted { step } => {
                self.at_step(step).standing = Standing::Undoing;
                self.note(at, Weight::Plain, format!("undo {step}"));
            }
            Record::UndoFinished { step, note } => {
                let state = self.at_step(step);
                state.standing = Standing::Undone;
                note.clone_into(&mut state.note);
                self.note(at, Weight::Plain, format!("undone {step}: {note}"));
                self.close_outage(at);
            }
            Record::Intent { change, step, site, script, shown } => {
                let sent = Sent {
                    change: *change,
                    site: site.0.clone(),
                    script: script.clone(),
                    shown: shown.clone(),
                    result: None,
                };
                self.at_step(step).sent.push(sent);
                self.note(at, Weight::Faint, format!("send to {site}: {script}"));
            }
            Record::Outcome { change, result } => self.outcome(*change, result, at),
            Record::Pending { step, .. } => self.note(at, Weight::Faint, format!("{step}: Azure works on it")),
            Record::Evidence { step, name, value } => self.evidence(step, name, value, at),
            Record::LineCrossed { line } => self.line(*line, at),
            Record::LineWithdrawn { line, why } => {
                self.l1 = None;
                self.note(at, Weight::Bad, format!("line {line:?} was never crossed: {why}"));
            }
            Record::Held { before, by } => {
                self.note(at, Weight::Strong, format!("held before `{before}` by {by}; `H` lets it go on"));
            }
            Record::Released { before, held_ms } => {
                let waited = text::duration(Duration::from_millis(*held_ms));
                self.note(at, Weight::Plain, format!("goes on with `{before}` after {waited}"));
            }
            Record::RunFinished { outcome, .. } => {
                self.end = Some(*outcome);
                let weight = if *outcome == RunResult::Committed { Weight::Good } else { Weight::Bad };
                self.note(at, weight, format!("run {}", outcome.word()));
                if *outcome == RunResult::RolledBack && self.outage.from.is_some() {
                    self.outage.to = self.outage.to.or(at);
                }
            }
        }
    }

    fn line(&mut self, line: Line, at: Option<OffsetDateTime>) {
        let words = match line {
            Line::L1 => {
                self.l1 = at;
                "line L1 crossed: the switch is sent; from here only forward"
            }
            Line::L2 => {
                self.l2 = at;
                "line L2 crossed: the target is opened to the application"
            }
        };
        self.note(at, Weight::Strong, words.to_owned());
    }

    fn step_started(&mut self, step: &StepId, attempt: u32, at: Option<OffsetDateTime>) {
        let state = self.at_step(step);
        state.standing = Standing::Running;
        state.attempts = attempt;
        state.started = at;
        state.took = None;
        let words = match attempt {
            1 => format!("{step} begins"),
            n => format!("{step} begins, attempt {n}"),
        };
        self.note(at, Weight::Faint, words);
        if step.kind() == "cutover.fence" {
            self.outage.from = self.outage.from.or(at);
        }
    }

    fn step_finished(&mut self, step: &StepId, outcome: StepResult, note: &str, ms: u64, at: Option<OffsetDateTime>) {
        let state = self.at_step(step);
        let (standing, weight) = match outcome {
            StepResult::Done => (Standing::Done, Weight::Good),
            StepResult::AlreadyDone => (Standing::AlreadyDone, Weight::Good),
            StepResult::Skipped => (Standing::Skipped, Weight::Faint),
            StepResult::Failed => (Standing::Failed, Weight::Bad),
        };
        state.standing = standing;
        state.took = Some(Duration::from_millis(ms));
        note.clone_into(&mut state.note);
        self.note(at, weight, format!("{step} {}: {note}", standing.word()));
        self.close_outage(at);
    }

    /// Closed when every opening is done, or every fence that was raised is down again.
    fn close_outage(&mut self, at: Option<OffsetDateTime>) {
        let of = |kind: &'static str| self.steps.iter().filter(move |s| s.id.kind() == kind);
        let through = |s: &StepStory| matches!(s.standing, Standing::Done | Standing::AlreadyDone);
        let open = of("cutover.open").next().is_some() && of("cutover.open").all(through);
        let mut raised = of("cutover.fence").filter(|s| s.attempts > 0).peekable();
        let down = raised.peek().is_some() && raised.all(|s| s.standing == Standing::Undone);
        if self.outage.from.is_some() && self.outage.to.is_none() && (open || down) {
            self.outage.to = at;
        }
    }

    fn outcome(&mut self, change: u64, result: &ChangeResult, at: Option<OffsetDateTime>) {
        let sent = self.steps.iter_mut().flat_map(|s| &mut s.sent).find(|s| s.change == change);
        let script = sent.map_or(String::new(), |s| {
            s.result = Some(result.clone());
            s.script.clone()
        });
        match result {
            ChangeResult::Ok => {}
            ChangeResult::Failed { message } => self.note(at, Weight::Bad, format!("{script} refused: {message}")),
            ChangeResult::Unknown { message } => {
                self.note(at, Weight::Bad, format!("{script}: the answer was lost, its fate is read back: {message}"));
            }
        }
    }

    fn evidence(&mut self, step: &StepId, name: &str, value: &serde_json::Value, at: Option<OffsetDateTime>) {
        if name == "gates"
            && let Ok(gates) = serde_json::from_value::<Vec<Gate>>(value.clone())
        {
            let link = step.as_str().split_once('/').map_or("", |(_, link)| link);
            self.gates.retain(|g| g.link != link);
            self.gates.extend(gates.into_iter().map(|g| Gate { link: link.to_owned(), ..g }));
            self.gates_at = at;
        }
        let state = self.at_step(step);
        state.evidence.retain(|(n, _)| n != name);
        state.evidence.push((name.to_owned(), value.clone()));
    }
}
