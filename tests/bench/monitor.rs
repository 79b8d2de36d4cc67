//! What a person waits for: one cycle over an estate (our part of it), the exposition of 500 links, one frame of the screen; and
//! what a long watch keeps in memory. `cargo bench --bench monitor`; `-- measure` prints percentiles, processor time and memory
//! instead; `-- lab` brings `estate-500` up on sockets and times it.

#[path = "../fixtures/estate.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod estate;
mod lab;
mod measure;

use milink::export::metrics;
use milink::monitor::state::State;
use milink::tui::view::draw::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Duration;

fn main() {
    let asked = |word: &str| std::env::args().any(|a| a == word);
    if asked("measure") {
        measure::all();
    } else if asked("lab") {
        lab::all();
    } else {
        divan::main();
    }
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

#[divan::bench(sample_count = 100)]
fn exposition_of_500(bencher: divan::Bencher<'_, '_>) {
    let snapshot = measure::snapshot(500);
    bencher.bench(|| metrics::text(&snapshot));
}

/// One frame of the fleet at two sizes.
#[divan::bench(args = [(80, 24), (160, 50)], sample_count = 100)]
fn frame_of_500(bencher: divan::Bencher<'_, '_>, (width, height): (u16, u16)) {
    let state = measure::screen(500);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    bencher.bench_local(move || terminal.draw(|frame| draw(frame, &state)).map(|_| ()));
}
