//! Time comes in through here, so that the same code runs on the wall clock and on tokio's paused clock.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Wall time and waiting. Monotonic differences come from [`Clock::monotonic`].
pub trait Clock: Send + Sync {
    fn now(&self) -> OffsetDateTime;
    /// Time since an arbitrary fixed point; never goes back.
    fn monotonic(&self) -> Duration;
}

/// Shared clock handle.
pub type SharedClock = Arc<dyn Clock>;

/// The clock of a running process: wall time read once, then advanced by tokio's monotonic clock,
/// so that a step of the system clock in mid-run cannot bend a duration, and a paused clock is honoured.
pub struct TokioClock {
    origin: OffsetDateTime,
    epoch: tokio::time::Instant,
}

impl TokioClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn system() -> SharedClock {
        Arc::new(Self {
            origin: OffsetDateTime::from(std::time::SystemTime::now()),
            epoch: tokio::time::Instant::now(),
        })
    }
    /// For simulations: a chosen origin.
    pub fn starting_at(origin: OffsetDateTime) -> SharedClock {
        Arc::new(Self { origin, epoch: tokio::time::Instant::now() })
    }
}

impl Clock for TokioClock {
    fn now(&self) -> OffsetDateTime {
        self.origin + self.epoch.elapsed()
    }
    fn monotonic(&self) -> Duration {
        self.epoch.elapsed()
    }
}

/// Bounded wait: `None` when the limit ended first.
pub async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Waits. The one spelling of sleeping in the product.
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
