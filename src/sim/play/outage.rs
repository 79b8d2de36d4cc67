//! How long an application stands still in a cutover, against the least that the estate allows: in virtual time, so that what is
//! measured is round trips and waits, not the speed of the machine that plays it.

use super::estate::Estate;
use super::estate::small;
use super::gate::Gate;
use super::operator::Fate;
use super::operator::Immortal;
use super::operator::Mortal;
use super::operator::Operator;
use super::runtime::play;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::engine::stage::CONCURRENT_STEPS_MAX;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::lab::net::Path;
use crate::lab::up::listen::ARM_HOST;
use crate::report::outage::StepTimes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The stability window of the lab's estate file.
const WINDOW_MS: f64 = 300.0;
/// Least statements, one after the other, in which a fence can be had: bar, end the sessions, look.
const FENCE_TRIPS: f64 = 3.0;
/// A marker is written on the source and read on the target.
const DRAIN_TRIPS: (f64, f64) = (1.0, 1.0);
/// Both sides are read once more when the window ends: the farther one counts.
const LAST_LOOK_TRIPS: f64 = 1.0;
/// The switch is sent (to Azure or to the source), and its end is seen on the target. A planned failover is a change of roles on the
/// source, then one on the target, with a message to it and its answer between them.
const CONFIRM_TRIPS: f64 = 1.0;
/// The logins are let in.
const OPEN_TRIPS: f64 = 1.0;

/// One-way latencies, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latencies {
    pub source: f64,
    pub target: f64,
    pub azure: f64,
    /// Between the two servers.
    pub link: f64,
}

impl Latencies {
    pub const ZERO: Self = Self { source: 0.0, target: 0.0, azure: 0.0, link: 0.0 };
    /// A laptop beside the source, an instance in the next region, Azure's front door.
    pub const REAL: Self = Self { source: 1.0, target: 12.0, azure: 40.0, link: 12.0 };
}

/// One part of the floor: what it is, and milliseconds for all databases together. Only the switch goes in batches.
pub type Term = (&'static str, f64);

/// One measured cutover.
#[derive(Debug, Clone)]
pub struct Outage {
    pub databases: u32,
    pub batches: u32,
    pub terms: Vec<Term>,
    /// From the first bar to the last opening.
    pub measured_ms: f64,
    /// Mean over the databases: fence, drain, switch with its confirmation, open.
    pub split_ms: [f64; 4],
}

impl Outage {
    pub fn floor_ms(&self) -> f64 {
        self.terms.iter().map(|t| t.1).sum()
    }
    /// What the tool adds.
    pub fn over_ms(&self) -> f64 {
        self.measured_ms - self.floor_ms()
    }
}

/// Cuts over so many databases at once.
pub fn measure(scenario: &str, databases: u32, latencies: Latencies) -> Result<Outage> {
    play(7, |clock| async move {
        let mut plan = small(scenario, databases)?;
        plan.workload.writers = 1;
        plan.workload.think_ms = 400;
        for path in &mut plan.paths {
            path.latency_ms = latencies.link;
        }
        let (switch_ms, redo_ms) = (plan.timing.failover_switch_ms as f64, plan.timing.redo_delay_ms as f64);
        let mut estate = Estate::up(plan, clock).await?;
        let operator = Operator::new("laptop-a", &estate);
        let one_way = |ms: f64| Path { latency: Duration::from_secs_f64(ms / 1000.0), ..Path::default() };
        for instance in estate.lab.instances.values() {
            let ms = if instance.config.is_managed() { latencies.target } else { latencies.source };
            estate.lab.network.set_path(&operator.name, &instance.config.host, one_way(ms));
        }
        estate.lab.network.set_path(&operator.name, ARM_HOST, one_way(latencies.azure));
        estate.start_writers()?;
        operator.create(&estate).await?;
        estate.until_written(3).await?;
        let faults = Arc::new(Immortal) as Arc<dyn Mortal>;
        match operator.cutover(&estate, &faults, &Gate::default(), Cancel::new()).await {
            Fate::Committed => {}
            other => return Err(Error::new(Kind::Stopped, format!("the cutover did not commit: {}", other.word()))),
        }
        let run = operator.journal.runs()?.into_iter().next().ok_or_else(|| Error::bug("no run was written"))?;
        let records = operator.journal.records(&run)?;
        let names: Vec<_> = estate.lab.record.databases.iter().map(|d| d.link.clone()).collect();
        let batches = databases.div_ceil(CONCURRENT_STEPS_MAX as u32);
        let (mut from, mut to, mut split_ms) = (None, None, [0.0; 4]);
        for name in &names {
            let times = StepTimes::of(&records, name)?;
            let (first, last) = span(&records, name)?;
            from = from.into_iter().chain(first).min();
            to = to.into_iter().chain(last).max();
            let split = times.split();
            for (sum, ms) in split_ms.iter_mut().zip([split.fence_ms, split.drain_ms, split.switch_ms, split.open_ms]) {
                *sum += ms as f64 / names.len() as f64;
            }
        }
        let (Some(from), Some(to)) = (from, to) else { return Err(Error::bug("the run has no fence or no opening")) };
        let two_way = scenario.starts_with("two-way");
        let each = f64::from(batches);
        let roles = if two_way { 2.0 * (switch_ms + latencies.link) } else { switch_ms };
        let send = 2.0 * if two_way { latencies.source } else { latencies.azure };
        Ok(Outage {
            databases,
            batches,
            terms: vec![
                ("fence", FENCE_TRIPS * 2.0 * latencies.source),
                ("marker", 2.0 * (DRAIN_TRIPS.0 * latencies.source + DRAIN_TRIPS.1 * latencies.target)),
                ("ship + redo", latencies.link + redo_ms),
                ("stability window", WINDOW_MS),
                ("last look", LAST_LOOK_TRIPS * 2.0 * latencies.target.max(latencies.source)),
                ("switch", each * (send + roles + 2.0 * latencies.target)),
                ("confirm", CONFIRM_TRIPS * 2.0 * latencies.target),
                ("open", OPEN_TRIPS * 2.0 * latencies.target),
            ],
            measured_ms: (to - from).as_seconds_f64() * 1000.0,
            split_ms,
        })
    })
}

/// The first change of a link's fence, when it was announced, and the last of its opening, when its answer came.
fn span(records: &[Stored], link: &str) -> Result<(Option<OffsetDateTime>, Option<OffsetDateTime>)> {
    let (fence, open) = (format!("cutover.fence/{link}"), format!("cutover.open/{link}"));
    let (mut from, mut to, mut opening) = (None, None, BTreeSet::new());
    for stored in records {
        let at =
            || OffsetDateTime::parse(&stored.at, &Rfc3339).map_err(|e| Error::bug("a record has no time").caused_by(e));
        match &stored.record {
            Record::Intent { step, .. } if from.is_none() && step.as_str() == fence => from = Some(at()?),
            Record::Intent { step, change, .. } if step.as_str() == open => drop(opening.insert(*change)),
            Record::Outcome { change, .. } if opening.contains(change) => to = Some(at()?),
            _ => {}
        }
    }
    Ok((from, to))
}
