//! One night from one seed: an estate, a cutover, and what goes wrong meanwhile.

use super::catalogue;
use super::estate::Estate;
use super::estate::small;
use super::mishap::Due;
use super::mishap::Mishap;
use super::operator::Fate;
use super::operator::Mortal;
use super::operator::Operator;
use super::runtime::play;
use super::watch::Agenda;
use super::watch::Coverage;
use super::watch::Watch;
use super::world::Current;
use super::world::World;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::random::Seeded;
use crate::effects::fault::Mutant;
use crate::engine::cancel::Cancel;
use crate::journal::fold::fold;
use crate::journal::record::RunResult;
use crate::lab::scenario::LINKED;
use crate::lab::scenario::types::Scenario;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often the operator takes the run up while things go wrong, and how often afterwards, when nothing does any more.
const TRIES_MAX: u32 = 6;
const CALM_TRIES_MAX: u32 = 4;
/// Longest virtual time of one process: the switch may take 15 minutes, a lost answer one more to settle.
const PROCESS_MAX: Duration = Duration::from_secs(2_400);
/// Longest pause before a run is taken up again, milliseconds.
const PAUSE_MAX_MS: u64 = 20_000;

/// What is left out or put in, to see the oracle notice.
#[derive(Debug, Clone, Default)]
pub struct Twist {
    /// Steps (or parts of them) that do nothing.
    pub sabotage: Vec<String>,
    pub mutant: Option<Mutant>,
    /// A sysadmin, whom no bar stops, writes all night.
    pub straggler: bool,
    /// The first mishap, instead of the one the seed's turn gives.
    pub first: Option<Due>,
}

/// What came of a night.
#[derive(Debug)]
pub struct Told {
    /// Why it failed.
    pub violation: Option<String>,
    pub coverage: Coverage,
    pub trace: Vec<String>,
    pub steps: Vec<String>,
}

/// Plays the night of a seed.
pub fn run(seed: u64, twist: &Twist) -> Told {
    let told = play(seed, |clock| async move {
        let mut rng = Seeded::new(seed).fork("night");
        let scenario = draw(&mut rng)?;
        let mut estate = Estate::up(scenario, clock.clone()).await?;
        let mut told = Told { violation: None, coverage: Coverage::new(), trace: Vec::new(), steps: Vec::new() };
        let ended = course(seed, &mut rng, twist, &mut estate, &clock, &mut told).await;
        told.violation = ended.err().map(|e| e.chain());
        told.trace = estate.trace.lines();
        Ok(told)
    });
    told.unwrap_or_else(|e| Told {
        violation: Some(e.chain()),
        coverage: Coverage::new(),
        trace: Vec::new(),
        steps: Vec::new(),
    })
}

/// A random estate.
fn draw(rng: &mut Seeded) -> Result<Scenario> {
    let name = rng.pick(LINKED).copied().unwrap_or("migrate-2019");
    let mut scenario = small(name, if rng.percent(75) { 1 } else { 2 })?;
    scenario.workload.writers = 1 + rng.below(3) as u32;
    scenario.workload.think_ms = 200 + rng.below(800);
    scenario.workload.sample_every_ms = 300;
    for path in &mut scenario.paths {
        path.latency_ms = rng.below(40) as f64;
    }
    scenario.timing.failover_switch_ms = 50 + rng.below(3_000);
    scenario.timing.redo_delay_ms = 5 + rng.below(300);
    scenario.timing.arm_retry_after_s = 1 + rng.below(4) as u32;
    // Of its own, so that the rest of a seed's night stays what it was.
    let mut tiers = rng.fork("tier");
    for instance in &mut scenario.managed_instances {
        if tiers.percent(25) {
            "BusinessCritical".clone_into(&mut instance.tier);
        }
    }
    Ok(scenario)
}

/// The turn of a seed: every mishap at every step, one after the other; then one or two more at random.
fn agenda(seed: u64, rng: &mut Seeded, steps: &[String], twist: &Twist) -> Vec<Due> {
    let turn = seed as usize;
    let mishap = Mishap::ALL[turn % Mishap::ALL.len()];
    let at = turn / Mishap::ALL.len() % steps.len();
    let kind = steps[at].clone();
    let drawn = Due::draw(rng, mishap, &kind);
    let mut due = vec![twist.first.clone().unwrap_or(drawn)];
    for _ in 0..rng.below(3) {
        let mishap = Mishap::ALL[rng.below(Mishap::ALL.len() as u64) as usize];
        // Not before the seed's turn: what ends a run early would keep it from the late steps.
        let later = rng.below((steps.len() - at) as u64) as usize;
        let kind = steps[at + later].clone();
        due.push(Due::draw(rng, mishap, &kind));
    }
    due
}

