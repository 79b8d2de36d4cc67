//! One cutover with one blow, taken up again until it ends, and judged.

use super::catalogue;
use super::estate::Estate;
use super::estate::small;
use super::faults::Blow;
use super::faults::Blows;
use super::faults::Place;
use super::gate::Gate;
use super::operator::Fate;
use super::operator::Mortal;
use super::operator::Operator;
use super::paths::Ends;
use super::runtime::play;
use crate::base::clock::SharedClock;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use std::sync::Arc;
use std::time::Duration;

/// How often a run that stopped is taken up again before that counts as a failure of its own.
const RESUMES_MAX: u32 = 3;
/// Longest virtual time of one process. The switch alone may take 15 minutes, and the settling of a lost answer one more.
const PROCESS_MAX: Duration = Duration::from_secs(1_800);

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Case {
    pub scenario: String,
    /// Other ends than the scenario's own.
    pub ends: Option<Ends>,
    pub seed: u64,
    /// A failure that makes the run go back, so that its undo can be struck.
    pub turn: Option<Place>,
    pub blow: Option<(Place, Blow)>,
}

impl Case {
    /// A clean one.
    pub fn of(scenario: &str, seed: u64) -> Self {
        Self { scenario: scenario.to_owned(), ends: None, seed, turn: None, blow: None }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Played {
    pub committed: bool,
    pub struck: bool,
    pub passed: Vec<Place>,
    /// Processes it took.
    pub processes: u32,
    pub trace: Vec<String>,
}

/// Plays a case in virtual time. `Err` is a violation; its message ends with the trace.
pub fn run(case: &Case) -> Result<Played> {
    play(case.seed, |clock| whole(case, clock))
}

async fn whole(case: &Case, clock: SharedClock) -> Result<Played> {
    let mut scenario = small(&case.scenario, 1)?;
    if let Some(ends) = &case.ends {
        ends.put(&mut scenario);
    }
    let mut estate = Estate::up(scenario, clock).await?;
    let result = course(case, &mut estate).await;
    let trace = estate.trace.lines();
    match result {
        Ok(mut played) => {
            played.trace = trace;
            Ok(played)
        }
        Err(e) => {
            let tail = trace.len().saturating_sub(60);
            Err(Error::new(Kind::Bug, format!("{}\n{}", e.chain(), trace[tail..].join("\n"))))
        }
    }
}

async fn course(case: &Case, estate: &mut Estate) -> Result<Played> {
    let operator = Operator::new("laptop-a", estate);
    estate.start_writers()?;
    operator.create(estate).await?;
    estate.until_written(3).await?;
    let before = catalogue::picture(estate);
    let blows = Blows::new(case.turn.iter().map(|p| (p.clone(), Blow::Fail)).chain(case.blow.clone()).collect());
    let gate = Gate::default();
    let mut fate = bounded(operator.cutover(estate, &(blows.clone() as Arc<dyn Mortal>), &gate, Cancel::new())).await?;
    let mut processes = 1;
    let mut passed = blows.passed();
    while !fate.is_end() && operator.open_run()?.is_some() {
        if processes > RESUMES_MAX {
            return Err(Error::new(Kind::Stopped, format!("does not end: {}", fate.word())));
        }
        let none = Blows::none();
        fate = bounded(operator.resume(estate, &(none.clone() as Arc<dyn Mortal>), &gate, Cancel::new())).await?;
        processes += 1;
        passed.extend(none.passed());
    }
    let committed = settle(estate, &operator, &fate).await?;
    if !committed {
        catalogue::as_before(estate, &before).await?;
    }
    Ok(Played { committed, struck: blows.struck(), passed, processes, trace: Vec::new() })
}

async fn bounded(work: impl Future<Output = Fate>) -> Result<Fate> {
    within(PROCESS_MAX, work).await.ok_or_else(|| Error::new(Kind::TimedOut, "the process hangs"))
}

/// The end state: the application writes where it should, and the oracle holds.
pub(super) async fn settle(estate: &mut Estate, operator: &Operator, fate: &Fate) -> Result<bool> {
    let committed = matches!(fate, Fate::Committed);
    estate.until_written(4).await?;
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    if !report.ok {
        return Err(Error::new(Kind::Bug, format!("the oracle says: {}", report.reasons.join("; "))));
    }
    for d in &report.databases {
        let record = estate.lab.record.databases.iter().find(|r| r.name == d.database);
        let wanted = record.map(|r| if committed { &r.target } else { &r.source });
        if wanted != Some(&d.current) {
            return Err(Error::new(Kind::Bug, format!("the application of {} is on {}", d.database, d.current)));
        }
    }
    let verified = operator.journal.verify(None)?;
    if !verified.is_whole() {
        return Err(Error::new(Kind::Bug, "the journal's chain is broken"));
    }
    Ok(committed)
}
