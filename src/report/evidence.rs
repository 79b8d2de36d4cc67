//! What a run leaves for people who were not there: who did what when, what was proven, what was sent. Pure.

use super::dto::LinkOutage;
use super::dto::RunStatus;
use super::dto::RunSummary;
use super::outage::StepTimes;
use super::run;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::journal::fold;
use crate::journal::history::HistoryRow;
use crate::journal::record::ChangeResult;
use crate::journal::record::Record;
use crate::journal::record::StepResult;
use crate::journal::record::Stored;
use crate::plan::fog::RecoveryTargets;
use crate::plan::types::Plan;
use serde::Deserialize;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One attempt at a step, on the run's own time.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub step: String,
    /// Milliseconds since the run began.
    pub from_ms: u64,
    pub to_ms: u64,
    /// `None`: no outcome is written down.
    pub outcome: Option<StepResult>,
    pub note: String,
    /// Taken back later.
    pub undone: bool,
}

/// A gate as it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GateLine {
    #[serde(skip)]
    pub link: String,
    pub gate: String,
    pub pass: Option<bool>,
    pub expected: String,
    pub found: String,
}

/// A change that was sent, or was about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    pub at: String,
    pub step: String,
    pub site: String,
    pub shown: String,
    /// `ok`, `failed: …`, `answer lost: …`, `outcome not written down`.
    pub result: String,
}

/// Something proven: a step, a name, a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    pub step: String,
    pub name: String,
    pub value: serde_json::Value,
}

/// How far the target of one link was behind, in order of time; `None`: unknown then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LagLine {
    pub link: String,
    /// (milliseconds since the run began, may be negative; lag in milliseconds)
    pub points: Vec<(i64, Option<u64>)>,
}

/// Everything a report shows.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub summary: RunSummary,
    pub bars: Vec<Bar>,
    pub length_ms: u64,
    /// (`L1`, milliseconds since the run began)
    pub lines: Vec<(String, u64)>,
    pub gates: Vec<GateLine>,
    pub proofs: Vec<Proof>,
    pub changes: Vec<ChangeLine>,
    pub outages: Vec<LinkOutage>,
    pub budget_ms: Option<u64>,
    /// What the estate asks of a failover.
    pub targets: Option<RecoveryTargets>,
    /// Only what a watcher kept in the same journal; empty: nobody watched.
    pub lag: Vec<LagLine>,
    /// The hash chain of these records holds.
    pub chain_holds: bool,
}

fn time_of(stored: &Stored) -> Result<OffsetDateTime> {
    OffsetDateTime::parse(&stored.at, &Rfc3339).map_err(|e| Error::bug("a record has no time").caused_by(e))
}

fn since(origin: OffsetDateTime, at: OffsetDateTime) -> u64 {
    u64::try_from((at - origin).whole_milliseconds()).unwrap_or(0)
}

