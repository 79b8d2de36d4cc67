//! What a person waits for: one cycle over an estate (our part of it), and the exposition of 500 links.

#[path = "../fixtures/estate.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod estate;

use milink::export::metrics;
use milink::monitor::state::State;
use std::time::Duration;

fn main() {
    divan::main();
}

const LINKS: [usize; 3] = [1, 100, 500];

/// Both sweeps, details and Azure folded, and one snapshot made of them.
#[divan::bench(args = LINKS, sample_count = 20)]
fn cycle(bencher: divan::Bencher<'_, '_>, links: usize) {
    bencher.with_inputs(|| State::new(estate::plan(links))).bench_values(|mut state| {
        estate::all_hear(&mut state, links, Duration::from_secs(1));
        state.snapshot(estate::ORIGIN, Duration::from_secs(2))
    });
}

#[divan::bench(sample_count = 20)]
fn exposition_of_500(bencher: divan::Bencher<'_, '_>) {
    let mut state = State::new(estate::plan(500));
    estate::all_hear(&mut state, 500, Duration::from_secs(1));
    let snapshot = state.snapshot(estate::ORIGIN, Duration::from_secs(2));
    bencher.bench(|| metrics::text(&snapshot));
}
