//! A snapshot for people and for scripts. Pure.

use super::dto::SCHEMA_VERSION;
use super::table::Table;
use crate::base::text;
use crate::monitor::aged::Aged;
use crate::monitor::aged::Freshness;
use crate::monitor::history::Ring;
use crate::monitor::snapshot::CollectorSnapshot;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::SeedingPhase;
use crate::monitor::snapshot::Snapshot;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

/// The JSON of `watch` and of `/api/v1/links`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct WatchReport<'a> {
    pub schema_version: u32,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub at: OffsetDateTime,
    pub cycle: u64,
    pub sentence: &'a str,
    /// Null: nothing was waited for.
    pub until: Option<Until>,
    pub links: Vec<&'a LinkSnapshot>,
    pub collectors: &'a [CollectorSnapshot],
}

/// What was waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Until {
    pub condition: String,
    /// On every link, by values that are fresh.
    pub reached: bool,
    /// Links for which it cannot be told.
    pub unknown: Vec<String>,
}

pub fn report(snapshot: &Snapshot, until: Option<Until>) -> WatchReport<'_> {
    WatchReport {
        schema_version: SCHEMA_VERSION,
        at: snapshot.at,
        cycle: snapshot.cycle,
        sentence: &snapshot.sentence,
        until,
        links: snapshot.links.iter().collect(),
        collectors: &snapshot.collectors,
    }
}

/// From this width on there is room for a sparkline.
const SPARK_WIDTH: usize = 110;
const SPARK: usize = 12;
/// Longest name that stands beside the queue in 80 columns.
const NAME_BESIDE_QUEUE: usize = 8;

/// The table of `watch`, with a head line and the collectors that do not answer.
pub fn table(snapshot: &Snapshot, history: &dyn Fn(&str) -> Ring, width: usize) -> String {
    let wide = width >= SPARK_WIDTH;
    let mut heads = vec!["link", "milestone", "health", "state", ">lag", ">loss", ">queue", ">copies", ">log", ">age"];
    if wide {
        heads.insert(5, "lag so far");
    }
    // A name in two pieces helps nobody: the queue gives way, which lag and loss tell of as well.
    let longest = snapshot.links.iter().map(|l| l.name.chars().count()).max().unwrap_or(0);
    let queue =
        heads.iter().position(|h| *h == ">queue").filter(|_| width < SPARK_WIDTH && longest > NAME_BESIDE_QUEUE);
    if let Some(at) = queue {
        heads.remove(at);
    }
    let mut table = Table::new(&heads);
    for l in &snapshot.links {
        let mut cells = vec![
            l.name.clone(),
            word(&l.milestone, |m| m.as_str().replace('_', " ")),
            l.health.verdict.as_str().to_owned(),
            state(l),
            number(l, &l.flow.lag_ms, |ms| millis(*ms)),
            number(l, &l.flow.rpo_ms, |ms| millis(*ms)),
            number(l, &l.flow.send_queue_bytes, |b| text::bytes(*b)),
            word(&l.writable_copies, u32::to_string),
            number(l, &l.log.used_ratio, |r| format!("{:.0}%", r * 100.0)),
            age(l),
        ];
        if wide {
            cells.insert(5, spark(&history(&l.name), SPARK));
        }
        if let Some(at) = queue {
            cells.remove(at);
        }
        table.row(cells);
    }
    let mut out = format!("{} UTC  {}\n", clock(snapshot.at), snapshot.sentence);
    out.push_str(&table.render(width));
    let reasons = snapshot.links.iter().filter(|l| !l.health.reasons.is_empty());
    for l in reasons.take(REASONS_MAX) {
        for line in super::table::wrap(&format!("{}: {}", l.name, l.health.reasons.join("; ")), width) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    for said in snapshot.links.iter().filter_map(protection).take(REASONS_MAX) {
        for line in super::table::wrap(&said, width) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// What stands behind a database that is cut over; `None`: it is not, or that is unknown.
fn protection(l: &LinkSnapshot) -> Option<String> {
    let p = l.protection.known()?.as_ref()?;
    let lasted = p.unprotected_ms.map(millis);
    let group = l.group.as_deref().unwrap_or("no failover group");
    Some(match (p.holds, lasted) {
        (Some(true), Some(lasted)) => format!("{}: protected by {group}; was not for {lasted}", l.name),
        (Some(true), None) => format!("{}: protected by {group}", l.name),
        (holds, lasted) => {
            let word = if holds.is_none() { "protection unknown" } else { "UNPROTECTED" };
            let lasted = lasted.map_or_else(String::new, |l| format!(" for {l}"));
            let why = p.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{}: {word}{lasted}{why}", l.name)
        }
    })
}

/// Links whose reasons are told below the table; the rest is in the JSON.
const REASONS_MAX: usize = 20;

fn clock(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

fn millis(ms: u64) -> String {
    text::duration(Duration::from_millis(ms))
}

/// A value, marked where it may be so no more.
pub fn word<T>(value: &Aged<T>, words: impl Fn(&T) -> String) -> String {
    match (value.known(), value.freshness) {
        (Some(v), Freshness::Fresh) => words(v),
        (Some(v), _) => format!("{}?", words(v)),
        (None, _) => "unknown".to_owned(),
    }
}

/// A number that there need not be: `-` where everybody answers and nobody has it.
fn number<T>(link: &LinkSnapshot, value: &Aged<T>, words: impl Fn(&T) -> String) -> String {
    match (&value.value, link.health.freshness) {
        (None, Freshness::Fresh) => "-".to_owned(),
        _ => word(value, words),
    }
}

/// One or two words on what the link does.
pub fn state(l: &LinkSnapshot) -> String {
    match l.seeding.phase.known() {
        Some(SeedingPhase::Running) => {
            let percent = l.seeding.percent.known().map_or(String::new(), |p| format!(" {p:.0}%"));
            let left = l.seeding.remaining_ms.known().map_or(String::new(), |ms| format!(", {} left", millis(*ms)));
            return format!("seeding{percent}{left}");
        }
        Some(SeedingPhase::Stalled) => return "seeding stalled".to_owned(),
        Some(SeedingPhase::Failed) => return "seeding failed".to_owned(),
        _ => {}
    }
    number(l, &l.sync_state, |s| s.to_string().to_lowercase().replace("synchroniz", "sync"))
}

/// The oldest of what its collectors brought.
fn age(l: &LinkSnapshot) -> String {
    match (l.writable_copies.age_ms.or(l.primary.age_ms), l.health.freshness) {
        (_, Freshness::Unknown) => "unknown".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(_), freshness) => {
            let ends = [l.source.role.age_ms, l.target.role.age_ms];
            let oldest = ends.iter().flatten().max().copied().unwrap_or(0);
            let mark = if freshness == Freshness::Stale { "?" } else { "" };
            format!("{}{mark}", millis(oldest / 100 * 100))
        }
    }
}

/// Bars of the worst lag of each part; a blank where it was unknown.
pub fn spark(ring: &Ring, columns: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let points = ring.thinned(columns);
    let top = points.iter().filter_map(|p| p.lag_ms).max().unwrap_or(0).max(1000);
    points.iter().map(|p| p.lag_ms.map_or(' ', |lag| BARS[(lag.saturating_mul(7) / top).min(7) as usize])).collect()
}
