//! `milink explain`: a row of the error catalogue, of the register of checks, or a topic.

use super::compat::paragraph;
use super::dto::SCHEMA_VERSION;
use super::table::Table;
use crate::rules::checks::case::Purpose;
use crate::rules::checks::registry::Check;
use crate::rules::errors::Entry;
use crate::rules::topics::search::Hit;
use crate::rules::topics::table::Section;
use crate::rules::topics::table::Topic;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;

/// What an error means. All but the first three fields are null or empty where the id is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainReport {
    pub schema_version: u32,
    /// As it was asked.
    pub query: String,
    pub known: bool,
    /// As the catalogue spells it.
    pub id: Option<String>,
    /// Other ids that mean the same.
    pub also: Vec<String>,
    /// `link`, `sql`, `arm`, `state`, `check` or `topic`.
    pub kind: Option<String>,
    pub meaning: Option<String>,
    /// `source`, `target`, `network`, `azure` or `client`.
    pub side: Option<String>,
    /// Statement, command or place that confirms it.
    pub probe: Option<String>,
    pub fix: Option<String>,
    /// Page and date.
    pub source: Option<String>,
    /// Ids that may have been meant.
    pub nearest: Vec<String>,
    /// Of a topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<ExplainSection>,
    /// Of a topic: others that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see: Vec<String>,
}

/// A part of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainSection {
    pub title: String,
    pub text: Option<String>,
    pub points: Vec<String>,
    /// The first row is the head.
    pub table: Vec<Vec<String>>,
    /// To be copied.
    pub statement: Option<String>,
}

/// A line of `--list` or `--search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainLine {
    pub schema_version: u32,
    pub id: String,
    /// As in [`ExplainReport`].
    pub kind: String,
    /// Its title, or the sentence that holds the word.
    pub line: String,
}

/// A row as it is published.
pub fn known(query: &str, entry: &Entry, id: &str) -> ExplainReport {
    let (probe, fix) = entry.general();
    ExplainReport {
        known: true,
        id: Some(id.to_owned()),
        also: entry.id.iter().filter(|other| *other != id).cloned().collect(),
        kind: Some(entry.kind.word().to_owned()),
        meaning: Some(entry.meaning.clone()),
        side: Some(entry.side.word().to_owned()),
        probe: Some(probe),
        fix: Some(fix),
        source: Some(entry.source().to_owned()),
        ..unknown(query, &[])
    }
}

/// A check, as `milink check` names it.
pub fn of_check(query: &str, check: &Check) -> ExplainReport {
    let purposes: Vec<&str> = check.purposes.iter().copied().map(Purpose::word).collect();
    let meaning =
        format!("{}: expected {} ({} for {})", check.title, check.expected, check.severity.word(), purposes.join(", "));
    ExplainReport {
        known: true,
        id: Some(check.id.clone()),
        kind: Some("check".to_owned()),
        meaning: Some(meaning),
        probe: Some(check.reads.clone()),
        fix: Some(check.remedy.clone()),
        source: Some(check.source.clone()),
        ..unknown(query, &[])
    }
}

/// No such row.
pub fn unknown(query: &str, nearest: &[&str]) -> ExplainReport {
    ExplainReport {
        schema_version: SCHEMA_VERSION,
        query: query.to_owned(),
        known: false,
        id: None,
        also: Vec::new(),
        kind: None,
        meaning: None,
        side: None,
        probe: None,
        fix: None,
        source: None,
        nearest: nearest.iter().map(|id| (*id).to_owned()).collect(),
        sections: Vec::new(),
        see: Vec::new(),
    }
}

/// A topic: what is asked about a whole thing, not about an error.
pub fn of_topic(query: &str, topic: &Topic) -> ExplainReport {
    let section = |s: &Section| ExplainSection {
        title: s.title.clone(),
        text: s.text.clone(),
        points: s.points.clone(),
        table: s.table.clone(),
        statement: s.statement.clone(),
    };
    ExplainReport {
        known: true,
        id: Some(topic.id.clone()),
        also: topic.also.clone(),
        kind: Some("topic".to_owned()),
        meaning: Some(format!("{}. {}", topic.title, topic.text)),
        source: Some(topic.sources().join("; ")),
        sections: topic.section.iter().map(section).collect(),
        see: topic.see.clone(),
        ..unknown(query, &[])
    }
}

/// `--list`.
pub fn listed(topics: &[Topic]) -> Vec<ExplainLine> {
    let line = |t: &Topic| ExplainLine {
        schema_version: SCHEMA_VERSION,
        id: t.id.clone(),
        kind: "topic".to_owned(),
        line: t.title.clone(),
    };
    topics.iter().map(line).collect()
}

/// `--search`.
pub fn hits(found: &[Hit]) -> Vec<ExplainLine> {
    let line = |h: &Hit| ExplainLine {
        schema_version: SCHEMA_VERSION,
        id: h.id.to_owned(),
        kind: h.kind.to_owned(),
        line: h.line.clone(),
    };
    found.iter().map(line).collect()
}

pub fn lines(lines: &[ExplainLine], width: usize) -> String {
    let mut table = Table::new(&["explain", "kind", ""]);
    for l in lines {
        table.row([l.id.clone(), l.kind.clone(), l.line.clone()]);
    }
    table.render(width)
}

/// What a topic has to say below its first lines.
fn sections(out: &mut String, r: &ExplainReport, width: usize) {
    for s in &r.sections {
        let _ = write!(out, "\n{}\n", s.title);
        if let Some(text) = &s.text {
            paragraph(out, "  ", text, width);
        }
        if let Some((head, rows)) = s.table.split_first() {
            let heads: Vec<&str> = head.iter().map(String::as_str).collect();
            let mut table = Table::new(&heads);
            for row in rows {
                table.row(row.clone());
            }
            out.push_str(&table.render(width));
        }
        for point in &s.points {
            let mut text = String::new();
            paragraph(&mut text, "    ", point, width);
            text.replace_range(..4, "  - ");
            out.push_str(&text);
        }
        if let Some(statement) = &s.statement {
            // Never wrapped: it is copied.
            for line in statement.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    if !r.sections.is_empty() {
        out.push('\n');
    }
}

/// The meaning first.
pub fn text(r: &ExplainReport, width: usize) -> String {
    let mut out = String::new();
    let or = |t: &Option<String>| t.clone().unwrap_or_default();
    paragraph(&mut out, "", &format!("{}: {}", or(&r.id), or(&r.meaning)), width);
    sections(&mut out, r, width);
    let lines = [
        ("at fault", or(&r.side)),
        ("confirm", or(&r.probe)),
        ("fix", or(&r.fix)),
        ("same as", r.also.join(", ")),
        ("see", r.see.iter().map(|id| format!("milink explain {id}")).collect::<Vec<_>>().join(", ")),
        ("source", or(&r.source)),
    ];
    for (name, line) in lines.iter().filter(|(_, line)| !line.is_empty()) {
        paragraph(&mut out, "  ", &format!("{name}: {line}"), width);
    }
    out
}
