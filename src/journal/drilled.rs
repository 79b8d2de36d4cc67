//! Drills that went over and back, as far as this journal knows.

use super::fold::fold;
use super::record::Record;
use super::record::RunResult;
use super::store::Journal;
use crate::base::error::Result;
use crate::model::ids::RunId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A drill that came home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drilled {
    pub run: RunId,
    pub group: String,
    pub ended_at: OffsetDateTime,
    /// Acknowledged writes that the other side did not have, both ways; `None`: not measured.
    pub lost_writes: Option<u64>,
}

/// Steps that measure one way each.
const WAYS: [&str; 2] = ["drill.measure", "drill.home"];

/// Every drill of the journal that committed, newest first. A damaged run proves nothing.
pub fn drills(journal: &dyn Journal) -> Result<Vec<Drilled>> {
    let mut found = Vec::new();
    for run in journal.runs()?.into_iter().filter(|r| r.as_str().starts_with("drill-")) {
        let records = journal.records(&run)?;
        let Ok(state) = fold(&records) else { continue };
        if !matches!(state.finished, Some((RunResult::Committed, _))) {
            continue;
        }
        let group = state.plan["fog"]["group"].as_str().map(ToOwned::to_owned);
        let ended = records.last().and_then(|r| OffsetDateTime::parse(&r.at, &Rfc3339).ok());
        let (Some(group), Some(ended_at)) = (group, ended) else { continue };
        let lost = |kind: &str| {
            records.iter().rev().find_map(|r| match &r.record {
                Record::Evidence { step, name, value } if step.kind() == kind && name == "measured" => {
                    value["lost_writes"].as_u64()
                }
                _ => None,
            })
        };
        let lost_writes = WAYS.iter().map(|kind| lost(kind)).sum::<Option<u64>>();
        found.push(Drilled { run, group, ended_at, lost_writes });
    }
    found.sort_by_key(|d| std::cmp::Reverse(d.ended_at));
    Ok(found)
}
