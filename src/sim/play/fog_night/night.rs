//! One night from one seed.

use super::deed::Deed;
use super::oracle;
use super::oracle::wrong;
use super::world::MISHAPS;
use super::world::World;
use crate::app::fog::FogOp;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::random::Seeded;
use crate::engine::cancel::Cancel;
use crate::lab::geo::Settings;
use crate::lab::up::fact::lose_region;
use crate::sim::play::catalogue;
use crate::sim::play::estate::Estate;
use crate::sim::play::gate::Gate;
use crate::sim::play::mishap::Due;
use crate::sim::play::mishap::Mishap;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use crate::sim::play::watch::Agenda;
use crate::sim::play::watch::Coverage;
use crate::sim::play::watch::Watch;
use crate::sim::play::world::Current;
use std::sync::Arc;
use std::time::Duration;

/// How often the operator takes the run up while things go wrong, and how often afterwards, when nothing does any more.
const TRIES_MAX: u32 = 6;
const CALM_TRIES_MAX: u32 = 4;
/// Longest virtual time of one process: a switch that is waited for, a settling, and a first copy.
const PROCESS_MAX: Duration = Duration::from_secs(7_200);
/// Longest pause before a run is taken up again, milliseconds.
const PAUSE_MAX_MS: u64 = 20_000;
/// A lost region, milliseconds.
const LOST_MIN_MS: u64 = 2_000;
const LOST_MAX_MS: u64 = 60_000;

/// What is put in, to see the oracle notice; and what is played, instead of the turn of the seed.
#[derive(Debug, Clone, Default)]
pub struct Twist {
    /// Parts of steps that forget, or do nothing.
    pub sabotage: Vec<String>,
    pub deed: Option<Deed>,
    pub first: Option<Due>,
}

/// What came of a night.
#[derive(Debug)]
pub struct Told {
    pub violation: Option<String>,
    pub coverage: Coverage,
    pub trace: Vec<String>,
}

/// Mishap and step of a seed: all of them, one after the other.
fn turn(seed: u64) -> (Mishap, &'static str) {
    let kinds = Deed::all_kinds();
    let turn = seed as usize;
    (MISHAPS[turn % MISHAPS.len()], kinds[turn / MISHAPS.len() % kinds.len()])
}

/// Mishaps, by their names.
pub fn mishaps() -> impl Iterator<Item = Mishap> {
    MISHAPS.into_iter()
}

/// Plays the night of a seed.
pub fn run(seed: u64, twist: &Twist) -> Told {
    let told = play(seed, |clock| async move {
        let mut rng = Seeded::new(seed).fork("fog night");
        let (mishap, kind) = turn(seed);
        let fits: Vec<Deed> = Deed::ALL.into_iter().filter(|d| d.kinds().contains(&kind)).collect();
        let deed = twist.deed.or_else(|| rng.pick(&fits).copied()).unwrap_or(Deed::Planned);
        let due = agenda(&mut rng, deed, mishap, kind, twist);
        let mut told = Told { violation: None, coverage: Coverage::new(), trace: Vec::new() };
        let mut estate = Estate::up(draw(&mut rng, deed)?, clock).await?;
        let course = course(&mut rng, deed, due, twist, &mut estate, &mut told.coverage);
        let ended = Box::pin(course).await;
        told.violation = ended.err().map(|e| format!("{deed:?}: {}", e.chain()));
        told.trace = estate.trace.lines();
        Ok(told)
    });
    told.unwrap_or_else(|e| Told { violation: Some(e.chain()), coverage: Coverage::new(), trace: Vec::new() })
}

/// A random estate for a deed.
fn draw(rng: &mut Seeded, deed: Deed) -> Result<crate::lab::scenario::types::Scenario> {
    let mut scenario = deed.scenario()?;
    scenario.workload.writers = 1 + rng.below(2) as u32;
    scenario.workload.think_ms = 300 + rng.below(700);
    scenario.workload.sample_every_ms = 500;
    for path in &mut scenario.paths {
        path.latency_ms = rng.below(40) as f64;
    }
    scenario.timing.failover_switch_ms = 50 + rng.below(8_000);
    scenario.timing.arm_retry_after_s = 1 + rng.below(4) as u32;
    Ok(scenario)
}

