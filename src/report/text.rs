//! The public types as text for people. Pure; `width` is the most characters a line may have.

use super::dto::DemoReport;
use super::dto::LinkLine;
use super::dto::LinkOutage;
use super::dto::Milestone;
use super::dto::Outcome;
use super::dto::RunStatus;
use super::dto::RunSummary;
use super::dto::StepWord;
use super::table::Table;
use super::table::wrap;
use crate::base::text;
use std::fmt::Write;
use std::time::Duration;

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
    let _ = writeln!(out, "run:     {}\njournal: {}", report.run_id, report.journal);
    out
}

/// How long each link's application was kept out.
pub fn outages(outages: &[LinkOutage], width: usize) -> String {
    let mut table = Table::new(&["link", ">kept out", ">fence", ">drain", ">switch", ">open"]);
    for o in outages {
        table.row([
            o.link.clone(),
            o.barred_ms.map_or_else(|| "-".to_owned(), ms),
            ms(o.split.fence_ms),
            ms(o.split.drain_ms),
            ms(o.split.switch_ms),
            ms(o.split.open_ms),
        ]);
    }
    table.render(width)
}

/// One line a run; its name holds its time.
pub fn runs(runs: &[RunSummary], width: usize) -> String {
    let mut table = Table::new(&["run", "status", ">steps", "lines", "by"]);
    for r in runs {
        table.row([
            r.run_id.clone(),
            status(r).to_owned(),
            r.steps.len().to_string(),
            r.lines.join(" "),
            format!("{}@{}", r.user, r.host),
        ]);
    }
    table.render(width)
}

/// One run with its steps.
pub fn run(run: &RunSummary, width: usize) -> String {
    let mut out = String::new();
    let crossed =
        if run.lines.is_empty() { "no line crossed".into() } else { format!("crossed {}", run.lines.join(", ")) };
    let open = match run.open_changes {
        0 => String::new(),
        n => format!(", {} with unknown fate", text::count(n, "change")),
    };
    lines(&mut out, &format!("{}: {}, {crossed}{open}", run.run_id, status(run)), width);
    let resumed = if run.resumes == 0 { String::new() } else { format!(", resumed {} times", run.resumes) };
    let started = format!(
        "{} by {}@{} with milink {}{resumed}; {}, last {}",
        second(&run.started_at),
        run.user,
        run.host,
        run.version,
        text::count(run.records, "record"),
        second(&run.last_at)
    );
    lines(&mut out, &format!("started {started}"), width);
    out.push('\n');
    let mut table = Table::new(&["step", "status", ">tries", ">took", "note"]);
    for s in &run.steps {
        let took = s.duration_ms.map(ms).unwrap_or_default();
        table.row([s.step.clone(), step_word(s.status).to_owned(), s.attempts.to_string(), took, s.note.clone()]);
    }
    out.push_str(&table.render(width));
    out
}

/// One line a link.
pub fn links(links: &[LinkLine], width: usize) -> String {
    let mut table = Table::new(&["link", "database", "from", "to", "milestone", ">lag", ">copies", "state"]);
    for l in links {
        table.row([
            l.link.clone(),
            l.database.clone(),
            l.source.clone(),
            l.target.clone(),
            l.milestone.map_or("unknown", milestone).to_owned(),
            l.lag_ms.map_or_else(|| "-".into(), ms),
            copies(l.writable_copies),
            l.state.clone(),
        ]);
    }
    table.render(width)
}

fn lines(out: &mut String, text: &str, width: usize) {
    for line in wrap(text, width) {
        out.push_str(&line);
        out.push('\n');
    }
}

fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

fn copies(n: Option<u32>) -> String {
    n.map_or_else(|| "unknown".into(), |n| n.to_string())
}

/// RFC 3339 in UTC, cut to the second: `2026-11-21 10:15:00 UTC`.
fn second(at: &str) -> String {
    at.get(..19).map_or_else(|| at.to_owned(), |at| format!("{} UTC", at.replace('T', " ")))
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Committed => "committed",
        Outcome::RolledBack => "rolled back",
    }
}

fn milestone(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::None => "none",
        Milestone::Linked => "linked",
        Milestone::CutOver => "cut_over",
        Milestone::Unlinked => "unlinked",
        Milestone::Protected => "protected",
    }
}

fn status(run: &RunSummary) -> &'static str {
    match run.status {
        RunStatus::Open => "open",
        RunStatus::Committed => "committed",
        RunStatus::RolledBack => "rolled back",
    }
}

fn step_word(word: StepWord) -> &'static str {
    match word {
        StepWord::NotStarted => "not started",
        StepWord::Started => "started",
        StepWord::Done => "done",
        StepWord::AlreadyDone => "found done",
        StepWord::Skipped => "skipped",
        StepWord::Failed => "failed",
        StepWord::Undoing => "undoing",
        StepWord::Undone => "undone",
    }
}
