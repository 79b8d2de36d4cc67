//! Lab time: a fixed origin plus tokio's (pausable) monotonic time. While work that takes as long as there are bytes is under
//! way (a copy, a backup), a scenario may let it run faster than that: a time lapse.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

/// Longest piece of a wait: so soon a change of the speed is noticed.
const PIECE: Duration = Duration::from_millis(20);

#[derive(Debug)]
struct Flow {
    /// Lab time at `since`, from the origin.
    passed: Duration,
    since: Instant,
    /// Pieces of work that are worth a time lapse.
    lapses: usize,
    /// Who wants every second to be a second.
    watchers: usize,
}

/// One clock for a whole lab; copies of the handle show the same time.
#[derive(Debug, Clone)]
pub struct LabClock {
    origin: OffsetDateTime,
    /// Seconds of the lab in one second of a time lapse; 1: there is none.
    factor: u32,
    flow: Arc<Mutex<Flow>>,
}

impl LabClock {
    pub fn starting_at(origin: OffsetDateTime) -> Self {
        Self::with_lapse(origin, 1)
    }

    /// While a [`Lapse`] is held, one second is `factor` seconds.
    pub fn with_lapse(origin: OffsetDateTime, factor: u32) -> Self {
        let flow = Flow { passed: Duration::ZERO, since: Instant::now(), lapses: 0, watchers: 0 };
        Self { origin, factor: factor.max(1), flow: Arc::new(Mutex::new(flow)) }
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn speed(&self, flow: &Flow) -> u32 {
        if flow.lapses > 0 && flow.watchers == 0 { self.factor } else { 1 }
    }

    /// Seconds of the lab in one second of a time lapse.
    pub fn factor(&self) -> u32 {
        self.factor
    }

    /// How many seconds of the lab pass in one second now.
    pub fn pace(&self) -> u32 {
        self.speed(&self.flow())
    }

    /// Since the lab came up.
    pub fn elapsed(&self) -> Duration {
        let flow = self.flow();
        flow.passed + flow.since.elapsed() * self.speed(&flow)
    }

    pub fn now(&self) -> OffsetDateTime {
        self.origin + self.elapsed()
    }

    fn change(&self, change: impl FnOnce(&mut Flow)) {
        let mut flow = self.flow();
        let now = Instant::now();
        let passed = now.saturating_duration_since(flow.since) * self.speed(&flow);
        flow.passed += passed;
        flow.since = now;
        change(&mut flow);
    }

    /// Work begins whose length is that of its bytes.
    #[must_use]
    pub fn lapse(&self) -> Lapse {
        self.change(|f| f.lapses += 1);
        Lapse(self.clone())
    }

    /// Somebody measures: no time lapse until this is dropped.
    #[must_use]
    pub fn watched(&self) -> Watched {
        self.change(|f| f.watchers += 1);
        Watched(self.clone())
    }

    /// Waits until so much lab time has passed.
    pub async fn sleep(&self, lasts: Duration) {
        let until = self.elapsed() + lasts;
        loop {
            let left = until.saturating_sub(self.elapsed());
            if left.is_zero() {
                return;
            }
            // Rounded up: a timer counts milliseconds.
            tokio::time::sleep((left / self.pace()).clamp(Duration::from_millis(1), PIECE)).await;
        }
    }

    /// Waits as long as so many bytes take, under a time lapse.
    pub async fn work_off(&self, bytes: u64, bytes_per_second: u64) {
        if bytes == 0 || bytes_per_second == 0 {
            return;
        }
        let _lapse = self.lapse();
        self.sleep(Duration::from_secs_f64(bytes as f64 / bytes_per_second as f64)).await;
    }
}

/// See [`LabClock::lapse`].
#[derive(Debug)]
pub struct Lapse(LabClock);

impl Drop for Lapse {
    fn drop(&mut self) {
        self.0.change(|f| f.lapses = f.lapses.saturating_sub(1));
    }
}

/// See [`LabClock::watched`].
#[derive(Debug)]
pub struct Watched(LabClock);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.change(|f| f.watchers = f.watchers.saturating_sub(1));
    }
}

/// So that others than the lab can live in its time.
impl crate::base::clock::Clock for LabClock {
    fn now(&self) -> OffsetDateTime {
        LabClock::now(self)
    }
    fn monotonic(&self) -> Duration {
        self.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[tokio::test(start_paused = true)]
    async fn time_runs_faster_only_under_a_lapse_that_nobody_watches() {
        let clock = LabClock::with_lapse(datetime!(2026-03-01 10:00 UTC), 100);
        let second = || tokio::time::sleep(Duration::from_secs(1));
        second().await;
        assert_eq!(clock.elapsed().as_secs(), 1);
        let lapse = clock.lapse();
        second().await;
        assert_eq!(clock.elapsed().as_secs(), 101);
        let watched = clock.watched();
        second().await;
        assert_eq!(clock.elapsed().as_secs(), 102);
        drop(watched);
        second().await;
        drop(lapse);
        second().await;
        assert_eq!((clock.elapsed().as_secs(), clock.now()), (203, datetime!(2026-03-01 10:03:23 UTC)));
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_take_their_time_of_the_lab() {
        let clock = LabClock::with_lapse(datetime!(2026-03-01 10:00 UTC), 1_000);
        let from = Instant::now();
        clock.work_off(3_600_000, 1_000).await;
        let (lab, real) = (clock.elapsed(), from.elapsed());
        assert!((3_600..3_650).contains(&lab.as_secs()), "{lab:?}");
        assert!(real < Duration::from_secs(5), "{real:?}");
        assert_eq!(clock.pace(), 1, "the lapse has ended");
    }
}
