//! Bounded back-off.

use std::time::Duration;

/// Delays that grow by `factor` up to `max`, without end; the caller bounds the whole wait.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    next: Duration,
    max: Duration,
    factor: f64,
}

impl Backoff {
    pub fn new(first: Duration, max: Duration, factor: f64) -> Self {
        Self { next: first, max, factor }
    }
    /// For polls on the critical path of an outage: 15 ms growing to 250 ms, each pause about a twentieth of what was waited before
    /// it, so that no more than that is waited in vain.
    pub fn urgent() -> Self {
        Self::new(Duration::from_millis(15), Duration::from_millis(250), 1.05)
    }
    /// For polls nobody waits for with a stopwatch: 250 ms growing to 5 s.
    pub fn relaxed() -> Self {
        Self::new(Duration::from_millis(250), Duration::from_secs(5), 1.5)
    }
    /// The delay to wait now; the one after it is longer.
    pub fn delay(&mut self) -> Duration {
        let now = self.next;
        self.next = self.next.mul_f64(self.factor).min(self.max);
        now
    }
    /// Waits the next delay.
    pub async fn wait(&mut self) {
        super::clock::pause(self.delay()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_the_maximum_and_stays() {
        let mut b = Backoff::new(Duration::from_millis(10), Duration::from_millis(25), 2.0);
        let seen: Vec<_> = (0..4).map(|_| b.delay().as_millis()).collect();
        assert_eq!(seen, [10, 20, 25, 25]);
    }
}
