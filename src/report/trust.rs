//! Certificates and endpoints: public JSON and text.

use super::table::Table;
use super::table::wrap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ready,
    NotReady,
    /// Something could not be judged: never a pass.
    Unknown,
}

/// A certificate that a link rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateLine {
    pub site: String,
    pub name: String,
    pub role: String,
    /// `YYYY-MM-DD`, UTC. Null: unknown.
    pub valid_until: Option<String>,
    /// Negative: it has ended.
    pub days_left: Option<i64>,
    /// SHA-1 as SQL Server shows it, upper-case hex.
    pub sha1: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustFinding {
    pub id: String,
    /// Null: unknown.
    pub pass: Option<bool>,
    pub expected: String,
    pub found: String,
    pub hint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustPair {
    pub source: String,
    pub target: String,
    pub findings: Vec<TrustFinding>,
}

/// Does each side know the other?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrustReport {
    pub schema_version: u32,
    pub verdict: Verdict,
    pub pairs: Vec<TrustPair>,
}

/// The mirroring endpoint of a SQL Server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointLine {
    pub site: String,
    /// Null: none, or unknown (`why` says which).
    pub name: Option<String>,
    pub state: Option<String>,
    pub port: Option<i32>,
    pub role: Option<String>,
    pub authentication: Option<String>,
    pub encryption: Option<String>,
    pub certificate: Option<String>,
    /// Fit for a link; null: unknown.
    pub fit: Option<bool>,
    pub why: String,
}

pub fn certificates(lines: &[CertificateLine], width: usize) -> String {
    let mut table = Table::new(&["certificate", "on", "role", "valid until", ">days"]);
    for c in lines {
        table.row([
            c.name.clone(),
            c.site.clone(),
            c.role.clone(),
            c.valid_until.clone().unwrap_or_else(|| "unknown".to_owned()),
            c.days_left.map_or_else(|| "?".to_owned(), |d| d.to_string()),
        ]);
    }
    table.render(width)
}

/// The verdict first, then what it rests on.
pub fn verdict(report: &TrustReport, width: usize) -> String {
    let mut out = String::new();
    for pair in &report.pairs {
        let bad = pair.findings.iter().filter(|f| f.pass == Some(false)).count();
        let unknown = pair.findings.iter().filter(|f| f.pass.is_none()).count();
        let word = match (bad, unknown) {
            (0, 0) => "each side knows the other".to_owned(),
            _ => format!("NOT ready ({bad} failed, {unknown} unknown)"),
        };
        let _ = writeln!(out, "{} and {}: {word}", pair.source, pair.target);
        let mut table = Table::new(&["check", "", "found"]);
        for f in &pair.findings {
            table.row([f.id.as_str(), word_of(f.pass), &f.found]);
        }
        out.push_str(&table.render(width));
        for f in pair.findings.iter().filter(|f| f.pass != Some(true)) {
            for line in wrap(&format!("{}: expected {}; {}", f.id, f.expected, f.hint), width) {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

fn word_of(pass: Option<bool>) -> &'static str {
    match pass {
        Some(true) => "ok",
        Some(false) => "FAILED",
        None => "unknown",
    }
}

pub fn endpoints(lines: &[EndpointLine], width: usize) -> String {
    let mut table = Table::new(&["source", "endpoint", "state", ">port", "authentication", "encryption", "fit"]);
    for e in lines {
        let or = |text: &Option<String>| text.clone().unwrap_or_default();
        let fit = match e.fit {
            Some(true) => "yes".to_owned(),
            Some(false) => format!("NO: {}", e.why),
            None => format!("unknown: {}", e.why),
        };
        let port = e.port.map_or_else(String::new, |p| p.to_string());
        table.row([e.site.clone(), or(&e.name), or(&e.state), port, or(&e.authentication), or(&e.encryption), fit]);
    }
    table.render(width)
}
