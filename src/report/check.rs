//! `milink check`: the verdict in the first line of each link, then what it rests on, worst first.

use super::dto::SCHEMA_VERSION;
use super::table::wrap;
use crate::base::text;
use crate::rules::checks::registry::Severity;
use crate::rules::checks::verdict::Finding;
use crate::rules::checks::verdict::Forced;
use crate::rules::checks::verdict::Readiness;
use crate::rules::checks::verdict::Status;
use crate::rules::checks::verdict::Verdict;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    Ready,
    NotReady,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    Fail,
    Unknown,
    Waived,
    Pass,
    NotApplicable,
}

/// Every link that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    pub schema_version: u32,
    /// The worst of the links: `not_ready`, else `unknown`, else `ready`.
    pub verdict: CheckVerdict,
    pub links: Vec<LinkCheck>,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkCheck {
    pub link: String,
    pub database: String,
    pub source: String,
    pub target: String,
    /// `create`, `cutover`, `failback`, `forced` or `operate`.
    pub purpose: String,
    pub verdict: CheckVerdict,
    /// Failed checks that block.
    pub blocking: usize,
    /// Blocking checks that could not be judged.
    pub unknown: usize,
    pub warnings: usize,
    pub waived: usize,
    pub forced_failover: ForcedFailover,
    pub expected_outage: ExpectedOutage,
    /// Worst first.
    pub checks: Vec<CheckLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForcedFailover {
    /// Null: not known.
    pub possible: Option<bool>,
    /// Commits that would be lost, as time; null: not known.
    pub loss_ms: Option<u64>,
    /// Why not, or why it is not known.
    pub why: Option<String>,
}

/// Of earlier cutovers between the same two servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedOutage {
    /// Null: never measured.
    pub ms: Option<u64>,
    pub spread_ms: Option<u64>,
    pub samples: usize,
    /// What the policy allows.
    pub budget_ms: u64,
}

/// One check's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckLine {
    pub id: String,
    pub title: String,
    pub status: CheckStatus,
    /// `block`, `warn` or `info`.
    pub severity: String,
    /// What was read, and where.
    pub reads: String,
    pub expected: String,
    /// What was found, or why it is not known.
    pub found: String,
    /// Null where there is nothing to mend.
    pub remedy: Option<String>,
    /// T-SQL that mends it as it stands; null where the remedy is no statement.
    pub statement: Option<StatementLine>,
    pub source: String,
    /// Reason of the waiver, if it was waived.
    pub waiver: Option<String>,
}

/// A statement, and where to run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatementLine {
    /// Name of a source or target of the estate.
    pub site: String,
    /// In `master`.
    pub sql: String,
}

/// Names and numbers that do not come from the verdict.
#[derive(Debug, Clone)]
pub struct Subject {
    pub link: String,
    pub database: String,
    pub source: String,
    pub target: String,
    /// Mean, spread, samples.
    pub outage: Option<(u64, u64, usize)>,
    pub budget_ms: u64,
}

pub fn report(links: Vec<(Subject, &Verdict)>) -> CheckReport {
    let links: Vec<LinkCheck> = links.into_iter().map(|(subject, verdict)| link(subject, verdict)).collect();
    let any = |v: CheckVerdict| links.iter().any(|l| l.verdict == v);
    let verdict = match (any(CheckVerdict::NotReady), any(CheckVerdict::Unknown)) {
        (true, _) => CheckVerdict::NotReady,
        (false, true) => CheckVerdict::Unknown,
        (false, false) => CheckVerdict::Ready,
    };
    CheckReport { schema_version: SCHEMA_VERSION, verdict, links }
}

fn link(s: Subject, v: &Verdict) -> LinkCheck {
    let outage = s.outage;
    LinkCheck {
        link: s.link,
        database: s.database,
        source: s.source,
        target: s.target,
        purpose: v.purpose.word().to_owned(),
        verdict: match v.readiness {
            Readiness::Ready => CheckVerdict::Ready,
            Readiness::NotReady => CheckVerdict::NotReady,
            Readiness::Unknown => CheckVerdict::Unknown,
        },
        blocking: v.blocking(),
        unknown: v.unknown(),
        warnings: v.warnings(),
        waived: v.waived(),
        forced_failover: match &v.forced {
            Forced::Possible(loss_ms) => ForcedFailover { possible: Some(true), loss_ms: *loss_ms, why: None },
            Forced::Impossible(why) => ForcedFailover { possible: Some(false), loss_ms: None, why: Some(why.clone()) },
            Forced::Unknown(why) => ForcedFailover { possible: None, loss_ms: None, why: Some(why.clone()) },
        },
        expected_outage: ExpectedOutage {
            ms: outage.map(|o| o.0),
            spread_ms: outage.map(|o| o.1),
            samples: outage.map_or(0, |o| o.2),
            budget_ms: s.budget_ms,
        },
        checks: v.findings.iter().map(line).collect(),
    }
}

