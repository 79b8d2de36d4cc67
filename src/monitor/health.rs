//! Facts of a link -> its verdict, with reasons. Judged against the configured mode.

use super::aged::Freshness;
use super::plan::Thresholds;
use super::snapshot::Health;
use super::snapshot::LinkSnapshot;
use super::snapshot::Milestone;
use super::snapshot::SeedingPhase;
use super::snapshot::Verdict;
use crate::base::text;
use crate::model::database::Role;
use crate::model::group::AvailabilityMode;
use crate::model::group::Connected;
use crate::model::group::SyncState;
use std::time::Duration;
use time::OffsetDateTime;

/// What a verdict rests on beyond the link's own values.
pub(super) struct Ground<'a> {
    pub(super) now: OffsetDateTime,
    pub(super) thresholds: &'a Thresholds,
    pub(super) both_primary: bool,
    /// Some side or Azure has the link.
    pub(super) exists: bool,
    pub(super) has_azure: bool,
    /// Of the collectors it needs, each with its name.
    pub(super) inputs: Vec<(String, Freshness, Option<String>)>,
}

struct Reasons {
    bad: Vec<String>,
    weak: Vec<String>,
}

pub(super) fn judge(link: &LinkSnapshot, ground: &Ground<'_>) -> Health {
    let mut r = Reasons { bad: Vec::new(), weak: Vec::new() };
    if ground.both_primary {
        r.bad.push("both sides are primary".to_owned());
    }
    if link.writable_copies.fresh().is_some_and(|n| *n > 1) {
        r.bad.push("two copies are writable".to_owned());
    }
    let past = matches!(link.milestone.fresh(), Some(Milestone::Unlinked | Milestone::Protected));
    if ground.exists {
        replication(link, ground, &mut r);
    } else if link.milestone.fresh() == Some(&Milestone::None) {
        r.weak.push("there is no link".to_owned());
    }
    if !past {
        upkeep(link, ground, &mut r);
    }
    let lost: Vec<String> = ground
        .inputs
        .iter()
        .filter(|(_, f, _)| *f != Freshness::Fresh)
        .map(|(name, f, why)| format!("{name} is {}: {}", f.as_str(), why.as_deref().unwrap_or("no answer")))
        .collect();
    let freshness = ground.inputs.iter().map(|(_, f, _)| *f).max().unwrap_or(Freshness::Unknown);
    // What a verdict needs and no side tells is as good as a lost collector.
    let silent = ground.exists && link.milestone.value.is_none() && lost.is_empty();
    let verdict = match () {
        () if !r.bad.is_empty() => Verdict::Unhealthy,
        () if !lost.is_empty() || silent => Verdict::Unknown,
        () if !r.weak.is_empty() => Verdict::Degraded,
        () => Verdict::Healthy,
    };
    let mut reasons = r.bad;
    reasons.extend(lost);
    if silent {
        reasons.push(format!("milestone unknown: {}", link.milestone.why.as_deref().unwrap_or("not told")));
    }
    reasons.extend(r.weak);
    Health { verdict, freshness, reasons }
}

fn replication(link: &LinkSnapshot, ground: &Ground<'_>, r: &mut Reasons) {
    let seeding = link.seeding.phase.fresh().copied();
    match seeding {
        Some(SeedingPhase::Failed) => {
            let why = link.seeding.failure.fresh().and_then(Clone::clone).unwrap_or_default();
            r.bad.push(format!("seeding failed: {why}"));
        }
        Some(SeedingPhase::Stalled) => r.bad.push("seeding has stalled".to_owned()),
        Some(SeedingPhase::Running) => {
            r.weak.push(link.seeding.percent.known().map_or("seeding".to_owned(), |p| format!("seeding, {p:.0} %")));
        }
        _ => {}
    }
    if let Some(Some(error)) = link.azure.error.fresh() {
        r.weak.push(format!("Azure names error {error}"));
    }
    if let Some(Some(state)) = link.azure.replica_state.fresh().filter(|s| s.as_ref().is_some_and(|s| failed(s))) {
        r.bad.push(format!("Azure says {state}"));
    }
    if link.connected.fresh() == Some(&Connected::Disconnected) {
        let error = link.last_connect_error.fresh().and_then(Option::as_ref);
        r.bad.push(error.map_or("disconnected".to_owned(), |e| format!("disconnected, last error {}", e.number)));
    }
    if let Some(Some(why)) = link.suspended.fresh() {
        r.bad.push(format!("data movement is suspended ({why})"));
    }
    let synchronous = link.mode.fresh() == Some(&AvailabilityMode::Synchronous);
    match link.sync_state.fresh() {
        Some(SyncState::Synchronized) => {}
        Some(SyncState::Synchronizing) if !synchronous => {}
        Some(SyncState::Synchronizing) => r.weak.push("synchronous, and still SYNCHRONIZING".to_owned()),
        Some(_)
            if matches!(seeding, Some(SeedingPhase::Running | SeedingPhase::Stalled | SeedingPhase::NotStarted)) => {}
        Some(state) => r.bad.push(state.to_string()),
        None => {}
    }
    let roles = [link.source.role.fresh(), link.target.role.fresh()];
    let none_primary = roles.iter().all(|r| r.is_some_and(|r| r.as_ref() != Some(&Role::Primary)));
    if none_primary && link.milestone.fresh().is_none_or(|m| *m < Milestone::CutOver) {
        r.bad.push("no side is primary".to_owned());
    }
    if ground.has_azure && link.azure.exists.fresh() == Some(&false) && link.milestone.fresh() == Some(&Milestone::None)
    {
        r.weak.push("Azure has no such link".to_owned());
    }
    let max_ms = ground.thresholds.lag_max.as_millis() as u64;
    if let Some(lag) = link.flow.lag_ms.fresh().filter(|lag| **lag > max_ms) {
        r.weak.push(format!("lag {}", text::duration(Duration::from_millis(*lag))));
    }
}

/// Any name with `Error` in it says that the operation before failed (facts: mi-link 7.4).
fn failed(state: &str) -> bool {
    state.to_ascii_lowercase().contains("error")
}

fn upkeep(link: &LinkSnapshot, ground: &Ground<'_>, r: &mut Reasons) {
    let t = ground.thresholds;
    if let Some(used) = link.log.used_ratio.fresh() {
        let words = || {
            let wait = link.log.reuse_wait.fresh().map_or(String::new(), |w| format!(", waits for {w}"));
            format!("log {:.0} % used{wait}", used * 100.0)
        };
        if *used >= t.log_unhealthy_ratio {
            r.bad.push(words());
        } else if *used >= t.log_degraded_ratio {
            r.weak.push(words());
        }
    }
    for end in [&link.source, &link.target] {
        let Some(expires) = end.certificate_expires.fresh() else { continue };
        let days = (expires.0 - ground.now).whole_days();
        if expires.0 <= ground.now {
            r.bad.push(format!("the endpoint certificate of {} has ended", end.site));
        } else if days < i64::from(t.certificate_days) {
            r.weak.push(format!(
                "the endpoint certificate of {} ends in {}",
                end.site,
                text::count(days as usize, "day")
            ));
        }
    }
}
