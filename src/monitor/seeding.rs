//! Seeding, from the global primary. An empty view is never success.

use super::aged::Aged;
use super::snapshot::SeedingPhase;
use super::snapshot::SeedingSnapshot;
use super::snapshot::Side;
use super::trail::Trail;
use super::view::View;
use crate::model::database::DatabaseState;
use crate::model::group::Seeding;
use crate::model::group::SyncState;
use std::time::Duration;
use time::OffsetDateTime;

fn positive(n: Option<i64>) -> Option<u64> {
    n.and_then(|n| u64::try_from(n).ok())
}

fn is_running(s: &Seeding) -> bool {
    s.completed.is_none() && !is_failed(s)
}

fn is_failed(s: &Seeding) -> bool {
    s.state.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("FAILED"))
}

/// The side seeding comes from: the primary, and the source as long as nobody is.
fn origin(view: &View<'_>) -> Side {
    view.primary_side().unwrap_or(Side::Source)
}

/// A copy that lives: online, and its data moves, or it takes writes of its own.
fn is_seeded(view: &View<'_>) -> Option<bool> {
    let to = if origin(view) == Side::Source { Side::Target } else { Side::Source };
    let copy = view.end(to).seen?.database(&view.link.database);
    if copy.is_none_or(|d| d.state != DatabaseState::Online) {
        return Some(false);
    }
    if copy.is_some_and(crate::model::sweep::WatchedDatabase::accepts_writes) {
        return Some(true);
    }
    let from = view.end(origin(view)).seen?;
    let state = from.row(&view.link.name, &view.link.database, false).and_then(|r| r.sync_state.clone());
    // An online secondary holds a whole copy, even while it is cut off.
    Some(matches!(state, Some(SyncState::Synchronizing | SyncState::Synchronized)) || state.is_some())
}

pub(super) fn seeding(view: &View<'_>, trail: &Trail, now: Duration, stalled_after: Duration) -> SeedingSnapshot {
    let end = view.end(origin(view));
    let rows = end.seen.map(|s| s.seedings(&view.link.name, &view.link.database)).unwrap_or_default();
    let newest = rows.first().copied();
    let reading = end.reading.clone();
    let azure_percent = view.azure_says(|d| d.seeding_percent);
    let seeded = is_seeded(view);
    let phase = match (seeded, newest) {
        (Some(true), _) => Some(SeedingPhase::Done),
        (None, _) => None,
        (Some(false), Some(s)) if is_failed(s) => Some(SeedingPhase::Failed),
        (Some(false), Some(s)) if is_running(s) && trail.still_for(now) > stalled_after => Some(SeedingPhase::Stalled),
        (Some(false), Some(_)) => Some(SeedingPhase::Running),
        (Some(false), None) if azure_percent.known().is_some_and(Option::is_some) => Some(SeedingPhase::Running),
        (Some(false), None) => Some(SeedingPhase::NotStarted),
    };
    let running = newest.filter(|s| is_running(s));
    let own_percent = match phase {
        Some(SeedingPhase::Done) => Some(100.0),
        _ => newest.and_then(Seeding::percent),
    };
    let percent = match own_percent {
        Some(p) => reading.of(Some(p)),
        None => match azure_percent {
            Aged { value: Some(Some(p)), age_ms, freshness, why } => Aged { value: Some(p), age_ms, freshness, why },
            _ => reading.or_why(None, "no side tells how far it is"),
        },
    };
    let nothing = "no seeding runs";
    let moved = |s: &Seeding| positive(s.transferred_bytes);
    let remaining = running.and_then(|s| {
        let left = positive(s.database_bytes)?.saturating_sub(moved(s)?);
        super::flow::time_ms(left, positive(s.bytes_per_second))
    });
    let began = |s: &Seeding, now: OffsetDateTime| Some(super::aged::age_ms(s.started?, now));
    let restarts = rows
        .iter()
        .filter(|s| s.is_source != Some(false))
        .fold(0_u32, |n, s| n + 1 + u32::try_from(s.attempts.unwrap_or(1).saturating_sub(1)).unwrap_or(0));
    let failure = newest.filter(|s| is_failed(s)).map(|s| {
        let words = s.failure_message.clone().or_else(|| s.failure.clone());
        let words = words.unwrap_or_else(|| "seeding failed, and the server does not say why".to_owned());
        s.error_code.filter(|c| *c != 0).map_or(words.clone(), |code| format!("{words} (error {code})"))
    });
    SeedingSnapshot {
        phase: view.ends_reading().or_why(phase, "it cannot be told from what is visible"),
        percent,
        transferred_bytes: reading.or_why(running.and_then(moved), nothing),
        database_bytes: reading.or_why(newest.and_then(|s| positive(s.database_bytes)), nothing),
        rate_bytes_per_s: reading.or_why(running.and_then(|s| positive(s.bytes_per_second)), nothing),
        remaining_ms: reading.or_why(remaining, nothing),
        running_ms: reading.or_why(end.seen.and_then(|seen| began(running?, seen.sweep.now)), nothing),
        restarts: reading.of(end.seen.map(|_| restarts.saturating_sub(1) + trail.setbacks)),
        failure: reading.of(end.seen.map(|_| failure)),
    }
}
