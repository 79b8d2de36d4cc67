//! Two who work on one group: the lease stands on both members, and who comes back after another has had it touches nothing.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::fault::Faults;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::model::ids::StepId;
use crate::sim::play::estate::Estate;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Blows;
use crate::sim::play::faults::Place;
use crate::sim::play::fog_night::deed::Deed;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Immortal;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::Notify;

fn calm() -> Arc<dyn Mortal> {
    Arc::new(Immortal)
}

fn dies(step: &str, point: Point) -> Arc<dyn Mortal> {
    let place = Place { step: format!("{step}/fog-ledger"), point, nth: 0 };
    Blows::new(vec![(place, Blow::Die)])
}

async fn does(estate: &Estate, who: &Operator, deed: Deed, faults: &Arc<dyn Mortal>) -> Fate {
    who.deed(estate, deed, faults, &Gate::default(), Cancel::new()).await
}

async fn goes_on(estate: &Estate, who: &Operator) -> Fate {
    who.go_on(estate, &calm(), &Gate::default(), Cancel::new()).await
}

fn primary(estate: &Estate) -> String {
    estate.lab.hub.all()[0].primary().config.id.clone()
}

fn failovers(estate: &Estate) -> usize {
    estate.lab.arm.heard().iter().filter(|h| h.method == "POST" && h.path.contains("ailover")).count()
}

fn is(what: bool, why: &str, fate: &Fate) -> Result<()> {
    if what { Ok(()) } else { Err(Error::new(Kind::Bug, format!("{why}: {}", fate.word()))) }
}

/// One dies at a point of a planned failover; another makes it, and makes it undone; then the first comes back.
fn comes_back_late(step: &'static str, point: Point) {
    let played = play(3, |clock| async move {
        let mut estate = Estate::up(Deed::Planned.scenario()?, clock).await?;
        let (late, other) = (Operator::new("laptop-a", &estate), Operator::new("laptop-b", &estate));
        estate.start_writers()?;
        estate.until_written(2).await?;
        let fate = does(&estate, &late, Deed::Planned, &dies(step, point)).await;
        is(late.open_group_run()?.is_some(), "it should have died", &fate)?;
        // What was sent comes to its end first.
        estate.until_written(8).await?;
        while primary(&estate) != "mi-a" || failovers(&estate) == 0 {
            let to = if primary(&estate) == "mi-a" { Deed::Planned } else { Deed::PlannedBack };
            let fate = does(&estate, &other, to, &calm()).await;
            is(matches!(fate, Fate::Committed), "the other", &fate)?;
        }
        let sent = failovers(&estate);
        let fate = goes_on(&estate, &late).await;
        is(
            matches!(fate, Fate::RolledBack(_)) && fate.word().contains("has had it since"),
            "it should leave it",
            &fate,
        )?;
        is(failovers(&estate) == sent && primary(&estate) == "mi-a", "it touched the group", &fate)?;
        is(late.open_group_run()?.is_none(), "it does not end", &fate)?;
        estate.until_written(4).await?;
        estate.lab.stop_writers().await;
        let report = estate.judge().await?;
        is(report.ok, &report.reasons.join("; "), &fate)
    });
    if let Err(e) = played {
        panic!("{step} {}: {}", point.name(), e.chain());
    }
}

#[test]
fn who_comes_back_after_another_touches_nothing() {
    comes_back_late("fog.gate", Point::StepDone);
    comes_back_late("fog.failover", Point::BeforeAct);
    comes_back_late("fog.failover", Point::AfterAct);
    comes_back_late("fog.confirm", Point::StepStarted);
}

/// Somebody who was only refused has taken nothing over: the run goes on.
#[test]
fn who_was_refused_in_between_does_not_count() {
    let played = play(4, |clock| async move {
        let mut estate = Estate::up(Deed::Planned.scenario()?, clock).await?;
        let (first, other) = (Operator::new("laptop-a", &estate), Operator::new("laptop-b", &estate));
        estate.start_writers()?;
        estate.until_written(2).await?;
        does(&estate, &first, Deed::Planned, &dies("fog.failover", Point::StepStarted)).await;
        let stop: Arc<dyn Mortal> = {
            let place = Place { step: "fog.gate/fog-ledger".to_owned(), point: Point::StepDone, nth: 0 };
            Blows::new(vec![(place, Blow::Fail)])
        };
        let fate = does(&estate, &other, Deed::Planned, &stop).await;
        is(matches!(fate, Fate::RolledBack(_)), "the other should go back", &fate)?;
        let fate = goes_on(&estate, &first).await;
        is(matches!(fate, Fate::Committed) && primary(&estate) == "mi-b", "the first", &fate)
    });
    if let Err(e) = played {
        panic!("{}", e.chain());
    }
}

/// A process that stands still at a step, its sessions alive.
#[derive(Default)]
struct Still {
    there: Notify,
    on: Notify,
}

#[async_trait]
impl Faults for Still {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if point == Point::StepStarted && step.kind() == "fog.confirm" {
            self.there.notify_one();
            self.on.notified().await;
        }
        Ok(())
    }
}

#[async_trait]
impl Mortal for Still {
    async fn death(&self) {
        std::future::pending::<()>().await;
    }
}

/// The roles have changed, so another run takes its lease on the other member: the one that lives holds that one, too.
#[test]
fn nobody_goes_back_while_a_failover_is_being_confirmed() {
    for (there, back) in [(Deed::Planned, Deed::PlannedBack), (Deed::ServersPlanned, Deed::ServersPlannedBack)] {
        let played = play(5, |clock| async move {
            let mut estate = Estate::up(there.scenario()?, clock).await?;
            let (first, other) = (Operator::new("laptop-a", &estate), Operator::new("laptop-b", &estate));
            estate.start_writers()?;
            if there.of_servers() {
                let group = Some(there.members()[0]);
                first.group(&estate, group, crate::app::fog::FogOp::Create, &calm()).await;
            }
            let still = Arc::new(Still::default());
            let faults: Arc<dyn Mortal> = still.clone();
            let (one, two) = tokio::join!(Box::pin(does(&estate, &first, there, &faults)), async {
                still.there.notified().await;
                let fate = Box::pin(does(&estate, &other, back, &calm())).await;
                still.on.notify_one();
                fate
            });
            is(matches!(one, Fate::Committed), "the first", &one)?;
            is(matches!(two, Fate::RolledBack(_)) && two.word().contains("lease"), "the other", &two)?;
            let fate = Box::pin(does(&estate, &other, back, &calm())).await;
            is(matches!(fate, Fate::Committed), "afterwards", &fate)
        });
        if let Err(e) = played {
            panic!("{there:?}: {}", e.chain());
        }
    }
}
