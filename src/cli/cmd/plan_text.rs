//! A plan and a link as text.

use crate::base::error::Result;
use crate::cli::args::Format;
use crate::cli::output::Printer;
use crate::inventory::link::End;
use crate::inventory::link::LinkFacts;
use crate::plan::types::Plan;
use std::fmt::Write;

/// The plan: JSON, the exact calls in order (`--script`), or a numbered list.
pub(super) fn show(plan: &Plan, script: bool, printer: &mut Printer) -> Result<()> {
    if printer.format() != Format::Table {
        return printer.json(plan);
    }
    printer.data(&if script { calls(plan) } else { list(plan) })
}

/// Statements and requests in order, each with where it goes.
fn calls(plan: &Plan) -> String {
    let mut text = String::new();
    for step in plan.steps() {
        let _ = writeln!(text, "-- {} on {}: {}", step.id, step.site, step.summary);
        if let Some(line) = step.crosses {
            let _ = writeln!(text, "-- line {line:?}");
        }
        for call in &step.preview {
            let _ = writeln!(text, "{}", call.trim_end());
        }
        text.push('\n');
    }
    text
}

fn list(plan: &Plan) -> String {
    let mut text = String::new();
    for (n, step) in plan.steps().enumerate() {
        let line = step.crosses.map_or(String::new(), |l| format!(" [line {l:?}]"));
        let _ = writeln!(text, "{:>3}. {}{line}", n + 1, step.summary);
        let _ = writeln!(text, "     undo: {}", step.undo);
    }
    text
}

/// A link, both ends side by side.
pub(super) fn link(f: &LinkFacts) -> String {
    let mut text = format!("{}: {} -> {}, database {}\n", f.name, f.source.site, f.target.site, f.database);
    let copies = f.writable_copies().map_or("unknown".to_owned(), |n| n.to_string());
    let _ = writeln!(text, "milestone: {}   writable copies: {copies}", f.milestone().unwrap_or("unknown"));
    let _ = writeln!(text, "azure:     {}", f.sentence());
    for (word, end) in [("source", &f.source), ("target", &f.target)] {
        let _ = writeln!(text, "{word}:    {}", end_line(end));
        for row in end.rows.known().into_iter().flatten() {
            let _ = writeln!(
                text,
                "    {} {}: {}, end of log {}, hardened {}, redone {}",
                if row.is_local { "own row of" } else { "row for" },
                row.replica.as_deref().unwrap_or("?"),
                row.sync_state.as_ref().map_or("?", |s| s.as_str()),
                lsn(row.end_of_log_lsn),
                lsn(row.last_hardened_lsn),
                lsn(row.last_redone_lsn),
            );
        }
    }
    text
}

fn end_line(end: &End) -> String {
    match (end.access.known(), end.access.why()) {
        (Some(None), _) => format!("{}: no such database", end.site),
        (Some(Some(a)), _) => format!(
            "{}: {}, {}, {}",
            end.site,
            a.state,
            a.updateability.as_ref().map_or("updateability unknown", |u| u.as_str()),
            match end.writable() {
                Some(true) => "an application login could write",
                Some(false) => "no application login could write",
                None => "who could write is unknown",
            }
        ),
        (None, why) => format!("{}: unknown: {}", end.site, why.unwrap_or("not read")),
    }
}

fn lsn(l: Option<crate::model::lsn::Lsn>) -> String {
    l.map_or("NULL".to_owned(), |l| l.to_string())
}
