//! Journal records of a cutover -> its outage clock. Pure.

use super::dto::RunStatus;
use super::run::summary;
use crate::base::error::Result;
use crate::journal::record::Record;
use crate::journal::record::StepResult;
use crate::journal::record::Stored;
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A cutover, as people in a war room follow it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cutover {
    pub run_id: String,
    pub links: Vec<String>,
    pub status: RunStatus,
    /// The step that was begun last, or ended last.
    pub step: Option<String>,
    /// Since the fence was begun: writes may be refused. An estimate from milink's side. Null: not yet.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub outage_began: Option<OffsetDateTime>,
    /// The target was opened, or everything was undone.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub outage_ended: Option<OffsetDateTime>,
    pub budget_ms: Option<u64>,
    /// Lines crossed: `L1`, `L2`.
    pub lines: Vec<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub last_at: Option<OffsetDateTime>,
}

impl Cutover {
    /// Length of the outage so far; none: it has not begun.
    pub fn outage_ms(&self, now: OffsetDateTime) -> Option<u64> {
        let end = self.outage_ended.unwrap_or(now);
        Some(u64::try_from((end - self.outage_began?).whole_milliseconds()).unwrap_or(0))
    }
}

fn at(stored: &Stored) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&stored.at, &Rfc3339).ok()
}

/// `None`: no cutover.
pub fn cutover(records: &[Stored]) -> Result<Option<Cutover>> {
    let summary = summary(records)?;
    if summary.kind != "cutover" {
        return Ok(None);
    }
    let plan = records.iter().find_map(|r| match &r.record {
        Record::RunStarted { plan, .. } => Some(plan),
        _ => None,
    });
    let names = plan.and_then(|p| p["links"].as_array());
    let links: Vec<String> =
        names.into_iter().flatten().filter_map(|l| l["name"].as_str().map(ToOwned::to_owned)).collect();
    let began = records
        .iter()
        .find(|r| matches!(&r.record, Record::StepStarted { step, .. } if step.kind() == "cutover.fence"));
    let opened: Vec<&Stored> = records
        .iter()
        .filter(|r| {
            matches!(&r.record, Record::StepFinished { step, outcome, .. }
                if step.kind() == "cutover.open" && *outcome != StepResult::Failed)
        })
        .collect();
    // Every link of a wave must be open.
    let all_open = opened.last().filter(|_| opened.len() >= links.len().max(1)).copied();
    let undone = records.last().filter(|_| summary.status == RunStatus::RolledBack);
    let step = records.iter().rev().find_map(|r| match &r.record {
        Record::StepStarted { step, .. } | Record::StepFinished { step, .. } | Record::UndoStarted { step } => {
            Some(step.to_string())
        }
        _ => None,
    });
    Ok(Some(Cutover {
        links,
        status: summary.status,
        step,
        outage_began: began.and_then(at),
        outage_ended: all_open.or(undone).and_then(at),
        budget_ms: plan.and_then(|p| p["policy"]["budget_ms"].as_u64()),
        lines: summary.lines,
        last_at: records.last().and_then(at),
        run_id: summary.run_id,
    }))
}
