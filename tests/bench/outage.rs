//! The tool's own share of the outage, in virtual time: what a cutover takes above what the estate itself takes.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use milink::sim::play::outage::Latencies;
use milink::sim::play::outage::measure;

/// Databases that are cut over together: one, a whole batch, five batches.
const DATABASES: [u32; 3] = [1, 8, 40];

fn main() {
    // `cargo bench` hands its own flags on; a number among them bounds the databases.
    let most = std::env::args().skip(1).find_map(|a| a.parse::<u32>().ok()).unwrap_or(u32::MAX);
    println!("outage in virtual milliseconds: from the first bar to the last opening, against the floor");
    for scenario in ["migrate-2019", "two-way-2022"] {
        for (word, latencies) in [("no latency", Latencies::ZERO), ("real latency", Latencies::REAL)] {
            for databases in DATABASES.into_iter().filter(|n| *n <= most) {
                match measure(scenario, databases, latencies) {
                    Ok(o) => {
                        let terms: Vec<_> = o.terms.iter().map(|(name, ms)| format!("{name} {ms:.0}")).collect();
                        println!(
                            "{scenario:<13} {word:<12} {databases:>3} in {} batches: measured {:>7.0}, floor {:>7.0}, over {:>6.0} ({:.0} %)",
                            o.batches,
                            o.measured_ms,
                            o.floor_ms(),
                            o.over_ms(),
                            100.0 * o.over_ms() / o.floor_ms(),
                        );
                        let [fence, drain, switch, open] = o.split_ms;
                        println!("    floor: {}", terms.join(" + "));
                        println!(
                            "    mean a database: fence {fence:.0}, drain {drain:.0}, switch {switch:.0}, open {open:.0}"
                        );
                    }
                    Err(e) => println!("{scenario:<13} {word:<12} {databases:>3}: {}", e.chain()),
                }
            }
        }
    }
}
