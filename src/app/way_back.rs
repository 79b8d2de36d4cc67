//! What going back costs at each line of a cutover, with the times that this journal has measured: said before the go.

use super::build::App;
use crate::base::error::Result;
use crate::base::text;
use crate::journal::fold::fold;
use crate::journal::record::Record;
use crate::journal::record::RunResult;
use crate::journal::record::Stored;
use crate::plan::types::LinkPlan;
use crate::plan::types::Path;
use crate::plan::types::Plan;
use serde::Serialize;
use std::time::Duration;

/// The way back from one stretch of a cutover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayBack {
    /// `before L1`, `between L1 and L2`, `after L2`.
    pub until: &'static str,
    pub link: String,
    pub how: String,
    /// Milliseconds, as measured; null: never measured here.
    pub measured_ms: Option<u64>,
}

impl WayBack {
    /// For people.
    pub fn line(&self) -> String {
        let took = match self.measured_ms {
            Some(ms) => format!("measured: {}", text::duration(Duration::from_millis(ms))),
            None => "not measured yet".to_owned(),
        };
        format!("{:<17} {}: {} ({took})", self.until, self.link, self.how)
    }
}

/// What earlier runs took, milliseconds; the newest counts.
#[derive(Debug, Default)]
struct Measured {
    /// From the first undo to the end.
    undo: Option<u64>,
    seeding: Option<u64>,
    switch: Option<u64>,
}

impl App {
    /// For each link of a plan, the way back from each stretch.
    pub fn ways_back(&self, plan: &Plan) -> Result<Vec<WayBack>> {
        let mut all = Vec::new();
        let runs = self.journal.runs()?;
        let mut records = Vec::new();
        for run in &runs {
            records.push(self.journal.records(run)?);
        }
        for link in &plan.links {
            let mut measured = Measured::default();
            for run in &records {
                measured.take(run, link)?;
            }
            all.extend(ways(link, &measured));
        }
        Ok(all)
    }
}

fn ways(link: &LinkPlan, measured: &Measured) -> [WayBack; 3] {
    let way = |until, how: String, measured_ms| WayBack { until, link: link.name.0.clone(), how, measured_ms };
    let (source, target) = (&link.source, &link.target);
    let undo = "writers are let in on the source again; nothing is lost".to_owned();
    let (between, after) = match link.path {
        Path::OneWay => (
            way(
                "between L1 and L2",
                format!("no data is lost; {source} is opened by hand and the link is made and seeded anew"),
                measured.seeding,
            ),
            way(
                "after L2",
                format!(
                    "what {target} wrote since must be brought back: a backup to a SQL Server of its format, BACPAC or replication"
                ),
                None,
            ),
        ),
        Path::TwoWay => (
            way(
                "between L1 and L2",
                format!("a second planned failover, to {source}; no data is lost"),
                measured.switch,
            ),
            way("after L2", format!("a planned failover to {source} over the kept link"), measured.switch),
        ),
    };
    [way("before L1", undo, measured.undo), between, after]
}

impl Measured {
    /// Runs come newest first: the first value of each stays.
    fn take(&mut self, records: &[Stored], link: &LinkPlan) -> Result<()> {
        let is = |step: &str, kind: &str| step == format!("{kind}/{}", link.name);
        let mut began_undo = None;
        for stored in records {
            match &stored.record {
                Record::UndoStarted { step } if is(step.as_str(), "cutover.fence") => {
                    began_undo = Some(stored.monotonic_ms);
                }
                Record::StepFinished { step, duration_ms, .. } if is(step.as_str(), "cutover.switch") => {
                    self.switch = self.switch.or(Some(*duration_ms));
                }
                Record::Evidence { step, name, value } if name == "seeding" && is(step.as_str(), "create.seed") => {
                    self.seeding = self.seeding.or(value["ms"].as_u64());
                }
                _ => {}
            }
        }
        if let (Some(from), Some(last), None) = (began_undo, records.last(), self.undo) {
            let back = matches!(fold(records)?.finished, Some((RunResult::RolledBack, _)));
            self.undo = back.then(|| last.monotonic_ms.saturating_sub(from));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_measured_says_so() {
        let way = WayBack { until: "before L1", link: "ledger".to_owned(), how: "undo".to_owned(), measured_ms: None };
        assert_eq!(way.line(), "before L1         ledger: undo (not measured yet)");
        assert!(WayBack { measured_ms: Some(1500), ..way }.line().ends_with("(measured: 1.5 s)"));
    }
}
