//! `milink link probe`.

use super::dto::SCHEMA_VERSION;
use crate::model::proof::Attempt;
use crate::model::proof::Tried;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbeWord {
    /// Every port answered, both ways.
    Proven,
    /// Some port did not answer.
    Closed,
    /// Something could not be tried.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    pub schema_version: u32,
    pub verdict: ProbeWord,
    pub run: String,
    pub tried: Vec<ProbeLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeLine {
    /// Server whose Agent tried.
    pub from: String,
    pub to: String,
    pub host: String,
    pub port: u16,
    /// Null: not known.
    pub open: Option<bool>,
    /// Address that the name led to.
    pub address: Option<String>,
    pub note: Option<String>,
}

pub fn report(run: &str, attempts: &[Attempt]) -> ProbeReport {
    let line = |a: &Attempt, t: &Tried| ProbeLine {
        from: a.from.0.clone(),
        to: a.to.0.clone(),
        host: t.host.clone(),
        port: t.port,
        open: t.is_open,
        address: t.address.clone(),
        note: t.note.clone(),
    };
    let tried: Vec<ProbeLine> = attempts.iter().flat_map(|a| a.tried.iter().map(|t| line(a, t))).collect();
    let verdict = if tried.iter().any(|t| t.open == Some(false)) {
        ProbeWord::Closed
    } else if tried.is_empty() || tried.iter().any(|t| t.open.is_none()) {
        ProbeWord::Unknown
    } else {
        ProbeWord::Proven
    };
    ProbeReport { schema_version: SCHEMA_VERSION, verdict, run: run.to_owned(), tried }
}

pub fn text(r: &ProbeReport) -> String {
    let head = match r.verdict {
        ProbeWord::Proven => "the network is proven from both sides",
        ProbeWord::Closed => "NOT REACHED: a port does not answer",
        ProbeWord::Unknown => "not proven: something could not be tried",
    };
    let mut all = format!("{head}\n");
    for t in &r.tried {
        let word = match t.open {
            Some(true) => "open",
            Some(false) => "CLOSED",
            None => "unknown",
        };
        let led = t.address.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        let note = t.note.as_ref().map(|n| format!(": {n}")).unwrap_or_default();
        let _ = writeln!(all, "  {} -> {} {}:{}{led} {word}{note}", t.from, t.to, t.host, t.port);
    }
    all
}
