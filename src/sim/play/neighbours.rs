//! Two teams, each with a link of its own between the same two servers, and one login that serves both databases.

use super::estate::Estate;
use super::estate::small;
use super::faults::Blow;
use super::faults::Blows;
use super::faults::Place;
use super::gate::Gate;
use super::mishap::Due;
use super::mishap::Mishap;
use super::night::bounded;
use super::night::calm;
use super::operator::Mortal;
use super::operator::Operator;
use super::runtime::play;
use super::watch::Agenda;
use super::watch::Watch;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::random::Seeded;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::journal::fold::fold;
use crate::journal::record::RunResult;
use crate::lab::scenario::LINKED;
use std::sync::Arc;
use std::time::Duration;

/// How often a team begins or takes up while things go wrong.
const TRIES_MAX: u32 = 8;
/// The second team begins somewhere within the first one's run, milliseconds.
const LATER_MAX_MS: u64 = 6_000;
/// Longest pause between two tries, milliseconds.
const PAUSE_MAX_MS: u64 = 8_000;

/// What came of it.
#[derive(Debug)]
pub struct Told {
    pub violation: Option<String>,
    /// Somebody was turned away because the other held what it needed.
    pub turned_away: u32,
    pub trace: Vec<String>,
}

/// Plays the pair of a seed; `sabotage`: parts of steps that do nothing.
pub fn run(seed: u64, sabotage: &[String]) -> Told {
    let told = play(seed, |clock| async move {
        let mut rng = Seeded::new(seed).fork("neighbours");
        let mut scenario = small(LINKED[(seed % 2) as usize % LINKED.len()], 2)?;
        scenario.timing.failover_switch_ms = 50 + rng.below(2_000);
        scenario.workload.think_ms = 40;
        let mut estate = Estate::up(scenario, clock.clone()).await?;
        let mut told = Told { violation: None, turned_away: 0, trace: Vec::new() };
        let ended = course(&mut rng, sabotage, &mut estate, &clock, &mut told.turned_away).await;
        told.violation = ended.err().map(|e| e.chain());
        told.trace = estate.trace.lines();
        Ok(told)
    });
    told.unwrap_or_else(|e| Told { violation: Some(e.chain()), turned_away: 0, trace: Vec::new() })
}

async fn course(
    rng: &mut Seeded,
    sabotage: &[String],
    estate: &mut Estate,
    clock: &SharedClock,
    turned_away: &mut u32,
) -> Result<()> {
    let _ = clock;
    let mut one = Operator::new("laptop-a", estate);
    let mut two = Operator::new("laptop-b", estate);
    estate.start_writers()?;
    one.create(estate).await?;
    estate.until_written(3).await?;
    let links = one.links(estate).await?;
    let steps = one.steps(estate).await?;
    for (who, (link, _)) in [&mut one, &mut two].into_iter().zip(&links) {
        who.links = vec![link.to_string()];
        who.sabotage = sabotage.to_vec();
    }
    let later = Duration::from_millis(rng.below(LATER_MAX_MS));
    let (mut first, mut second) = (rng.fork("one"), rng.fork("two"));
    let (a, b) = tokio::join!(team(estate, &one, &mut first, &steps), async {
        pause(later).await;
        team(estate, &two, &mut second, &steps).await
    });
    *turned_away = a? + b?;
    estate.trace.say("calm");
    calm(estate, &one).await?;
    calm(estate, &two).await?;
    judge(estate, &[(&one, &links[0].1), (&two, &links[1].1)]).await
}

