//! The evidence of a run as Markdown.

use super::evidence::Evidence;
use crate::base::text;
use std::fmt::Write;
use std::time::Duration;

/// A cell: no line break, no bar that would end it.
fn cell(text: &str) -> String {
    crate::base::text::one_line(text).replace('|', "\\|")
}

fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

pub fn render(e: &Evidence) -> String {
    let s = &e.summary;
    let mut out = format!("# {}\n\n**{}**\n\n", s.run_id, e.verdict());
    let _ = writeln!(out, "| | |\n|---|---|");
    for (name, value) in facts(e) {
        let _ = writeln!(out, "| {name} | {} |", cell(&value));
    }
    if !e.outages.is_empty() {
        out.push_str("\n## Outage, as the run saw it\n\n| link | kept out | fence | drain | switch | open |\n|---|---|---|---|---|---|\n");
        for o in &e.outages {
            let kept = o.barred_ms.map_or("never opened".to_owned(), ms);
            let p = o.split;
            let _ = writeln!(
                out,
                "| {} | {kept} | {} | {} | {} | {} |",
                cell(&o.link),
                ms(p.fence_ms),
                ms(p.drain_ms),
                ms(p.switch_ms),
                ms(p.open_ms)
            );
        }
    }
    if !e.gates.is_empty() {
        out.push_str("\n## Gates\n\n| link | gate | | expected | found |\n|---|---|---|---|---|\n");
        for g in &e.gates {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                cell(&g.link),
                cell(&g.gate),
                passed(g.pass),
                cell(&g.expected),
                cell(&g.found)
            );
        }
    }
    out.push_str("\n## Steps\n\n| after | step | took | | note |\n|---|---|---|---|---|\n");
    for b in &e.bars {
        let took = b.to_ms.saturating_sub(b.from_ms);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            ms(b.from_ms),
            cell(&b.step),
            ms(took),
            Evidence::word(b),
            cell(&b.note)
        );
    }
    if !e.proofs.is_empty() {
        out.push_str("\n## Proven\n\n| step | what | value |\n|---|---|---|\n");
        for p in &e.proofs {
            let _ = writeln!(out, "| {} | {} | `{}` |", cell(&p.step), cell(&p.name), cell(&p.value.to_string()));
        }
    }
    out.push_str("\n## Sent\n\n| at | step | to | result | statement or request |\n|---|---|---|---|---|\n");
    for c in &e.changes {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | `{}` |",
            cell(&c.at),
            cell(&c.step),
            cell(&c.site),
            cell(&c.result),
            cell(&c.shown)
        );
    }
    out.push_str(
        "\n## Signed\n\n| | name | date |\n|---|---|---|\n| ran it | | |\n| witnessed it | | |\n| accepts it | | |\n",
    );
    out
}

/// `yes`, `NO`, `unknown`.
pub(super) fn passed(pass: Option<bool>) -> &'static str {
    match pass {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "unknown",
    }
}

/// The head's rows.
pub(super) fn facts(e: &Evidence) -> Vec<(&'static str, String)> {
    let s = &e.summary;
    let resumed = if s.resumes == 0 { "no".to_owned() } else { format!("{} times", s.resumes) };
    let mut facts = vec![
        ("kind", s.kind.clone()),
        ("began", s.started_at.clone()),
        ("last record", s.last_at.clone()),
        ("by", format!("{}@{}", s.user, s.host)),
        ("milink", s.version.clone()),
        ("taken up again", resumed),
        ("records", s.records.to_string()),
    ];
    if let Some(budget) = e.budget_ms {
        facts.push(("budget before L1", ms(budget)));
    }
    facts.extend(super::recovery::facts(e));
    for (line, at) in &e.lines {
        facts.push((if line == "L1" { "line L1 after" } else { "line L2 after" }, ms(*at)));
    }
    facts
}
