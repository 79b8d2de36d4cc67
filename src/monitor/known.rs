//! What one collector last brought home, and how far that may be trusted now.

use super::aged::Freshness;
use super::aged::Reading;
use super::cadence;
use super::snapshot::CollectorKind;
use super::snapshot::CollectorSnapshot;
use crate::model::ids::SiteId;
use std::time::Duration;

/// Last success and last failure of a collector. Times are of the monotonic clock.
#[derive(Debug, Clone)]
pub(super) struct Known<T> {
    pub(super) kind: CollectorKind,
    interval: Duration,
    /// Until it asks again, as it said last.
    pub(super) pause: Duration,
    value: Option<T>,
    /// When the look that brought the value began.
    began: Option<Duration>,
    took: Option<Duration>,
    error: Option<String>,
    successes: u64,
    failures: u64,
}

impl<T> Known<T> {
    pub(super) fn new(kind: CollectorKind, interval: Duration) -> Self {
        Self {
            kind,
            interval,
            pause: cadence::base(kind, interval),
            value: None,
            began: None,
            took: None,
            error: None,
            successes: 0,
            failures: 0,
        }
    }

    pub(super) fn learn(&mut self, value: T, began: Duration, took: Duration) {
        self.value = Some(value);
        self.began = Some(began);
        self.took = Some(took);
        self.error = None;
        self.successes += 1;
    }

    pub(super) fn fail(&mut self, why: String) {
        self.error = Some(why);
        self.failures += 1;
    }

    /// Has it been tried at all?
    pub(super) fn tried(&self) -> bool {
        self.successes + self.failures > 0
    }

    /// The value, as long as it counts.
    pub(super) fn get(&self, now: Duration) -> Option<&T> {
        self.value.as_ref().filter(|_| self.reading(now).freshness != Freshness::Unknown)
    }

    pub(super) fn reading(&self, now: Duration) -> Reading {
        let Some(began) = self.began else {
            return Reading::never(self.error.clone().unwrap_or_else(|| "not read yet".to_owned()));
        };
        let age = now.saturating_sub(began);
        let freshness = if age > cadence::unknown_after(self.kind, self.interval) {
            Freshness::Unknown
        } else if self.error.is_some() || age > cadence::stale_after(self.kind, self.interval) {
            Freshness::Stale
        } else {
            Freshness::Fresh
        };
        let late = || format!("no answer for {} s", age.as_secs());
        let why = match freshness {
            Freshness::Fresh => None,
            _ => Some(self.error.clone().unwrap_or_else(late)),
        };
        Reading { age_ms: Some(age.as_millis() as u64), freshness, why }
    }

    pub(super) fn describe(&self, site: &SiteId, now: Duration) -> CollectorSnapshot {
        let reading = self.reading(now);
        CollectorSnapshot {
            kind: self.kind,
            site: site.clone(),
            freshness: reading.freshness,
            age_ms: reading.age_ms,
            took_ms: self.took.map(|t| t.as_millis() as u64),
            interval_ms: self.pause.as_millis() as u64,
            successes: self.successes,
            failures: self.failures,
            error: reading.why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_failure_makes_stale_and_time_makes_unknown() {
        let mut known = Known::new(CollectorKind::SqlServer, S(5));
        assert_eq!(known.reading(S(0)).freshness, Freshness::Unknown);
        known.learn(7, S(10), Duration::from_millis(3));
        assert_eq!(known.reading(S(12)).freshness, Freshness::Fresh);
        assert_eq!(known.reading(S(26)).freshness, Freshness::Stale, "a look that hangs");
        known.fail("cut".into());
        assert_eq!(known.reading(S(12)).freshness, Freshness::Stale);
        assert_eq!(known.get(S(12)), Some(&7));
        assert_eq!(known.reading(S(41)).freshness, Freshness::Unknown);
        assert_eq!(known.get(S(41)), None, "never shown beyond that");
        assert_eq!(known.reading(S(41)).why.as_deref(), Some("cut"));
        known.learn(8, S(50), S(0));
        assert_eq!(known.reading(S(50)).freshness, Freshness::Fresh);
    }
}
