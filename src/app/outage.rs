//! How long writers stood still in the cutovers that the journal knows. Server-side: from the fence to the opening.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::journal::fold::fold;
use crate::journal::record::Record;
use crate::journal::record::RunResult;
use crate::journal::record::Stored;
use crate::journal::store::Journal;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::plan::types::Plan;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Measured, never computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    pub mean_ms: u64,
    /// Furthest from the mean; 0 with one sample.
    pub spread_ms: u64,
    pub samples: usize,
}

/// Of every committed cutover between two sites. `None`: there was none.
pub fn between(journal: &dyn Journal, source: &SiteId, target: &SiteId) -> Result<Option<Measured>> {
    let mut samples: Vec<u64> = Vec::new();
    for run in journal.runs()?.iter().filter(|r| r.as_str().starts_with("cutover")) {
        let records = journal.records(run)?;
        let state = fold(&records)?;
        if !matches!(state.finished, Some((RunResult::Committed, _))) {
            continue;
        }
        // A plan of another version is no sample.
        let Ok(plan) = serde_json::from_value::<Plan>(state.plan.clone()) else { continue };
        for link in plan.links.iter().filter(|l| l.source == *source && l.target == *target) {
            samples.extend(of_link(&records, link.name.as_str())?);
        }
    }
    Ok(measured(&samples))
}

fn of_link(records: &[Stored], link: &str) -> Result<Option<u64>> {
    let at = |found: Option<&Stored>| -> Result<Option<OffsetDateTime>> {
        let Some(stored) = found else { return Ok(None) };
        let time = OffsetDateTime::parse(&stored.at, &Rfc3339);
        time.map(Some).map_err(|e| Error::bug("a record has no time").caused_by(e))
    };
    let is = |step: &StepId, kind: &str| step.as_str() == format!("{kind}/{link}");
    let fence =
        records.iter().find(|s| matches!(&s.record, Record::StepStarted { step, .. } if is(step, "cutover.fence")));
    let open = records
        .iter()
        .rev()
        .find(|s| matches!(&s.record, Record::StepFinished { step, .. } if is(step, "cutover.open")));
    let (Some(from), Some(to)) = (at(fence)?, at(open)?) else { return Ok(None) };
    Ok(u64::try_from((to - from).whole_milliseconds()).ok())
}

fn measured(samples: &[u64]) -> Option<Measured> {
    let mean_ms = samples.iter().sum::<u64>().checked_div(samples.len() as u64)?;
    let spread_ms = samples.iter().map(|s| s.abs_diff(mean_ms)).max().unwrap_or(0);
    Some(Measured { mean_ms, spread_ms, samples: samples.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_nothing_and_not_zero() {
        assert_eq!(measured(&[]), None);
        assert_eq!(measured(&[700]), Some(Measured { mean_ms: 700, spread_ms: 0, samples: 1 }));
        assert_eq!(measured(&[500, 700, 900]), Some(Measured { mean_ms: 700, spread_ms: 200, samples: 3 }));
    }
}
