//! `milink objects diff`.

use super::dto::SCHEMA_VERSION;
use super::table::wrap;
use crate::base::text;
use crate::plan::objects::Difference;
use crate::plan::objects::Standing;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectWord {
    Same,
    Missing,
    Differs,
    /// A person must do it.
    Manual,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectsReport {
    pub schema_version: u32,
    /// What `objects sync` would bring over.
    pub to_sync: usize,
    /// What a person must do.
    pub manual: usize,
    pub objects: Vec<ObjectLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectLine {
    pub source: String,
    pub target: String,
    /// `role`, `login`, `operator`, `linked_server`, `credential`, `job`, `alert`, `proxy`, `mail_profile` or `linked_login`.
    pub kind: String,
    pub name: String,
    pub state: ObjectWord,
    /// What is different, or why nobody else can do it.
    pub details: Vec<String>,
    /// What stays to be done after a sync.
    pub notes: Vec<String>,
}

pub fn report(differences: &[Difference]) -> ObjectsReport {
    let objects: Vec<ObjectLine> = differences.iter().map(line).collect();
    ObjectsReport {
        schema_version: SCHEMA_VERSION,
        to_sync: objects.iter().filter(|o| matches!(o.state, ObjectWord::Missing | ObjectWord::Differs)).count(),
        manual: objects.iter().filter(|o| o.state == ObjectWord::Manual).count(),
        objects,
    }
}

fn line(d: &Difference) -> ObjectLine {
    let (state, details) = match &d.standing {
        Standing::Same => (ObjectWord::Same, Vec::new()),
        Standing::Missing => (ObjectWord::Missing, d.parts.iter().map(crate::plan::objects::Part::words).collect()),
        Standing::Differs(what) => (ObjectWord::Differs, what.clone()),
        Standing::Manual(why) => (ObjectWord::Manual, vec![why.clone()]),
    };
    ObjectLine {
        source: d.source.0.clone(),
        target: d.target.0.clone(),
        kind: d.noun.to_owned(),
        name: d.name.clone(),
        state,
        details,
        notes: d.notes.clone(),
    }
}

pub fn text(report: &ObjectsReport, width: usize) -> String {
    let mut out = String::new();
    let same = report.objects.iter().filter(|o| o.state == ObjectWord::Same).count();
    let _ =
        writeln!(out, "{} to sync, {} by hand, {same} the same", text::count(report.to_sync, "object"), report.manual);
    for o in report.objects.iter().filter(|o| o.state != ObjectWord::Same || !o.notes.is_empty()) {
        let word = match o.state {
            ObjectWord::Same => "same",
            ObjectWord::Missing => "missing",
            ObjectWord::Differs => "differs",
            ObjectWord::Manual => "by hand",
        };
        let details: Vec<&str> = o.details.iter().chain(&o.notes).map(String::as_str).collect();
        let line = format!("{} {} on {}: {}", o.kind.replace('_', " "), o.name, o.target, details.join("; "));
        for (i, part) in wrap(&line, width.saturating_sub(12)).iter().enumerate() {
            let _ = writeln!(out, "  {:<10}{part}", if i == 0 { word } else { "" });
        }
    }
    out
}
