//! What somebody missed: the answer to the switch (it may have been carried out, it may be under way, it may never have arrived),
//! or a whole run of somebody else while they were away.

use crate::base::clock::pause;
use crate::base::error::Result;
use crate::effects::fault::Faults;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::lab::arm::fault::FaultAction;
use crate::lab::arm::fault::FaultRule;
use crate::model::ids::StepId;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Blows;
use crate::sim::play::faults::Place;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Immortal;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use crate::sim::play::tests::proof::Evening;
use crate::sim::play::tests::proof::evening;
use crate::sim::play::tests::proof::meddler;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const SWITCH: &str = "cutover.switch";

/// The next deletion that Azure is asked for.
fn deletion(night: &Evening, action: FaultAction) -> impl FnOnce() + Send + 'static {
    let arm = night.estate.lab.arm.clone();
    move || arm.faults.add(FaultRule { method: Some("DELETE".to_owned()), path: None, skip: 0, times: 1, action })
}

/// To the end, however often it has to be taken up again.
async fn ended(night: &Evening, mut fate: Fate) -> Fate {
    for _ in 0..4 {
        if matches!(fate, Fate::Committed | Fate::RolledBack(_)) {
            break;
        }
        fate = night.resume().await;
    }
    fate
}

#[test]
fn a_deletion_that_nobody_heard_of_is_waited_for_and_not_taken_back() {
    play(61, |clock| async move {
        let night = evening("migrate-2019", clock, &[]).await?;
        let fate = night.cutover(meddler(Point::BeforeAct, SWITCH, deletion(&night, FaultAction::DropAfter))).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        night.estate.until_written(3).await
    })
    .unwrap();
}

#[test]
fn a_deletion_that_never_arrived_is_sent_again() {
    play(62, |clock| async move {
        let night = evening("migrate-2019", clock, &[]).await?;
        let fate = night.cutover(meddler(Point::BeforeAct, SWITCH, deletion(&night, FaultAction::DropBefore))).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        night.estate.until_written(3).await
    })
    .unwrap();
}

#[test]
fn a_deletion_that_never_arrived_goes_back_once_it_cannot_come_any_more_if_the_token_is_void() {
    play(63, |clock| async move {
        let night = evening("migrate-2019", clock.clone(), &[]).await?;
        let (lose, late) = (deletion(&night, FaultAction::DropBefore), night.late_commit());
        let both = move || {
            lose();
            late();
        };
        let from = clock.monotonic();
        let fate = ended(&night, night.cutover(meddler(Point::BeforeAct, SWITCH, both)).await).await;
        let took = clock.monotonic().saturating_sub(from);
        assert!(took >= Duration::from_secs(100), "went back after {took:?}, while the deletion might still have come");
        night.went_back(&fate, "written to after the fence").await
    })
    .unwrap();
}

#[test]
fn a_planned_failover_that_nobody_heard_of_is_waited_for_and_not_taken_back() {
    for cut_after_ms in [1, 20, 60, 120, 250] {
        play(64, |clock| async move {
            let night = evening("two-way-2022", clock, &[]).await?;
            let network = night.estate.lab.network.clone();
            let host = night.estate.lab.instances["sql-a"].config.host.clone();
            let cut = move || {
                tokio::spawn(async move {
                    pause(Duration::from_millis(cut_after_ms)).await;
                    network.cut("laptop-a", &host);
                    pause(Duration::from_secs(2)).await;
                    network.restore("laptop-a", &host);
                });
            };
            let fate = ended(&night, night.cutover(meddler(Point::BeforeAct, SWITCH, cut)).await).await;
            assert!(matches!(fate, Fate::Committed), "cut after {cut_after_ms} ms: {}", fate.word());
            night.estate.until_written(3).await
        })
        .unwrap();
    }
}

