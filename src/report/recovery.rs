//! What a run on a failover group measured: how long until somebody could write again, and what was lost (facts:
//! failover-groups 10.4). A design figure is never shown as a result, and unknown is said.

use super::evidence::Evidence;
use crate::base::text;
use crate::journal::record::WINDOW;
use crate::journal::record::Window;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

fn proof<'a>(e: &'a Evidence, kind: &str, name: &str) -> Option<&'a Value> {
    let step = |s: &str| s.split_once('/').is_some_and(|(k, _)| k == kind);
    e.proofs.iter().find(|p| step(&p.step) && p.name == name).map(|p| &p.value)
}

fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

/// From the decision to a later moment of the same run.
fn since_decision(e: &Evidence, kind: &str, name: &str) -> String {
    let at = |kind, name| proof(e, kind, name).and_then(Value::as_i64);
    match at("fog.failover", "decided_ms").zip(at(kind, name)) {
        Some((from, to)) => u64::try_from(to - from).map_or_else(|_| "unknown".to_owned(), ms),
        None => "unknown".to_owned(),
    }
}

/// A heartbeat writes this often (four times a second): so long is what one lost write stands for, at most.
const BEAT_MS: u64 = 250;

/// One way of a drill.
fn way(e: &Evidence, kind: &str) -> Option<String> {
    let m = proof(e, kind, "measured")?;
    let lost = m["lost_writes"].as_u64().map_or("unknown".to_owned(), |n| text::count(n as usize, "write"));
    let outage = m["write_outage_ms"].as_u64().map_or("unknown".to_owned(), ms);
    let said = format!("RPO {lost} lost, RTO {outage} from the last to the first acknowledged write of one client");
    let Some(t) = e.targets else { return Some(said) };
    let word = |measured: Option<u64>, most: u64| match measured {
        None => "UNKNOWN",
        Some(n) if n <= most => "met",
        Some(_) => "MISSED",
    };
    let rpo = word(m["lost_writes"].as_u64().map(|n| n * BEAT_MS), t.rpo_ms);
    let rto = word(m["write_outage_ms"].as_u64(), t.rto_ms);
    Some(format!("{said}; targets: RPO {} {rpo}, RTO {} {rto}", ms(t.rpo_ms), ms(t.rto_ms)))
}

/// The parts of one way, from the decision on, and which of them took longest: recovery is as long as the slowest of them.
fn parts(e: &Evidence, kind: &str) -> Option<String> {
    let m = proof(e, kind, "measured")?;
    let at = |name: &str| m[name].as_u64();
    let marks = [
        ("request accepted", at("accepted_ms")),
        ("roles switched", at("role_ms")),
        ("every database takes writes", at("writable_ms")),
        ("listener leads there", at("listener_ms")),
    ];
    let told: Vec<String> =
        marks.iter().map(|(name, at)| format!("{name} {}", at.map_or("unknown".to_owned(), ms))).collect();
    let mut known: Vec<(u64, &str)> = marks.iter().filter_map(|(name, at)| Some(((*at)?, *name))).collect();
    known.sort_unstable();
    let starts = std::iter::once(0).chain(known.iter().map(|(at, _)| *at));
    let slowest = starts.zip(&known).map(|(from, (to, name))| (to - from, *name)).max();
    let slowest = slowest.map_or_else(String::new, |(took, name)| format!("; slowest: {name}, {}", ms(took)));
    Some(format!("after the decision: {}{slowest}", told.join(", ")))
}

/// Rows for the head of a report; none for a run that changed no roles.
pub(super) fn facts(e: &Evidence) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(window) = proof(e, "protect.milestone", WINDOW).and_then(|v| Window::deserialize(v).ok()) {
        let lasted = window.lasted().map_or("unknown".to_owned(), text::duration);
        let opened = window.opened_at.map_or("unknown".to_owned(), |at| at.to_string());
        facts.push(("unprotected", format!("{lasted}, from {opened} until {}", window.closed_at)));
    }
    if let Some(tier) = proof(e, "fog.application", "application") {
        let names = tier["dependencies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let names = names.collect::<Vec<_>>().join(", ");
        let word = if tier["confirmed"] == true { "seen to" } else { "NOT CONFIRMED, so not complete" };
        facts.push(("application tier", format!("{word}: {names}")));
    }
    for (name, kind) in [("measured, over", "drill.measure"), ("measured, back", "drill.home")] {
        facts.extend(way(e, kind).map(|said| (name, said)));
    }
    for (name, kind) in [("timeline, over", "drill.measure"), ("timeline, back", "drill.home")] {
        facts.extend(parts(e, kind).map(|said| (name, said)));
    }
    if proof(e, "fog.failover", "decided_ms").is_none() || e.summary.kind == "drill" {
        return facts;
    }
    facts.push(("RTO, until every database took writes", since_decision(e, "fog.confirm", "writable_ms")));
    facts.push(("RTO, until the listener led there", since_decision(e, "fog.listeners", "resolved_ms")));
    let is_forced = e.changes.iter().any(|c| c.shown.to_lowercase().contains("forcefailoverallowdataloss"));
    let lag = proof(e, "fog.gate", "lag_s").and_then(Value::as_i64);
    facts.push((
        "RPO",
        match (is_forced, lag) {
            (false, _) => {
                "not measured (a drill measures it); a planned failover hands over only when nothing is missing"
                    .to_owned()
            }
            (true, Some(lag)) => format!("about {lag} s: an estimate, from the last lag before the decision"),
            (true, None) => {
                "UNKNOWN: the old primary did not answer, so what had not arrived cannot be told".to_owned()
            }
        },
    ));
    facts
}
