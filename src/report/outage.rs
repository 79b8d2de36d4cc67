//! From a run's journal to the parts of an outage. Pure.

use super::dto::LinkOutage;
use super::dto::OutageSplit;
use crate::base::error::Result;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::model::ids::StepId;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// When each step of a link began and ended, by its kind.
#[derive(Debug, Clone, Default)]
pub struct StepTimes {
    times: BTreeMap<String, (OffsetDateTime, OffsetDateTime)>,
}

impl StepTimes {
    /// Of one link (`None`: of the steps that links share too).
    pub fn of(records: &[Stored], link: &str) -> Result<Self> {
        let mut started: BTreeMap<StepId, OffsetDateTime> = BTreeMap::new();
        let mut times = BTreeMap::new();
        for stored in records {
            let at = OffsetDateTime::parse(&stored.at, &Rfc3339)
                .map_err(|e| crate::base::error::Error::bug("a record has no time").caused_by(e))?;
            match &stored.record {
                Record::StepStarted { step, .. } => {
                    started.insert(step.clone(), at);
                }
                Record::StepFinished { step, .. } if step.as_str().ends_with(&format!("/{link}")) => {
                    let from = started.get(step).copied().unwrap_or(at);
                    times.insert(step.kind().to_owned(), (from, at));
                }
                _ => {}
            }
        }
        Ok(Self { times })
    }

    pub fn get(&self, kind: &str) -> Option<(OffsetDateTime, OffsetDateTime)> {
        self.times.get(kind).copied()
    }

    fn ms(&self, from: &str, to: &str) -> u64 {
        match (self.get(from), self.get(to)) {
            (Some((a, _)), Some((_, b))) => u64::try_from((b - a).whole_milliseconds()).unwrap_or(0),
            _ => 0,
        }
    }

    /// From a step to the end of the last of some that run side by side.
    fn last(&self, from: &str, to: [&str; 2]) -> u64 {
        to.into_iter().map(|kind| self.ms(from, kind)).max().unwrap_or(0)
    }

    /// From the fence to the opening, for the result of a run.
    pub fn outage(&self, link: &str) -> LinkOutage {
        let barred_ms = self.get("cutover.open").is_some().then(|| self.ms("cutover.fence", "cutover.open"));
        LinkOutage { link: link.to_owned(), barred_ms, split: self.split() }
    }

    /// Fence, drain (with the try to get past the fence), switch (with its confirmation), open (with the repointing before it).
    pub fn split(&self) -> OutageSplit {
        OutageSplit {
            fence_ms: self.ms("cutover.fence", "cutover.fence"),
            drain_ms: self.last("cutover.drain", ["cutover.drain", "cutover.canary"]),
            switch_ms: self.last("cutover.switch", ["cutover.confirm", "cutover.late_writes"]),
            open_ms: self.ms("cutover.repoint", "cutover.open"),
        }
    }
}
