//! Many databases in one run: all or nothing until the targets are opened. `MILINK_WAVE=40` plays forty of them, which takes
//! minutes; the usual number fills one batch of eight and begins a second.

use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Result;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Blows;
use crate::sim::play::faults::Place;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn databases() -> u32 {
    std::env::var("MILINK_WAVE").ok().and_then(|n| n.parse().ok()).unwrap_or(9)
}

async fn up(clock: SharedClock) -> Result<(Estate, Operator)> {
    let mut scenario = small("migrate-2019", databases())?;
    scenario.workload.writers = 1;
    scenario.workload.think_ms = 500;
    scenario.workload.sample_every_ms = 1_000;
    let mut estate = Estate::up(scenario, clock).await?;
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    estate.until_written(3).await?;
    Ok((estate, operator))
}

/// The last link but one fails: others of its batch are done then, and a batch was before.
fn failing(estate: &Estate, step: &str) -> Arc<Blows> {
    let links = &estate.lab.record.databases;
    let unlucky = &links[links.len() - 2].link;
    let place = Place { step: format!("{step}/{unlucky}"), point: Point::StepStarted, nth: 0 };
    Blows::new(vec![(place, Blow::Fail)])
}

/// Commits acknowledged so far, by database.
fn written(estate: &Estate) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for record in estate.lab.acknowledged().unwrap() {
        if record.outcome == crate::lab::workload::ledger::Outcome::Acknowledged {
            *counts.entry(record.database).or_default() += 1;
        }
    }
    counts
}

/// Every database gets commits acknowledged again.
async fn all_write_again(estate: &Estate) {
    let before = written(estate);
    for _ in 0..600 {
        let now = written(estate);
        if now.len() == databases() as usize && now.iter().all(|(d, n)| *n > before.get(d).copied().unwrap_or(0)) {
            return;
        }
        pause(Duration::from_millis(500)).await;
    }
    panic!("not every application writes again: {before:?}, then {:?}", written(estate));
}

async fn judged(estate: &mut Estate, server: &str) -> Result<()> {
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    assert!(report.ok, "{:#?}", report.reasons);
    assert_eq!((report.lost, report.max_writable_copies), (Some(0), 1));
    let elsewhere: Vec<_> = report.databases.iter().filter(|d| d.current != server).map(|d| &d.database).collect();
    assert!(elsewhere.is_empty(), "not on {server}: {elsewhere:?}");
    Ok(())
}

async fn before_the_switch(clock: SharedClock) -> Result<()> {
    let (mut estate, operator) = up(clock).await?;
    let blows = failing(&estate, "cutover.drain");
    let faults = blows.clone() as Arc<dyn Mortal>;
    let fate = operator.cutover(&estate, &faults, &Gate::default(), Cancel::new()).await;
    assert!(blows.struck(), "{}", fate.word());
    assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
    all_write_again(&estate).await;
    judged(&mut estate, "sql-a").await
}

async fn between_the_lines(clock: SharedClock) -> Result<()> {
    let (mut estate, operator) = up(clock).await?;
    let blows = failing(&estate, "cutover.confirm");
    let faults = blows.clone() as Arc<dyn Mortal>;
    let fate = operator.cutover(&estate, &faults, &Gate::default(), Cancel::new()).await;
    assert!(blows.struck(), "{}", fate.word());
    assert!(matches!(fate, Fate::Failed(_)), "{}", fate.word());
    let closed = estate.lab.ledger.acknowledged();
    pause(Duration::from_secs(60)).await;
    assert_eq!(estate.lab.ledger.acknowledged(), closed, "somebody wrote while the wave stood between the lines");
    let mended = Blows::none() as Arc<dyn Mortal>;
    let fate = operator.resume(&estate, &mended, &Gate::default(), Cancel::new()).await;
    assert!(matches!(fate, Fate::Committed), "{}", fate.word());
    all_write_again(&estate).await;
    judged(&mut estate, "mi-a").await
}

#[test]
fn one_failure_before_the_switch_takes_all_back() {
    play(21, before_the_switch).unwrap();
}

#[test]
fn one_failure_between_the_lines_keeps_every_target_closed() {
    play(22, between_the_lines).unwrap();
}