/// Collects the evidence of one run.
pub fn collect(records: &[Stored], chain_holds: bool, history: &[(String, Vec<HistoryRow>)]) -> Result<Evidence> {
    let summary = run::summary(records)?;
    let state = fold::fold(records)?;
    let origin = time_of(records.first().ok_or_else(|| Error::bug("a run has no records"))?)?;
    let plan: Option<Plan> = serde_json::from_value(state.plan.clone()).ok();
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let mut bars: Vec<Bar> = Vec::new();
    let mut lines = Vec::new();
    let mut changes: BTreeMap<u64, ChangeLine> = BTreeMap::new();
    let mut length_ms = 0;
    for stored in records {
        let at = since(origin, time_of(stored)?);
        length_ms = length_ms.max(at);
        match &stored.record {
            Record::StepStarted { step, .. } => {
                open.insert(step.to_string(), bars.len());
                let step = step.to_string();
                bars.push(Bar { step, from_ms: at, to_ms: at, outcome: None, note: String::new(), undone: false });
            }
            Record::StepFinished { step, outcome, note, .. } => {
                if let Some(bar) = open.get(step.as_str()).and_then(|i| bars.get_mut(*i)) {
                    (bar.to_ms, bar.outcome) = (at, Some(*outcome));
                    bar.note.clone_from(note);
                }
            }
            Record::UndoFinished { step, .. } => {
                if let Some(bar) = open.get(step.as_str()).and_then(|i| bars.get_mut(*i)) {
                    bar.undone = true;
                }
            }
            Record::LineCrossed { line } => lines.push((format!("{line:?}"), at)),
            Record::LineWithdrawn { line, .. } => lines.retain(|(l, _)| *l != format!("{line:?}")),
            Record::Intent { change, step, site, shown, .. } => {
                let line = ChangeLine {
                    at: stored.at.clone(),
                    step: step.to_string(),
                    site: site.to_string(),
                    shown: shown.clone(),
                    result: "outcome not written down".to_owned(),
                };
                changes.insert(*change, line);
            }
            Record::Outcome { change, result } => {
                if let Some(line) = changes.get_mut(change) {
                    line.result = match result {
                        ChangeResult::Ok => "ok".to_owned(),
                        ChangeResult::Failed { message } => format!("failed: {message}"),
                        ChangeResult::Unknown { message } => format!("answer lost: {message}"),
                    };
                }
            }
            _ => {}
        }
    }
    let mut gates = Vec::new();
    let mut proofs = Vec::new();
    for ((step, name), value) in &state.evidence {
        let link = step.as_str().split_once('/').map_or("", |(_, l)| l);
        match serde_json::from_value::<Vec<GateLine>>(value.clone()) {
            Ok(found) if name == "gates" => {
                gates.extend(found.into_iter().map(|g| GateLine { link: link.to_owned(), ..g }));
            }
            _ => proofs.push(Proof { step: step.to_string(), name: name.clone(), value: value.clone() }),
        }
    }
    let links: Vec<String> = plan.iter().flat_map(|p| &p.links).map(|l| l.name.0.clone()).collect();
    let is_cutover = summary.kind == "cutover";
    let outages = links
        .iter()
        .filter(|_| is_cutover)
        .map(|l| Ok(StepTimes::of(records, l)?.outage(l)))
        .collect::<Result<Vec<_>>>()?;
    let start_ms = (origin.unix_timestamp_nanos() / 1_000_000) as i64;
    let lag = history
        .iter()
        .map(|(link, rows)| LagLine {
            link: link.clone(),
            points: rows.iter().map(|r| (r.at_ms - start_ms, r.lag_ms)).collect(),
        })
        .filter(|l| l.points.iter().any(|(_, lag)| lag.is_some()))
        .collect();
    Ok(Evidence {
        bars,
        length_ms,
        lines,
        gates,
        proofs,
        changes: changes.into_values().collect(),
        outages,
        targets: plan.as_ref().and_then(|p| p.fog.as_ref()?.settings.targets),
        budget_ms: plan.filter(|_| is_cutover).map(|p| p.policy.budget_ms),
        lag,
        chain_holds,
        summary,
    })
}

impl Evidence {
    /// One sentence, the first thing a reader needs.
    pub fn verdict(&self) -> String {
        let status = match self.summary.status {
            RunStatus::Open => "NOT ENDED",
            RunStatus::Committed => "committed",
            RunStatus::RolledBack => "rolled back",
        };
        let crossed = match self.summary.lines.as_slice() {
            [] => "no line crossed".to_owned(),
            lines => format!("crossed {}", lines.join(" and ")),
        };
        let chain = if self.chain_holds { "the journal's chain holds" } else { "the journal's chain is BROKEN" };
        let fate = match self.summary.open_changes {
            0 => String::new(),
            n => format!("; {} with unknown fate", crate::base::text::count(n, "change")),
        };
        format!("{status}; {crossed}; {chain}{fate}")
    }

    /// Word for an attempt's end.
    pub fn word(bar: &Bar) -> &'static str {
        match (bar.outcome, bar.undone) {
            (_, true) => "undone",
            (None, _) => "no outcome",
            (Some(StepResult::Done), _) => "done",
            (Some(StepResult::AlreadyDone), _) => "found done",
            (Some(StepResult::Skipped), _) => "skipped",
            (Some(StepResult::Failed), _) => "FAILED",
        }
    }
}
