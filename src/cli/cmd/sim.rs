//! `milink lab sim`: many nights in virtual time, each from one seed.

use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args_lab::LabSimArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::output::aside;
use crate::report::table::Table;
use crate::sim::play::seeds;
use std::fmt::Write as _;

/// Columns beside each other.
const STEPS_A_TABLE: usize = 12;

pub async fn run(args: &LabSimArgs, printer: &mut Printer) -> Result<Exit> {
    let (first, count) = (args.seed, args.seeds);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let clock = TokioClock::system();
    let trace = args.trace;
    let from = clock.monotonic();
    // Each night has a runtime of its own, whose clock stands still: not on this one's threads.
    let played = tokio::task::spawn_blocking(move || {
        if trace {
            for seed in first..first.saturating_add(count) {
                for line in seeds::Night::of(seed).trace() {
                    aside(&line);
                }
            }
        }
        seeds::play(first, count, threads, &|seed, why| {
            if let Some(why) = why {
                aside(&format!("seed {seed}: {why}"));
            }
        })
    });
    let summary = played.await.map_err(|e| Error::bug("the simulation broke off").caused_by(e))?;
    let minutes = clock.monotonic().saturating_sub(from).as_secs_f64() / 60.0;
    let rate = if minutes > 0.0 { count as f64 / minutes } else { 0.0 };
    printer.answers(&[&summary], |width| {
        let short = |s: &String| s.split_once('.').map_or(s.clone(), |(_, n)| n.to_owned());
        let table = |steps: &[String], coverage: &[(String, Vec<u64>)]| {
            let heads: Vec<String> = std::iter::once("mishap".to_owned()).chain(steps.iter().map(short)).collect();
            let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
            let mut table = Table::new(&heads);
            for (mishap, cells) in coverage {
                table.row(std::iter::once(mishap.clone()).chain(cells.iter().map(ToString::to_string)));
            }
            table.render(width)
        };
        let mut text = table(&summary.steps, &summary.coverage);
        let (least, wanted) = (summary.least_per_cell, summary.wanted_per_cell);
        let _ = writeln!(text, "least in a cell: {least}, wanted: {wanted}; {rate:.0} runs per minute");
        // The steps of groups are too many for one table.
        let groups = &summary.groups;
        for from in (0..groups.steps.len()).step_by(STEPS_A_TABLE) {
            let to = (from + STEPS_A_TABLE).min(groups.steps.len());
            let part: Vec<_> = groups.coverage.iter().map(|(m, cells)| (m.clone(), cells[from..to].to_vec())).collect();
            text.push_str(&table(&groups.steps[from..to], &part));
        }
        let (n, least, wanted) = (groups.nights, groups.least_per_cell, groups.wanted_per_cell);
        let _ = writeln!(text, "of {n} nights of failover groups, least in a cell: {least}, wanted: {wanted}");
        for cell in summary.bare() {
            let _ = writeln!(text, "not covered: {cell}");
        }
        for v in &summary.violations {
            let _ = writeln!(text, "seed {}: {}\n    {}", v.seed, v.why, v.command);
        }
        let _ = writeln!(text, "{} passed, {} failed", summary.passed, summary.failed);
        text
    })?;
    Ok(if summary.holds() { Exit::OK } else { Exit::from(Kind::Bug) })
}
