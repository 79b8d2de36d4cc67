//! What a link needs remembered between two snapshots: whether seeding moves, how fast its log fills.

use super::snapshot::LogSnapshot;
use super::snapshot::Side;
use super::view::View;
use crate::model::database::Role;
use std::collections::VecDeque;
use std::time::Duration;
use time::OffsetDateTime;

/// Between two samples of the log's fill.
const SAMPLE: Duration = Duration::from_secs(60);
/// An hour of them.
const SAMPLES_MAX: usize = 60;
/// A trend needs that much.
const TREND_MIN: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    /// Bytes of the running seeding, and since when they have stood there.
    seeded: Option<(u64, Duration)>,
    /// Times the bytes went back while being watched: it began anew within one row.
    pub(super) setbacks: u32,
    /// Did the target take writes at the last look at it?
    open: Option<bool>,
    /// When it was first seen to do so after it had not, by its own clock: no earlier than the role change.
    pub(super) opened: Option<OffsetDateTime>,
    /// (when, KB used)
    log: VecDeque<(Duration, i64)>,
}

impl Trail {
    /// How long the running seeding has sent nothing.
    pub(super) fn still_for(&self, now: Duration) -> Duration {
        self.seeded.map_or(Duration::ZERO, |(_, since)| now.saturating_sub(since))
    }

    /// Takes note of a look at the target.
    pub(super) fn note_target(&mut self, view: &View<'_>) {
        let Some(seen) = view.target.seen else { return };
        let database = seen.database(&view.link.database);
        let open = database.is_some_and(crate::model::sweep::WatchedDatabase::accepts_writes)
            && seen.role(&view.link.name) != Some(Role::Secondary);
        match (self.open, open) {
            (Some(false), true) => self.opened = Some(seen.sweep.now),
            (_, false) => self.opened = None,
            _ => {}
        }
        self.open = Some(open);
    }

    /// Takes note of a look at the primary. `began`: when that look did.
    pub(super) fn note(&mut self, view: &View<'_>, began: Duration) {
        let side = view.primary_side().unwrap_or(Side::Source);
        let Some(seen) = view.end(side).seen else { return };
        let seedings = seen.seedings(&view.link.name, &view.link.database);
        let running = seedings.first().filter(|s| s.completed.is_none());
        match running.and_then(|s| u64::try_from(s.transferred_bytes.unwrap_or(0)).ok()) {
            None => self.seeded = None,
            Some(bytes) => match self.seeded {
                Some((before, _)) if before == bytes => {}
                Some((before, _)) => {
                    self.setbacks += u32::from(bytes < before);
                    self.seeded = Some((bytes, began));
                }
                None => self.seeded = Some((bytes, began)),
            },
        }
        let due = self.log.back().is_none_or(|(at, _)| began.saturating_sub(*at) >= SAMPLE);
        if let Some(used) = seen.database(&view.link.database).and_then(|d| d.log_used_kb).filter(|_| due) {
            if self.log.len() == SAMPLES_MAX {
                self.log.pop_front();
            }
            self.log.push_back((began, used));
        }
    }

    /// KB a day; none: not watched for long enough.
    fn growth_kb_per_day(&self) -> Option<f64> {
        let ((t0, kb0), (t1, kb1)) = (self.log.front()?, self.log.back()?);
        let span = t1.saturating_sub(*t0);
        (span >= TREND_MIN).then(|| (kb1 - kb0) as f64 / span.as_secs_f64() * 86_400.0)
    }
}

/// The log of the primary. Counters of a managed instance go by the physical name of the database (facts: mi-link 7.5).
pub(super) fn log(view: &View<'_>, trail: &Trail) -> LogSnapshot {
    let side = view.primary_side().unwrap_or(Side::Source);
    let end = view.end(side);
    let database = end.seen.and_then(|s| s.database(&view.link.database));
    let kb = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
    let (used, size) = (database.and_then(|d| kb(d.log_used_kb)), database.and_then(|d| kb(d.log_size_kb)));
    let silent = "no counter tells of this log";
    // Up to the file's own limit; one that may grow until its disk is full counts as full at its present size.
    let limit = database.and_then(|d| kb(d.log_max_kb)).filter(|max| *max > 0).max(size);
    let days = match (trail.growth_kb_per_day(), used, limit) {
        (Some(growth), Some(_), Some(_)) if growth <= 0.0 => Some(None),
        (Some(growth), Some(used), Some(limit)) => Some(Some(limit.saturating_sub(used) as f64 / growth)),
        _ => None,
    };
    LogSnapshot {
        used_ratio: end
            .reading
            .or_why(used.zip(size).filter(|(_, size)| *size > 0).map(|(used, size)| used as f64 / size as f64), silent),
        size_bytes: end.reading.or_why(size.map(|kb| kb * 1024), silent),
        reuse_wait: end.reading.of(database.and_then(|d| d.log_reuse_wait.clone())),
        days_to_full: end.reading.or_why(days, "five minutes of watching make a trend"),
    }
}
