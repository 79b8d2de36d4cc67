//! A demonstration as text for people.

use super::dto::DemoReport;
use super::table::Table;
use super::text::copies;
use super::text::lines;
use super::text::milestone;
use super::text::ms;
use super::text::outcome;
use super::text::second;
use crate::base::text;
use std::fmt::Write;

/// The verdict first, then what it rests on.
pub fn demo(report: &DemoReport, width: usize) -> String {
    let mut out = String::new();
    let verdict = format!(
        "{}: {}, milestone {} | {} acknowledged, {} lost, {} ambiguous | writable copies at most {} | write outage {}",
        report.scenario,
        outcome(report.outcome),
        milestone(report.milestone),
        text::count(report.acknowledged_commits as usize, "commit"),
        report.lost_commits,
        report.ambiguous_commits,
        copies(report.max_writable_copies),
        ms(report.write_outage_ms),
    );
    lines(&mut out, &verdict, width);
    let terms: Vec<String> = report.outage_floor_terms.iter().map(|t| format!("{} {}", t.name, ms(t.ms))).collect();
    let floor = format!("shortest outage possible here: {} = {}", ms(report.outage_floor_ms), terms.join(" + "));
    lines(&mut out, floor.trim_end_matches(" = "), width);
    out.push('\n');
    let mut table =
        Table::new(&["database", ">size", ">seeding", ">commits", ">lost", ">ambig.", ">copies", ">outage"]);
    for d in &report.databases {
        table.row([
            d.name.clone(),
            text::bytes(d.size_bytes),
            ms(d.seeding_ms),
            d.acknowledged_commits.to_string(),
            d.lost_commits.to_string(),
            d.ambiguous_commits.to_string(),
            copies(d.max_writable_copies),
            ms(d.write_outage_ms),
        ]);
    }
    out.push_str(&table.render(width));
    out.push('\n');
    let mut table = Table::new(&["outage of", ">fence", ">drain", ">switch", ">open", ">before", ">during", ">after"]);
    for d in &report.databases {
        table.row([
            d.name.clone(),
            ms(d.outage.fence_ms),
            ms(d.outage.drain_ms),
            ms(d.outage.switch_ms),
            ms(d.outage.open_ms),
            d.commits_before.to_string(),
            d.commits_during.to_string(),
            d.commits_after.to_string(),
        ]);
    }
    out.push_str(&table.render(width));
    out.push('\n');
    last_mile(&mut out, report, width);
    let _ = writeln!(out, "run:     {}\njournal: {}", report.run_id, report.journal);
    out
}

/// What stood in the way, when each milestone was reached, and how long the databases were unprotected.
fn last_mile(out: &mut String, report: &DemoReport, width: usize) {
    if let Some(caught) = &report.caught {
        let head = format!("caught before the cutover, which was refused (exit {}):", caught.exit_code);
        lines(out, &head, width);
        for finding in &caught.findings {
            lines(out, &format!("- {finding}"), width);
        }
        lines(out, &format!("mended by `objects sync`: {}", caught.mended.join(", ")), width);
        out.push('\n');
    }
    if report.last_mile.is_none() && report.time_lapse <= 1 {
        return;
    }
    let mut table = Table::new(&["milestone", "reached (lab time)", ">after"]);
    for r in &report.milestones {
        table.row([milestone(r.milestone).to_owned(), second(&r.at), ms(r.after_ms)]);
    }
    out.push_str(&table.render(width));
    if let Some(m) = &report.last_mile {
        let unprotected = m.unprotected_ms.map_or_else(|| "unknown".to_owned(), ms);
        let line = format!(
            "unprotected for {unprotected}, of it {} copying to the other region; {} through {}",
            ms(m.seeding_ms),
            text::count(m.commits_through_listener as usize, "commit"),
            m.listener
        );
        lines(out, &line, width);
    }
    let lapse = format!(
        "{} of lab time in {}: while large copies and backups were under way, one second was {} seconds of the lab; never while writers were kept out",
        ms(report.lab_ms),
        ms(report.wall_ms),
        report.time_lapse
    );
    lines(out, &lapse, width);
    out.push('\n');
}
