//! What milink itself adds to an outage is bounded, and grows with the batches of switches only.

use crate::sim::play::outage::Latencies;
use crate::sim::play::outage::Outage;
use crate::sim::play::outage::measure;

/// Round trips to the instance that are milink's own: looks before and after what it sends.
const OWN_TRIPS: f64 = 14.0;

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

#[test]
fn milink_adds_some_round_trips_to_an_outage_and_no_more_with_more_databases() {
    let trip = 2.0 * Latencies::REAL.target;
    for scenario in ["migrate-2019", "two-way-2022"] {
        for databases in [1, 8, 16] {
            let o = measure(scenario, databases, Latencies::REAL).unwrap();
            println!("{scenario}: {}", told(&o));
            let most = OWN_TRIPS * trip * f64::from(o.batches);
            assert!(o.over_ms() <= most, "{scenario}: over by more than {most:.0} ms: {}", told(&o));
        }
    }
}
