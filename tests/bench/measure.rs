//! Percentiles, processor time and memory: what a sample mean does not tell.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement reads the wall clock and prints")]

use super::estate;
use milink::export::metrics;
use milink::monitor::history::Histories;
use milink::monitor::history::Point;
use milink::monitor::snapshot::Snapshot;
use milink::monitor::state::State;
use milink::tui::event::Event;
use milink::tui::state::State as Screen;
use milink::tui::theme::Palette;
use milink::tui::theme::Theme;
use milink::tui::update::update;
use milink::tui::view::draw::draw;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

pub(crate) fn snapshot(links: usize) -> Snapshot {
    let mut state = State::new(estate::plan(links));
    estate::all_hear(&mut state, links, Duration::from_secs(1));
    state.snapshot(estate::ORIGIN, Duration::from_secs(2))
}

pub(crate) fn screen(links: usize) -> Screen {
    let theme = Theme { palette: Palette::Dark, ascii: false };
    let mut screen = Screen::new(theme, "lab".to_owned(), "milink".to_owned(), estate::ORIGIN);
    let _ = update(&mut screen, Event::Snapshot(Arc::new(snapshot(links))));
    screen
}

/// Ticks of 10 ms that this process has had, and bytes it holds (proc(5)).
pub(crate) fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let at = |n: usize| fields.get(n).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    (at(11) + at(12)) * 10
}

pub(crate) fn resident_mib() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|p| p.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0 / 1_048_576.0
}

fn percentiles(name: &str, runs: usize, mut work: impl FnMut()) {
    let mut took: Vec<Duration> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    let at = |q: f64| took[((runs - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
    println!("{name}: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", at(0.5), at(0.99), at(1.0));
}

pub(crate) fn all() {
    for links in super::LINKS {
        let mut state = State::new(estate::plan(links));
        let (before, runs) = (processor_ms(), 200_u64);
        for n in 1..=runs {
            estate::all_hear(&mut state, links, Duration::from_secs(n));
            std::hint::black_box(state.snapshot(estate::ORIGIN, Duration::from_secs(n)));
        }
        let each = (processor_ms() - before) as f64 / runs as f64;
        println!("cycle of {links} links: {each:.2} ms of processor time (making the answers included)");
    }
    let shown = snapshot(500);
    println!("exposition of 500 links: {} bytes", metrics::text(&shown).len());
    percentiles("exposition of 500 links", 500, || {
        std::hint::black_box(metrics::text(&shown));
    });
    for (width, height) in [(80, 24), (160, 50)] {
        let state = screen(500);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        percentiles(&format!("frame {width}x{height}, 500 links"), 500, || {
            terminal.draw(|frame| draw(frame, &state)).map(|_| ()).unwrap();
        });
    }
    hours();
}

/// 3,600 cycles of a second: an hour and its history.
fn hours() {
    let mut state = State::new(estate::plan(500));
    let mut histories = Histories::default();
    let mut last = 0.0;
    for n in 1..=3_600_u64 {
        estate::all_hear(&mut state, 500, Duration::from_secs(n));
        let seen = state.snapshot(estate::ORIGIN + Duration::from_secs(n), Duration::from_secs(n));
        for link in &seen.links {
            histories.links.entry(link.name.clone()).or_default().push(Point::of(seen.at, link));
        }
        if n % 600 == 0 {
            last = resident_mib();
            println!("after {n} cycles of 500 links: {last:.1} MiB resident");
        }
    }
    println!("monitor core: {last:.1} MiB resident at the end");
}
