//! `milink explain`: a row of the error catalogue, or of the register of checks.

use super::compat::paragraph;
use super::dto::SCHEMA_VERSION;
use crate::rules::checks::case::Purpose;
use crate::rules::checks::registry::Check;
use crate::rules::errors::Entry;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

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
    /// `link`, `sql`, `arm`, `state` or `check`.
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
    }
}

/// The meaning first.
pub fn text(r: &ExplainReport, width: usize) -> String {
    let mut out = String::new();
    let or = |t: &Option<String>| t.clone().unwrap_or_default();
    paragraph(&mut out, "", &format!("{}: {}", or(&r.id), or(&r.meaning)), width);
    let lines = [
        ("at fault", or(&r.side)),
        ("confirm", or(&r.probe)),
        ("fix", or(&r.fix)),
        ("same as", r.also.join(", ")),
        ("source", or(&r.source)),
    ];
    for (name, line) in lines.iter().filter(|(_, line)| !line.is_empty()) {
        paragraph(&mut out, "  ", &format!("{name}: {line}"), width);
    }
    out
}