fn line(f: &Finding) -> CheckLine {
    let (status, mend) = match f.status {
        Status::Fail => (CheckStatus::Fail, true),
        Status::Unknown => (CheckStatus::Unknown, true),
        Status::Waived => (CheckStatus::Waived, true),
        Status::Pass => (CheckStatus::Pass, false),
        Status::NotApplicable => (CheckStatus::NotApplicable, false),
    };
    CheckLine {
        id: f.check.id.clone(),
        title: f.check.title.clone(),
        status,
        severity: f.check.severity.word().to_owned(),
        reads: f.check.reads.clone(),
        expected: f.check.expected.clone(),
        found: f.found.clone(),
        remedy: mend.then(|| f.remedy.clone()),
        statement: f.statement.clone().map(|(site, sql)| StatementLine { site: site.to_string(), sql }),
        source: f.check.source.clone(),
        waiver: f.waiver.clone(),
    }
}

/// The verdict of one link, in one line.
pub fn first_line(l: &LinkCheck) -> String {
    let ready = match l.verdict {
        CheckVerdict::Ready => match (l.warnings, l.waived) {
            (0, 0) => "YES".to_owned(),
            (w, 0) => format!("YES ({})", text::count(w, "warning")),
            (0, w) => format!("YES ({w} waived)"),
            (a, b) => format!("YES ({}, {b} waived)", text::count(a, "warning")),
        },
        _ => format!("NO ({} blocking, {} unknown)", l.blocking, l.unknown),
    };
    let f = &l.forced_failover;
    let forced = match (f.possible, f.loss_ms) {
        (Some(true), Some(ms)) => format!("possible, loss ≈ {}", seconds(ms)),
        (Some(true), None) => "possible, loss not known".to_owned(),
        (Some(false), _) => format!("not possible, {}", f.why.as_deref().unwrap_or_default()),
        (None, _) => "not known".to_owned(),
    };
    let o = &l.expected_outage;
    let budget = text::duration(Duration::from_millis(o.budget_ms));
    let outage = match (o.ms, o.spread_ms, o.samples) {
        (Some(ms), _, 1) => format!("{} (one cutover) of {budget}", seconds(ms)),
        (Some(ms), Some(spread), _) => format!("{} ± {} of {budget}", seconds(ms), seconds(spread)),
        _ => format!("not measured, of {budget}"),
    };
    let what = match l.purpose.as_str() {
        "forced" => "forced failover",
        "operate" => "operation",
        other => other,
    };
    format!("{}: ready for {what}: {ready} · forced failover: {forced} · expected outage {outage}", l.link)
}

fn seconds(ms: u64) -> String {
    if ms < 10_000 { format!("{}.{} s", ms / 1000, ms % 1000 / 100) } else { text::duration(Duration::from_millis(ms)) }
}

/// `all`: passed checks too.
pub fn text(report: &CheckReport, width: usize, all: bool) -> String {
    let mut out = String::new();
    for l in &report.links {
        // One line, whatever the width: it is what is read aloud, and what is searched for.
        let _ = writeln!(out, "{}", first_line(l));
        for c in &l.checks {
            evidence(&mut out, c, width, all);
        }
        let passed = l.checks.iter().filter(|c| c.status == CheckStatus::Pass).count();
        let skipped = l.checks.iter().filter(|c| c.status == CheckStatus::NotApplicable).count();
        let _ = writeln!(out, "  {} passed, {skipped} not applicable", text::count(passed, "check"));
    }
    out
}

fn evidence(out: &mut String, c: &CheckLine, width: usize, all: bool) {
    let word = match (c.status, c.severity.as_str()) {
        (CheckStatus::Fail, severity) => severity,
        (CheckStatus::Unknown, severity) if severity == Severity::Block.word() => "UNKNOWN",
        (CheckStatus::Unknown, _) => "unknown",
        (CheckStatus::Waived, _) => "waived",
        (CheckStatus::Pass, _) if all => "ok",
        (CheckStatus::NotApplicable, _) if all => "n/a",
        _ => return,
    };
    let word = if c.status == CheckStatus::Fail && c.severity == Severity::Block.word() { "BLOCK" } else { word };
    let mut indented = |first: &str, rest: &str, text: &str| {
        for (i, line) in wrap(text, width.saturating_sub(12)).iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if i == 0 { first } else { rest });
        }
    };
    let pad = " ".repeat(12);
    let what = match c.status {
        CheckStatus::Pass | CheckStatus::NotApplicable => format!("{}: {}", c.id, c.found),
        CheckStatus::Unknown => format!("{}: {}: not known: {}", c.id, c.title, c.found),
        _ => format!("{}: {}: no, found {}; expected {}", c.id, c.title, c.found, c.expected),
    };
    indented(&format!("  {word:<10}"), &pad, &what);
    if let Some(reason) = &c.waiver {
        indented(&pad, &pad, &format!("waived: {reason}"));
    } else if let Some(remedy) = &c.remedy {
        // A statement that is the whole remedy is said once, with its place.
        if c.statement.as_ref().is_none_or(|s| s.sql != *remedy) {
            indented(&pad, &pad, &format!("remedy: {remedy}"));
        }
        if let Some(s) = &c.statement {
            indented(&pad, &pad, &format!("on {}: {}", s.site, s.sql));
        }
    }
}
