//! What a runbook on a failover group did, and what it leaves to people.

use super::dto::SCHEMA_VERSION;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::plan::types::Plan;
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookReport {
    pub schema_version: u32,
    pub run_id: String,
    /// `change-secondary`, `change-primary`, `rename`, `scale`.
    pub runbook: Option<&'static str>,
    pub group: Option<String>,
    /// How long nothing but backups protected the group; null: it was protected throughout, or it is not known.
    pub unprotected_ms: Option<i64>,
    /// Whether the group was taken away at all.
    pub recreated: bool,
    /// The last step's own words: what came of it, and what is left to do.
    pub note: Option<String>,
}

pub fn of(run: &str, plan: &Plan, records: &[Stored]) -> RunbookReport {
    let fog = plan.fog.as_ref();
    let book = fog.and_then(|f| f.runbook.as_ref());
    let exposed = records.iter().rev().find_map(|r| match &r.record {
        Record::Evidence { step, name, value } if step.kind() == "runbook.end" && name == "exposed" => Some(value),
        _ => None,
    });
    let note = records.iter().rev().find_map(|r| match &r.record {
        Record::StepFinished { step, note, .. } if step.kind() == "runbook.end" => Some(note.clone()),
        _ => None,
    });
    RunbookReport {
        schema_version: SCHEMA_VERSION,
        run_id: run.to_owned(),
        runbook: book.map(|b| b.kind.word()),
        group: fog.map(|f| f.group.clone()),
        unprotected_ms: exposed.and_then(|e| Some(e["until_ms"].as_i64()? - e["from_ms"].as_i64()?)),
        recreated: book.is_some_and(|b| b.kind.recreates()),
        note,
    }
}

pub fn text(r: &RunbookReport) -> String {
    let mut text = String::new();
    let word = r.runbook.unwrap_or("runbook");
    let _ = writeln!(text, "{} of {}: done", word, r.group.as_deref().unwrap_or("?"));
    if r.recreated {
        let lasted = r.unprotected_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        let said = lasted.map_or_else(
            || "for a time that is not known".to_owned(),
            |d| format!("for {}", crate::base::text::duration(d)),
        );
        let _ = writeln!(text, "nothing but backups protected it {said}");
    }
    for line in r
        .note
        .iter()
        .flat_map(|n| n.split("; "))
        .skip(1)
        .filter(|l| !l.starts_with("nothing but") && !l.starts_with("how long"))
    {
        let _ = writeln!(text, "now: {line}");
    }
    text
}
