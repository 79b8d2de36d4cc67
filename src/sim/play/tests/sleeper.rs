//! A laptop sleeps with the fence up; another operator takes the lease over and cuts over; the laptop wakes up.

use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::fault::Mutant;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::journal::record::ChangeResult;
use crate::journal::record::Record;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::gate::Gate;
use crate::sim::play::mishap::Due;
use crate::sim::play::mishap::Mishap;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use crate::sim::play::watch::Agenda;
use crate::sim::play::watch::Watch;
use std::sync::Arc;
use std::time::Duration;

/// Changes that the operator's journal says were made.
fn made(operator: &Operator) -> usize {
    let run = operator.open_run().unwrap().or_else(|| operator.journal.runs().unwrap().first().cloned());
    let records = operator.journal.records(&run.unwrap()).unwrap();
    records.iter().filter(|r| matches!(r.record, Record::Outcome { result: ChangeResult::Ok, .. })).count()
}

/// How the sleeper's process ended, and how many changes it made after it woke.
async fn sleeps(mutant: Option<Mutant>, clock: SharedClock) -> Result<(Fate, usize)> {
    let mut estate = Estate::up(small("migrate-2019", 1)?, clock).await?;
    let (sleeper, other) = (Operator::new("laptop-a", &estate), Operator::new("laptop-b", &estate));
    estate.start_writers()?;
    sleeper.create(&estate).await?;
    estate.until_written(3).await?;
    let due = Due {
        mishap: Mishap::SecondOperator,
        kind: "cutover.fence".to_owned(),
        point: Point::StepDone,
        skip: 0,
        delay: Duration::ZERO,
        lasts: Duration::ZERO,
    };
    let (agenda, mut heard) = Agenda::new(vec![due], mutant);
    let (gate, faults) = (Gate::default(), Watch::over(&agenda) as Arc<dyn Mortal>);
    let takes_over = async {
        heard.recv().await;
        gate.shut();
        pause(Duration::from_secs(40)).await;
        gate.sever();
        let before = made(&sleeper);
        let calm: Arc<dyn Mortal> = Watch::calm();
        let fate = other.cutover(&estate, &calm, &Gate::default(), Cancel::new()).await;
        assert!(fate.is_end(), "{fate:?}");
        gate.open();
        before
    };
    let (before, fate) = tokio::join!(takes_over, sleeper.cutover(&estate, &faults, &gate, Cancel::new()));
    Ok((fate, made(&sleeper) - before))
}

#[test]
fn that_was_replaced_changes_nothing() {
    let (fate, made) = play(5, |clock| sleeps(None, clock)).unwrap();
    let Fate::Failed(error) = fate else { panic!("{fate:?}") };
    assert_eq!((error.kind(), made), (Kind::Refused, 0), "{}", error.chain());
    assert!(error.chain().contains("was taken over: fencing number 2 stands on sql-a"), "{}", error.chain());
}

#[test]
fn that_does_not_look_at_the_number_goes_on_changing() {
    let (_, made) = play(5, |clock| sleeps(Some(Mutant::NoFenceCheck), clock)).unwrap();
    assert!(made > 0);
}