/// The turn of the seed, then one or two more at random, not before it.
fn agenda(rng: &mut Seeded, deed: Deed, mishap: Mishap, kind: &str, twist: &Twist) -> Vec<Due> {
    let steps = deed.kinds();
    let at = steps.iter().position(|k| *k == kind).unwrap_or(0);
    let drawn = Due::draw(rng, mishap, kind);
    let mut due = vec![twist.first.clone().unwrap_or(drawn)];
    for _ in 0..rng.below(3) {
        let mishap = MISHAPS[rng.below(MISHAPS.len() as u64) as usize];
        let later = rng.below((steps.len() - at) as u64) as usize;
        due.push(Due::draw(rng, mishap, steps[at + later]));
    }
    due
}

async fn bounded(work: impl Future<Output = Fate>) -> Result<Fate> {
    within(PROCESS_MAX, work).await.ok_or_else(|| Error::new(Kind::TimedOut, "the process hangs"))
}

/// In peace: it must be done.
async fn calmly(estate: &Estate, who: &Operator, deed: Deed) -> Result<()> {
    let calm: Arc<dyn Mortal> = Watch::calm();
    match bounded(who.deed(estate, deed, &calm, &Gate::default(), Cancel::new())).await? {
        Fate::Committed => Ok(()),
        other => wrong(format!("{deed:?} in peace: {}", other.word())),
    }
}

/// What stands before the night.
async fn before(estate: &mut Estate, who: &Operator, deed: Deed) -> Result<()> {
    estate.start_writers()?;
    estate.until_written(2).await?;
    match deed {
        Deed::Protect => crate::sim::play::groups::first_half(estate, who).await?,
        // The archive is left out of it at first, and the run says so.
        _ if deed.of_servers() && deed.needs_group() => {
            let calm: Arc<dyn Mortal> = Watch::calm();
            let group = Some(deed.members()[0]);
            match bounded(who.group(estate, group, FogOp::Create, &calm)).await? {
                Fate::Committed => {}
                other => return wrong(format!("the group was not made: {}", other.word())),
            }
        }
        Deed::Update => {
            let settings =
                Settings { automatic: true, grace_minutes: Some(120), read_only_failover: true, standby: false };
            if let Some(group) = estate.lab.hub.all().first() {
                group.update(settings);
            }
        }
        Deed::Network => crate::sim::play::groups::unpeer(estate).await?,
        _ => {}
    }
    if deed == Deed::ForcedDrill {
        // It is refused while anybody is connected.
        estate.lab.stop_writers().await;
    }
    Ok(())
}

async fn course(
    rng: &mut Seeded,
    deed: Deed,
    due: Vec<Due>,
    twist: &Twist,
    estate: &mut Estate,
    coverage: &mut Coverage,
) -> Result<()> {
    let mut operator = Operator::new("laptop-a", estate);
    let other = Operator::new("laptop-b", estate);
    Box::pin(before(estate, &operator, deed)).await?;
    operator.sabotage.clone_from(&twist.sabotage);
    let runs: Vec<String> = operator.journal.runs()?.iter().map(ToString::to_string).collect();
    let heard = estate.lab.arm.heard().len();
    let picture = catalogue::picture(estate);
    estate.trace.say(&format!("the deed: {deed:?}"));
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
    let (agenda, ears) = Agenda::new(due, None);
    let current = Arc::new(Current::default());
    let (outage, lasts) = (deed.may_lose() && rng.percent(60), LOST_MIN_MS + rng.below(LOST_MAX_MS - LOST_MIN_MS));
    let world = World { estate, deed, agenda: &agenda, current: &current, operator: &operator, other: &other };
    if outage {
        estate.trace.say("the region of the primary is lost");
        lose_region(world.member(false), true);
    }
    // Each of these is large: a thread's stack is not.
    let evening = Box::pin(async {
        let faults: Arc<dyn Mortal> = Watch::over(&agenda);
        let (gate, cancel) = current.renew();
        let mut fate = bounded(operator.deed(estate, deed, &faults, &gate, cancel)).await?;
        for _ in 0..TRIES_MAX {
            oracle::honest(estate, deed, &other, false, false).await?;
            if fate.is_end() || operator.open_group_run()?.is_none() {
                break;
            }
            pause(Duration::from_millis(rng.below(PAUSE_MAX_MS))).await;
            let faults: Arc<dyn Mortal> = Watch::over(&agenda);
            let (gate, cancel) = current.renew();
            fate = bounded(operator.go_on(estate, &faults, &gate, cancel)).await?;
        }
        Result::Ok(())
    });
    let comes_back = async {
        pause(Duration::from_millis(lasts)).await;
        if outage {
            lose_region(world.member(false), false);
        }
        std::future::pending().await
    };
    let ended: Result<()> = tokio::select! {
        biased;
        violation = oracle::one_writable(estate, deed) => violation,
        never = Box::pin(world.turn(ears)) => never,
        never = comes_back => never,
        ended = evening => ended,
    };
    world.heal();
    *coverage = agenda.happened();
    ended?;
    estate.trace.say("calm");
    let ends = Box::pin(async {
        for who in [&operator, &other, &operator] {
            end(estate, who).await?;
        }
        Result::Ok(())
    });
    tokio::select! {
        biased;
        violation = oracle::one_writable(estate, deed) => violation,
        ended = ends => ended,
    }?;
    Box::pin(judge(rng, deed, estate, (&operator, &other), &runs, heard, &picture)).await
}

