//! How often to look, and from when on what was seen counts no more.

use super::snapshot::CollectorKind;
use std::time::Duration;

/// Azure allows some hundred reads a minute (facts: arm-api 1.4) and changes slowly.
const AZURE: Duration = Duration::from_secs(30);
/// While something goes on in it.
const AZURE_LIVELY: Duration = Duration::from_secs(10);
/// Never more often than this, however lively.
const SHORTEST: Duration = Duration::from_secs(1);
/// Never less often than this, however slow or broken.
const LONGEST: Duration = Duration::from_secs(60);
/// Longest pause between two attempts to reach what does not answer: somebody is waiting for it to come back.
const RETRY_MAX: Duration = Duration::from_secs(15);
/// Looking may take a fifth of the time, so that watching never becomes the load.
const SHARE: u32 = 5;

/// Between two looks while nothing happens.
pub(super) fn base(kind: CollectorKind, interval: Duration) -> Duration {
    match kind {
        CollectorKind::Azure => interval.max(AZURE),
        _ => interval.clamp(SHORTEST, LONGEST),
    }
}

/// The pause before the next look.
pub(super) fn pause(kind: CollectorKind, interval: Duration, took: Duration, failures: u32, lively: bool) -> Duration {
    let base = base(kind, interval);
    if failures > 0 {
        let doubled = base.saturating_mul(1 << failures.min(5));
        return doubled.min(RETRY_MAX).max(base.min(RETRY_MAX));
    }
    let wanted = match (kind, lively) {
        (_, false) => base,
        (CollectorKind::Azure, true) => AZURE_LIVELY,
        (_, true) => (base / 5).max(SHORTEST),
    };
    wanted.max(took * (SHARE - 1)).min(LONGEST.max(wanted))
}

/// Older than this, a value is stale even if no look has failed: one is hanging.
pub(super) fn stale_after(kind: CollectorKind, interval: Duration) -> Duration {
    base(kind, interval) * 2 + Duration::from_secs(5)
}

/// Older than this, there is no value any more.
pub(super) fn unknown_after(kind: CollectorKind, interval: Duration) -> Duration {
    match kind {
        CollectorKind::Azure => (base(kind, interval) * 6).max(Duration::from_secs(300)),
        _ => (base(kind, interval) * 6).max(Duration::from_secs(30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;
    const QUICK: Duration = Duration::from_millis(20);

    #[test]
    fn lively_is_quicker_slow_is_rarer_and_broken_is_tried_again() {
        let sql = |took, failures, lively| pause(CollectorKind::SqlServer, S(5), took, failures, lively);
        assert_eq!(sql(QUICK, 0, false), S(5));
        assert_eq!(sql(QUICK, 0, true), S(1));
        assert_eq!(sql(S(4), 0, true), S(16), "a slow server is not asked every second");
        assert_eq!(sql(S(30), 0, false), S(60));
        assert_eq!((sql(QUICK, 1, true), sql(QUICK, 9, true)), (S(10), S(15)));
        let azure = |failures, lively| pause(CollectorKind::Azure, S(5), QUICK, failures, lively);
        assert_eq!((azure(0, false), azure(0, true), azure(3, false)), (S(30), S(10), S(15)));
    }

    #[test]
    fn stale_comes_before_unknown() {
        for kind in [CollectorKind::SqlServer, CollectorKind::ManagedInstance, CollectorKind::Azure] {
            for interval in [S(1), S(5), S(60)] {
                assert!(base(kind, interval) < stale_after(kind, interval));
                assert!(stale_after(kind, interval) < unknown_after(kind, interval));
            }
        }
    }
}