#[test]
fn a_run_whose_link_another_has_moved_meanwhile_ends_and_touches_nothing() {
    for (scenario, killed_in) in [
        ("two-way-2022", "cutover.close_target"),
        ("two-way-2022", "cutover.drain"),
        ("migrate-2019", "cutover.synchronous"),
        ("migrate-2019", "cutover.fence"),
    ] {
        play(65, |clock| async move {
            let night = evening(scenario, clock, &[]).await?;
            let place = Place { step: format!("{killed_in}/ledger"), point: Point::StepDone, nth: 0 };
            let killed: Arc<dyn Mortal> = Blows::new(vec![(place, Blow::Die)]);
            let fate = night.cutover(killed).await;
            assert!(matches!(fate, Fate::Died), "{}", fate.word());
            let other = Operator::new("laptop-b", &night.estate);
            let immortal: Arc<dyn Mortal> = Arc::new(Immortal);
            let fate = other.cutover(&night.estate, &immortal, &Gate::default(), Cancel::new()).await;
            assert!(matches!(fate, Fate::Committed), "{}", fate.word());
            let writes = night.estate.lab.ledger.acknowledged();
            let fate = night.resume().await;
            assert!(fate.word().contains("has had link ledger since"), "{}", fate.word());
            assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
            assert!(night.estate.lab.ledger.acknowledged() >= writes);
            night.estate.until_written(3).await
        })
        .unwrap();
    }
}

#[test]
fn a_run_whose_lease_another_only_had_on_its_way_out_still_opens_what_it_shut() {
    play(66, |clock| async move {
        let night = evening("migrate-2019", clock, &[]).await?;
        let place = Place { step: "cutover.fence/ledger".to_owned(), point: Point::StepDone, nth: 0 };
        let killed: Arc<dyn Mortal> = Blows::new(vec![(place, Blow::Die)]);
        let fate = night.cutover(killed).await;
        assert!(matches!(fate, Fate::Died), "{}", fate.word());
        let other = Operator::new("laptop-b", &night.estate);
        let place = Place { step: "cutover.gates/ledger".to_owned(), point: Point::StepStarted, nth: 0 };
        let refused: Arc<dyn Mortal> = Blows::new(vec![(place, Blow::Fail)]);
        let fate = other.cutover(&night.estate, &refused, &Gate::default(), Cancel::new()).await;
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        let fate = ended(&night, night.resume().await).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        night.estate.until_written(3).await
    })
    .unwrap();
}

/// A process that stands still once, at the start of a step, until it is let go.
struct Stalled {
    kind: &'static str,
    reached: watch::Sender<bool>,
    gone_on: watch::Sender<bool>,
}

#[async_trait]
impl Faults for Stalled {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if point == Point::StepStarted && step.kind() == self.kind {
            self.reached.send_replace(true);
            let _ = self.gone_on.subscribe().wait_for(|on| *on).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Mortal for Stalled {
    async fn death(&self) {
        std::future::pending::<()>().await;
    }
}

/// Nobody was shut, so nothing is set apart in the run's name; only the marker says that it came to the switch.
#[test]
fn a_run_that_shut_nobody_and_was_switched_goes_forward_though_another_had_its_lease() {
    play(67, |clock| async move {
        let mut night = evening("migrate-2019", clock, &[]).await?;
        night.operator.sabotage = vec!["cutover.claims".to_owned()];
        let other = Operator::new("laptop-b", &night.estate);
        let stalled = Arc::new(Stalled {
            kind: "cutover.lease",
            reached: watch::channel(false).0,
            gone_on: watch::channel(false).0,
        });
        let first = async {
            let _ = stalled.reached.subscribe().wait_for(|r| *r).await;
            let place = Place { step: "cutover.switch/ledger".to_owned(), point: Point::AfterAct, nth: 0 };
            let killed: Arc<dyn Mortal> = Blows::new(vec![(place, Blow::Die)]);
            let fate = night.cutover(killed).await;
            assert!(matches!(fate, Fate::Died), "{}", fate.word());
            // The deletion comes into effect while nobody looks.
            pause(Duration::from_secs(10)).await;
            stalled.gone_on.send_replace(true);
        };
        let faults: Arc<dyn Mortal> = stalled.clone();
        let gate = Gate::default();
        let (fate, ()) = tokio::join!(other.cutover(&night.estate, &faults, &gate, Cancel::new()), first);
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        assert!(other.claims(&night.estate).await?.is_empty());
        let took = night.estate.trace.lines().iter().any(|l| l.contains("laptop-b") && l.contains("fencing number 2"));
        assert!(took, "the other never had the lease\n{}", night.estate.trace.lines().join("\n"));
        let fate = ended(&night, night.resume().await).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        night.estate.until_written(3).await
    })
    .unwrap();
}
