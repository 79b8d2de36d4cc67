use crate::base::clock::SharedClock;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Immortal;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use std::sync::Arc;

/// A whole cutover; the trace of all that happened.
async fn whole(scenario: &str, clock: SharedClock) -> Result<Vec<String>> {
    let mut estate = Estate::up(small(scenario, 1)?, clock).await?;
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    estate.until_written(5).await?;
    let fate =
        operator.cutover(&estate, &(Arc::new(Immortal) as Arc<dyn Mortal>), &Gate::default(), Cancel::new()).await;
    assert!(matches!(fate, Fate::Committed), "{fate:?}\n{}", estate.trace.lines().join("\n"));
    estate.until_written(5).await?;
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    assert!(report.ok, "{report:#?}");
    assert_eq!((report.lost, report.max_writable_copies), (Some(0), 1));
    assert_eq!(report.databases[0].current, "mi-a");
    Ok(estate.trace.lines())
}

#[test]
fn a_whole_migration_in_virtual_time() {
    let trace = play(1, |clock| whole("migrate-2019", clock)).unwrap();
    assert!(trace.iter().any(|l| l.contains("crosses L2")), "{trace:#?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for scenario in ["migrate-2019", "two-way-2022"] {
        let run = |seed| play(seed, |clock| whole(scenario, clock)).unwrap();
        let (first, second) = (run(7), run(7));
        assert_eq!(first, second);
        assert_ne!(first, run(8));
    }
}
