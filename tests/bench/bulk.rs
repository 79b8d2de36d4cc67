//! Many links created at once on a network without latency: `cargo bench --bench bulk`, or with a number of links behind `--`.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::disallowed_methods, reason = "what is measured is wall time")]

use milink::sim::play::bulk::measure;
use std::time::Instant;

const LINKS: [u32; 3] = [1, 10, 100];

fn main() {
    let most = std::env::args().skip(1).find_map(|a| a.parse::<u32>().ok()).unwrap_or(u32::MAX);
    let begin = Instant::now();
    for links in LINKS.into_iter().filter(|n| *n <= most) {
        match measure(links, &|| begin.elapsed()) {
            Ok(b) => println!(
                "{links:>4} links: {:>7.2} s of wall time ({:.0} ms a link), {:.1} s waited for; {} statements, as many bare ones take \
                 {:.2} s: {:.1} times as much",
                b.wall.as_secs_f64(),
                b.wall.as_secs_f64() * 1000.0 / f64::from(links),
                b.waited.as_secs_f64(),
                b.statements,
                b.floor.as_secs_f64(),
                b.wall.as_secs_f64() / b.floor.as_secs_f64().max(f64::EPSILON),
            ),
            Err(e) => println!("{links:>4} links: {}", e.chain()),
        }
    }
}