/// Two teams; the first dies with its fence up and never comes back, nor does its state directory. The second is turned away,
/// until somebody else cuts the first one's link over from a new laptop. `Err` is a violation.
pub fn lost_for_good(seed: u64) -> Result<()> {
    play(seed, |clock| async move {
        let mut estate = Estate::up(small(LINKED[0], 2)?, clock).await?;
        let mut lost = Operator::new("laptop-a", &estate);
        let mut heir = Operator::new("laptop-c", &estate);
        let mut other = Operator::new("laptop-b", &estate);
        estate.start_writers()?;
        lost.create(&estate).await?;
        let links = lost.links(&estate).await?;
        lost.links = vec![links[0].0.to_string()];
        heir.links.clone_from(&lost.links);
        other.links = vec![links[1].0.to_string()];
        let place = Place { step: format!("cutover.drain/{}", links[0].0), point: Point::StepStarted, nth: 0 };
        let blows: Arc<dyn Mortal> = Blows::new(vec![(place, Blow::Die)]);
        let quiet: Arc<dyn Mortal> = Blows::none();
        let gate = Gate::default();
        let wrong = |what: &str, word: String| Err(Error::new(Kind::Bug, format!("{what}: {word}")));
        let fate = bounded(lost.cutover(&estate, &blows, &gate, Cancel::new())).await?.word();
        if lost.open_run()?.is_none() {
            return wrong("it should have died", fate);
        }
        let fate = bounded(other.cutover(&estate, &quiet, &gate, Cancel::new())).await?.word();
        if !fate.contains("is set apart by run") || !fate.starts_with("rolled back") {
            return wrong("it should have been turned away", fate);
        }
        for who in [&heir, &other] {
            let fate = bounded(who.cutover(&estate, &quiet, &gate, Cancel::new())).await?;
            if !committed(who)? {
                return wrong(&who.name, fate.word());
            }
        }
        // The first one was found again: it must not touch anything any more.
        let fate = bounded(lost.resume(&estate, &quiet, &gate, Cancel::new())).await?.word();
        estate.trace.say(&fate);
        judge(&mut estate, &[(&heir, &links[0].1), (&other, &links[1].1)]).await
    })
}

/// A team tries until its link is cut over.
async fn team(estate: &Estate, who: &Operator, rng: &mut Seeded, steps: &[String]) -> Result<u32> {
    let mishap = [Mishap::Fail, Mishap::Crash, Mishap::Crash][rng.below(3) as usize];
    let kind = &steps[rng.below(steps.len() as u64) as usize];
    let due = Due { delay: Duration::ZERO, ..Due::draw(rng, mishap, kind) };
    let (agenda, _heard) = Agenda::new(vec![due], None);
    let mut turned_away = 0;
    for _ in 0..TRIES_MAX {
        let faults: Arc<dyn Mortal> = Watch::over(&agenda);
        let (gate, cancel) = (Gate::default(), Cancel::new());
        let fate = if who.open_run()?.is_some() {
            bounded(who.resume(estate, &faults, &gate, cancel)).await?
        } else {
            bounded(who.cutover(estate, &faults, &gate, cancel)).await?
        };
        turned_away += u32::from(fate.word().contains("is set apart by run"));
        if committed(who)? {
            break;
        }
        pause(Duration::from_millis(rng.below(PAUSE_MAX_MS))).await;
    }
    Ok(turned_away)
}

fn committed(who: &Operator) -> Result<bool> {
    for run in who.journal.runs()? {
        let ended = fold(&who.journal.records(&run)?)?.finished;
        if run.as_str().starts_with("cutover") && matches!(ended, Some((RunResult::Committed, _))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Each application writes where its own team's journal says; nothing is set apart any more; the oracle holds.
async fn judge(estate: &mut Estate, teams: &[(&Operator, &String); 2]) -> Result<()> {
    let wrong = |why: String| Err(Error::new(Kind::Bug, why));
    let written = estate.until_written(6).await;
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    if !report.ok {
        return wrong(format!("the oracle says: {}", report.reasons.join("; ")));
    }
    written?;
    let asks = teams[0].0;
    if let Some(left) = asks.claims(estate).await?.first() {
        return wrong(format!("{} is still set apart by {}", left.kept, left.run));
    }
    for (who, database) in teams {
        let done = committed(who)?;
        let record = estate.lab.record.databases.iter().find(|d| d.name == **database);
        let wanted = record.map(|r| if done { &r.target } else { &r.source });
        let found = report.databases.iter().find(|d| d.database == **database).map(|d| &d.current);
        if wanted.is_none() || wanted != found {
            return wrong(format!("the application of {database} is on {found:?}, committed: {done}"));
        }
    }
    Ok(())
}
