//! Failover groups as JSON and as text.

use super::dto::SCHEMA_VERSION;
use super::fog_notes;
use super::table::Table;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Side;
use crate::rules::fog::ha;
use crate::rules::fog::ha::Local;
use crate::rules::fog::names::connection_strings;
use crate::rules::fog::notes::Notes;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::servers::copies;
use crate::rules::fog::state::Standing;
use serde::Serialize;
use std::fmt::Write;

/// A member as shown.
#[derive(Debug, Clone, Serialize)]
pub struct MemberLine {
    pub site: String,
    pub location: Option<String>,
    pub fqdn: Option<String>,
    /// `primary`, `secondary`; null: no group, or unknown.
    pub role: Option<&'static str>,
    pub replication_state: Option<String>,
    /// Why it could not be read.
    pub unknown: Option<String>,
}

/// A user database as shown.
#[derive(Debug, Clone, Serialize)]
pub struct DatabaseLine {
    pub name: String,
    pub replication_state: Option<String>,
    /// Null: not known, not zero.
    pub lag_s: Option<i64>,
    pub last_acknowledged_s_ago: Option<i64>,
    pub unknown: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct GroupReport {
    pub schema_version: u32,
    pub group: String,
    pub standing: Standing,
    /// Is the data in two regions, as far as can be proven? Null: unknown.
    pub protected: Option<bool>,
    pub primary: Option<String>,
    pub members: Vec<MemberLine>,
    pub databases: Vec<DatabaseLine>,
    /// Databases that the estate file chooses and the group does not hold: not protected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Databases of the group that the estate file does not choose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surplus: Vec<String>,
    pub lag_s: Option<i64>,
    pub read_write_listener: Option<String>,
    pub read_only_listener: Option<String>,
    /// The settings in Azure are those of the estate file. Null: unknown, or no group.
    pub settings_fit: Option<bool>,
    /// Settings in which the members of a standing group differ: nothing carries them over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Row>,
    /// How each member stays available within its region.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub high_availability: Vec<Local>,
    /// What protects against the loss of a region; local availability never does.
    pub regional_protection: Option<&'static str>,
    /// Policy, advice, what is open.
    #[serde(flatten)]
    pub notes: Notes,
    /// What becomes of each chosen database of a logical server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
    /// What stands in the way of a creation; empty once the group is there.
    pub checks: Vec<Row>,
}

fn protected(standing: &Standing, facts: &GroupFacts) -> Option<bool> {
    if !facts.missing().is_empty() {
        return Some(false);
    }
    match standing {
        Standing::InSync { .. } => {
            let mut all = Some(true);
            for d in &facts.databases {
                match &d.row {
                    Fact::Known { value: Some(row) } => {
                        let state = row.state.as_deref().unwrap_or_default().replace(['_', '-'], "");
                        if !state.eq_ignore_ascii_case("catchup") {
                            return Some(false);
                        }
                    }
                    Fact::Known { value: None } => return Some(false),
                    Fact::Unknown { .. } => all = None,
                }
            }
            all
        }
        Standing::OneSided { .. } | Standing::Mixed { .. } | Standing::Unknown { .. } | Standing::Other { .. } => None,
        Standing::None | Standing::Creating { .. } | Standing::Seeding { .. } | Standing::Suspended { .. } => {
            Some(false)
        }
    }
}

pub fn group(
    facts: &GroupFacts,
    standing: &Standing,
    listeners: Option<&(String, String)>,
    settings_fit: Option<bool>,
    checks: Vec<Row>,
) -> GroupReport {
    let member = |side: Side| {
        let m = facts.member(side);
        let view = facts.view(side);
        let seen = view.known().and_then(Option::as_ref);
        MemberLine {
            site: m.site.0.clone(),
            location: m.facts.known().map(|f| f.location.clone()),
            fqdn: m.facts.known().map(|f| f.fqdn.clone()),
            role: seen.and_then(|v| v.is_primary).map(|p| if p { "primary" } else { "secondary" }),
            replication_state: seen.and_then(|v| v.state.clone()),
            unknown: m.facts.why().or(view.why()).map(str::to_owned),
        }
    };
    let databases = facts.databases.iter().map(|d| {
        let row = d.row.known().and_then(Option::as_ref);
        DatabaseLine {
            name: d.name.clone(),
            replication_state: row.and_then(|r| r.state.clone()),
            lag_s: row.and_then(|r| r.lag_s),
            last_acknowledged_s_ago: row.and_then(|r| r.age_s),
            unknown: d.row.why().map(str::to_owned),
        }
    });
    GroupReport {
        schema_version: SCHEMA_VERSION,
        group: facts.name.clone(),
        protected: protected(standing, facts),
        primary: standing.primary().map(|s| facts.member(s).site.0.clone()),
        members: vec![member(Side::A), member(Side::B)],
        databases: databases.collect(),
        missing: facts.missing(),
        surplus: facts.surplus(),
        lag_s: if *standing == Standing::None { None } else { facts.lag_s() },
        read_write_listener: listeners.map(|l| l.0.clone()),
        read_only_listener: listeners.map(|l| l.1.clone()),
        settings_fit,
        drift: Vec::new(),
        high_availability: ha::of_members(facts),
        regional_protection: ha::regional(facts, protected(standing, facts)),
        notes: Notes::default(),
        copies: facts.servers.as_ref().filter(|_| !checks.is_empty()).map_or_else(Vec::new, |p| copies(facts, p)),
        checks,
        standing: standing.clone(),
    }
}

/// Verdict first.
pub fn text(r: &GroupReport, width: usize) -> String {
    let word = match r.protected {
        Some(true) => "protected",
        Some(false) => "NOT protected",
        None => "protection unknown",
    };
    let mut text = format!("{}: {word} · {}\n", r.group, r.standing.sentence());
    for line in fog_notes::open(&r.notes) {
        let _ = writeln!(text, "{line}");
    }
    if !r.missing.is_empty() {
        let _ = writeln!(
            text,
            "PARTIAL: {} chosen and not in the group: {}\n  what to do: milink fog update {} (it says what it will do about each)",
            crate::base::text::count(r.missing.len(), "database"),
            r.missing.join(", "),
            r.group
        );
    }
    if !r.surplus.is_empty() {
        let _ = writeln!(text, "in the group, not in the estate file: {}", r.surplus.join(", "));
    }
    if let Some(primary) = &r.primary {
        let lag = r.lag_s.map_or("unknown".to_owned(), |l| format!("{l} s"));
        let _ = writeln!(text, "primary: {primary}   lag: {lag}");
    }
    if let Some(policy) = fog_notes::policy(&r.notes) {
        let _ = writeln!(text, "{policy}");
    }
    if r.settings_fit == Some(false) {
        let _ = writeln!(text, "the settings in Azure are not those of the estate file: milink fog update {}", r.group);
    }
    let mut members = Table::new(&["member", "region", "role", "state"]);
    for m in &r.members {
        let unknown = m.unknown.clone().map(|why| format!("unknown: {why}"));
        members.row([
            m.site.clone(),
            m.location.clone().unwrap_or_else(|| "unknown".to_owned()),
            m.role.unwrap_or("-").to_owned(),
            unknown.or_else(|| m.replication_state.clone()).unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    text.push_str(&members.render(width));
    if r.standing != Standing::None && !r.databases.is_empty() {
        let mut databases = Table::new(&["database", "state", ">lag s", ">acknowledged s ago"]);
        let number = |n: Option<i64>| n.map_or("unknown".to_owned(), |n| n.to_string());
        for d in &r.databases {
            databases.row([
                d.name.clone(),
                d.unknown
                    .clone()
                    .map(|why| format!("unknown: {why}"))
                    .or_else(|| d.replication_state.clone())
                    .unwrap_or_else(|| "NOT REPLICATED".to_owned()),
                number(d.lag_s),
                number(d.last_acknowledged_s_ago),
            ]);
        }
        text.push_str(&databases.render(width));
    }
    for d in &r.drift {
        let word = if d.status == Status::Unknown { "not compared" } else { "the members differ" };
        let _ = writeln!(text, "{word}: {} ({}): {}", d.id, d.rule, d.found);
    }
    for row in &r.notes.advice {
        let _ = writeln!(text, "{}", fog_notes::advice(row));
    }
    for line in fog_notes::layers(r) {
        let _ = writeln!(text, "{line}");
    }
    for (word, name) in [("read-write", &r.read_write_listener), ("read-only", &r.read_only_listener)] {
        if let Some(name) = name {
            let _ = writeln!(text, "{word} listener: {name}");
        }
    }
    text
}

/// The checklist: what fails or is unknown first, then how many pass.
pub fn checklist(r: &GroupReport, width: usize) -> String {
    let blocking = r.checks.iter().filter(|c| c.blocks()).count();
    let unknown = r.checks.iter().filter(|c| c.status == Status::Unknown && !c.blocks()).count();
    let mut text = match (blocking, unknown) {
        _ if r.checks.is_empty() => return String::new(),
        (0, 0) => format!("{}: ready for a failover group: yes\n", r.group),
        (0, n) => format!("{}: ready for a failover group: yes, as far as is known ({n} UNKNOWN)\n", r.group),
        (n, _) => format!("{}: ready for a failover group: NO ({n} in the way)\n", r.group),
    };
    text.push_str(&rows_table(&r.checks, width));
    for copy in &r.copies {
        let _ = writeln!(text, "{copy}");
    }
    text
}

/// Rows that do not pass, and how many do.
pub fn rows_table(checks: &[Row], width: usize) -> String {
    let mut text = String::new();
    let mut table = Table::new(&["check", "rule", "status", "found", "remedy"]);
    let open: Vec<_> = checks.iter().filter(|c| c.status != Status::Pass).collect();
    for c in &open {
        let word = match (c.status, c.severity) {
            (Status::Waived, _) => "waived",
            (Status::Unknown, _) => "UNKNOWN",
            (_, Severity::Block) => "BLOCKS",
            (_, Severity::Warn) => "warning",
            (_, Severity::Info) => "info",
        };
        table.row([c.id.to_owned(), c.rule.to_owned(), word.to_owned(), c.found.clone(), c.remedy.to_owned()]);
    }
    if !open.is_empty() {
        text.push_str(&table.render(width));
    }
    let _ = writeln!(text, "{} of {} checks pass", checks.len() - open.len(), checks.len());
    text
}

/// Connection strings for the usual drivers, of one database.
pub fn strings(rw: &str, ro: &str, database: &str) -> String {
    let mut text = String::new();
    for (driver, write, read) in connection_strings(rw, ro, database) {
        let _ = writeln!(text, "{driver}\n  read-write: {write}\n  read-only:  {read}");
    }
    text
}
