//! The public types as text for people. Pure; `width` is the most characters a line may have.

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
use std::time::Duration;

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

pub(super) fn lines(out: &mut String, text: &str, width: usize) {
    for line in wrap(text, width) {
        out.push_str(&line);
        out.push('\n');
    }
}

pub(super) fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

pub(super) fn copies(n: Option<u32>) -> String {
    n.map_or_else(|| "unknown".into(), |n| n.to_string())
}

/// RFC 3339 in UTC, cut to the second: `2026-11-21 10:15:00 UTC`.
pub(super) fn second(at: &str) -> String {
    at.get(..19).map_or_else(|| at.to_owned(), |at| format!("{} UTC", at.replace('T', " ")))
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Committed => "committed",
        Outcome::RolledBack => "rolled back",
    }
}

pub(super) fn milestone(milestone: Milestone) -> &'static str {
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