/// Nothing goes wrong any more: what is open must come to an end.
async fn end(estate: &Estate, who: &Operator) -> Result<()> {
    let mut last = String::new();
    for _ in 0..CALM_TRIES_MAX {
        if who.open_group_run()?.is_none() {
            return Ok(());
        }
        let faults: Arc<dyn Mortal> = Watch::calm();
        last = bounded(who.go_on(estate, &faults, &Gate::default(), Cancel::new())).await?.word();
        if who.open_group_run()?.is_some() {
            pause(Duration::from_secs(60)).await;
        }
    }
    if who.open_group_run()?.is_none() {
        return Ok(());
    }
    wrong(format!("the run of {} does not end: {last}", who.name))
}

/// The end state is what the journals say, nothing was sent twice, nothing was lost that must not be, and milink says what is so.
async fn judge(
    rng: &mut Seeded,
    deed: Deed,
    estate: &mut Estate,
    (operator, other): (&Operator, &Operator),
    runs: &[String],
    heard: usize,
    picture: &catalogue::Picture,
) -> Result<()> {
    let told = oracle::told(&[operator, other], runs)?;
    let wanted = oracle::wanted(deed, &told);
    // Databases of servers stay replicated without their group.
    oracle::settles(estate, deed, wanted.as_ref()).await?;
    oracle::sent_once(estate, deed, heard, told.begun)?;
    if deed != Deed::ForcedDrill {
        estate.until_written(3).await?;
    }
    if !told.committed && deed != Deed::Protect {
        catalogue::as_before(estate, picture).await?;
    }
    oracle::honest(estate, deed, other, told.committed, true).await?;
    if deed == Deed::Forced && told.committed && rng.percent(50) {
        home_again(estate, operator).await?;
    }
    estate.lab.stop_writers().await;
    if deed == Deed::Delete && told.committed {
        // Without its group either copy takes writes: that is what a deletion does, and says.
        return Ok(());
    }
    let report = estate.judge().await?;
    // A forced failover loses what had not arrived; two writable copies it must not make.
    let lossy = deed.may_lose() && told.committed && report.max_writable_copies <= 1 && report.duplicated == 0;
    if report.ok || lossy {
        return Ok(());
    }
    wrong(format!("the oracle says: {}", report.reasons.join("; ")))
}

/// After a forced failover, once all is whole: a planned one, back.
async fn home_again(estate: &Estate, who: &Operator) -> Result<()> {
    let calm: Arc<dyn Mortal> = Watch::calm();
    match bounded(who.group(estate, None, FogOp::Failover, &calm)).await? {
        Fate::Committed => {}
        other => return wrong(format!("the way home: {}", other.word())),
    }
    let [group, primary, secondary] = Deed::Forced.members().map(str::to_owned);
    oracle::settles(estate, Deed::Forced, Some(&[group, primary, secondary])).await
}

/// A deed in peace, judged: `Err` is a violation.
pub fn in_peace(deed: Deed, seed: u64) -> Result<()> {
    play(seed, |clock| async move {
        let mut rng = Seeded::new(seed).fork("peace");
        let mut estate = Estate::up(draw(&mut rng, deed)?, clock).await?;
        let (operator, other) = (Operator::new("laptop-a", &estate), Operator::new("laptop-b", &estate));
        Box::pin(before(&mut estate, &operator, deed)).await?;
        let runs: Vec<String> = operator.journal.runs()?.iter().map(ToString::to_string).collect();
        let (heard, picture) = (estate.lab.arm.heard().len(), catalogue::picture(&estate));
        calmly(&estate, &operator, deed).await?;
        Box::pin(judge(&mut rng, deed, &mut estate, (&operator, &other), &runs, heard, &picture)).await
    })
}
