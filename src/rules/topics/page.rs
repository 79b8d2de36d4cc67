//! `docs/explain.md`, made from the topics.

use super::table;
use super::table::Topic;
use std::fmt::Write;

const HEAD: &str = "# Topics\n\n\
Made from `src/rules/topics.toml`; `MILINK_WRITE_DOCS=1 cargo test --lib topics` writes it anew.\n\n\
`milink explain TOPIC` prints one, `milink explain --list` names them all, `milink explain --search WORD` finds topics, checks \
and errors that hold a word. `milink explain` also knows numbers of SQL Server, codes of Azure, states of a link and the ids of \
checks.\n";

/// The whole page.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for topic in table::all() {
        one(&mut page, topic);
    }
    page
}

fn one(page: &mut String, t: &Topic) {
    let _ = write!(page, "\n## `{}`\n\n**{}.** {}\n", t.id, t.title, t.text);
    for s in &t.section {
        let _ = write!(page, "\n### {}: {}\n", t.id, s.title);
        if let Some(text) = &s.text {
            let _ = write!(page, "\n{text}\n");
        }
        if let Some((head, rows)) = s.table.split_first() {
            let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
            let _ = write!(page, "\n{}|{}\n", line(head), "---|".repeat(head.len()));
            for row in rows {
                page.push_str(&line(row));
            }
        }
        if !s.points.is_empty() {
            page.push('\n');
            for point in &s.points {
                let _ = writeln!(page, "- {point}");
            }
        }
        if let Some(statement) = &s.statement {
            let _ = write!(page, "\n```sql\n{statement}\n```\n");
        }
    }
    if !t.also.is_empty() {
        let _ = write!(page, "\nAlso: {}.\n", t.also.join(", "));
    }
    if !t.see.is_empty() {
        let _ = write!(page, "\nSee: {}.\n", t.see.join(", "));
    }
    let _ = write!(page, "\nSources: {}.\n", t.sources().join("; "));
}