async fn course(
    seed: u64,
    rng: &mut Seeded,
    twist: &Twist,
    estate: &mut Estate,
    clock: &SharedClock,
    told: &mut Told,
) -> Result<()> {
    let _ = clock;
    let mut operator = Operator::new("laptop-a", estate);
    let other = Operator::new("laptop-b", estate);
    estate.start_writers()?;
    operator.create(estate).await?;
    estate.until_written(3).await?;
    let before = catalogue::picture(estate);
    told.steps = operator.steps(estate).await?;
    operator.sabotage.clone_from(&twist.sabotage);
    let due = agenda(seed, rng, &told.steps, twist);
    for d in &due {
        estate.trace.say(&format!(
            "due: {} at {}:{} + {} ms, {} ms long",
            d.mishap.name(),
            d.kind,
            d.point.name(),
            d.delay.as_millis(),
            d.lasts.as_millis()
        ));
    }
    let (agenda, heard) = Agenda::new(due, twist.mutant);
    let current = Arc::new(Current::default());
    let world = World { estate, agenda: &agenda, current: &current, operator: &operator, other: &other };
    let evening = async {
        let faults: Arc<dyn Mortal> = Watch::over(&agenda);
        let (gate, cancel) = current.renew();
        let mut fate = bounded(operator.cutover(estate, &faults, &gate, cancel)).await?;
        for _ in 0..TRIES_MAX {
            if fate.is_end() || operator.open_run()?.is_none() {
                break;
            }
            pause(Duration::from_millis(rng.below(PAUSE_MAX_MS))).await;
            let faults: Arc<dyn Mortal> = Watch::over(&agenda);
            let (gate, cancel) = current.renew();
            fate = bounded(operator.resume(estate, &faults, &gate, cancel)).await?;
        }
        Result::Ok(())
    };
    let straggler = world.straggler(twist.straggler);
    let ended = tokio::select! {
        biased;
        never = straggler => never,
        never = world.turn(heard) => never,
        ended = evening => ended,
    };
    world.heal();
    told.coverage = agenda.happened();
    ended?;
    estate.trace.say("calm");
    for who in [&operator, &other, &operator] {
        calm(estate, who).await?;
    }
    if !judge(estate, &[&operator, &other]).await? {
        catalogue::as_before(estate, &before).await?;
    }
    Ok(())
}

pub(super) async fn bounded(work: impl Future<Output = Fate>) -> Result<Fate> {
    within(PROCESS_MAX, work).await.ok_or_else(|| Error::new(Kind::TimedOut, "the process hangs"))
}

/// Nothing goes wrong any more: what is open must come to an end.
pub(super) async fn calm(estate: &Estate, who: &Operator) -> Result<()> {
    let mut last = String::new();
    for _ in 0..CALM_TRIES_MAX {
        if who.open_run()?.is_none() {
            return Ok(());
        }
        let faults: Arc<dyn Mortal> = Watch::calm();
        let (gate, cancel) = (super::gate::Gate::default(), Cancel::new());
        last = bounded(who.resume(estate, &faults, &gate, cancel)).await?.word();
        if who.open_run()?.is_some() {
            pause(Duration::from_secs(60)).await;
        }
    }
    if who.open_run()?.is_none() {
        return Ok(());
    }
    Err(Error::new(Kind::Stopped, format!("the run of {} does not end: {last}", who.name)))
}

/// The end state: the application writes where the journal says it should, the oracle holds, the journals are whole. True: it has
/// moved.
async fn judge(estate: &mut Estate, operators: &[&Operator]) -> Result<bool> {
    let wrong = |why: String| Err(Error::new(Kind::Bug, why));
    let mut committed = false;
    for who in operators {
        if !who.journal.verify(None)?.is_whole() {
            return wrong(format!("the journal of {} is broken", who.name));
        }
        for run in who.journal.runs()? {
            let state = fold(&who.journal.records(&run)?)?;
            let done = matches!(state.finished, Some((RunResult::Committed, _)));
            committed |= done && run.as_str().starts_with("cutover");
        }
    }
    // Lost time counts, not lost commits: whoever is kept out for good is a failure as well.
    let written = estate.until_written(4).await;
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    if !report.ok {
        return wrong(format!("the oracle says: {}", report.reasons.join("; ")));
    }
    written?;
    let records: BTreeMap<_, _> = estate.lab.record.databases.iter().map(|d| (d.name.as_str(), d)).collect();
    for d in &report.databases {
        let wanted = records.get(d.database.as_str()).map(|r| if committed { &r.target } else { &r.source });
        if wanted != Some(&d.current) {
            return wrong(format!("the application of {} is on {}, committed: {committed}", d.database, d.current));
        }
    }
    Ok(committed)
}
