//! What milink itself adds to an outage is bounded, and grows with the batches of switches, not with the databases.

use crate::sim::play::outage::Latencies;
use crate::sim::play::outage::Outage;
use crate::sim::play::outage::measure;

/// Round trips to the instance that are milink's own: looks before and after what it sends, and polls of what takes its time.
const OWN_TRIPS: f64 = 32.0;

fn told(o: &Outage) -> String {
    let terms: Vec<_> = o.terms.iter().map(|(name, ms)| format!("{name} {ms:.0}")).collect();
    format!(
        "{} databases: measured {:.0} ms, floor {:.0} ms ({}), split {:.0?}",
        o.databases,
        o.measured_ms,
        o.floor_ms(),
        terms.join(" + "),
        o.split_ms
    )
}

fn bounded(scenario: &str) {
    let trip = 2.0 * Latencies::REAL.target;
    for databases in [1, 8, 16] {
        let o = measure(scenario, databases, Latencies::REAL).unwrap();
        println!("{scenario}: {}", told(&o));
        let most = OWN_TRIPS * trip * f64::from(o.batches);
        assert!(o.over_ms() <= most, "{scenario}: over by more than {most:.0} ms: {}", told(&o));
    }
}

#[test]
fn milink_adds_some_round_trips_to_a_one_way_outage_whatever_the_databases() {
    bounded("migrate-2019");
}

#[test]
fn milink_adds_some_round_trips_to_a_two_way_outage_whatever_the_databases() {
    bounded("two-way-2022");
}
