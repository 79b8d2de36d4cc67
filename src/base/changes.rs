//! "Something changed", told to many in the order in which they began to wait. A `watch` channel wakes its receivers in random
//! order, and then no seed plays the same course twice.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;

#[derive(Default)]
struct Shared {
    version: AtomicU64,
    closed: AtomicBool,
    notify: Notify,
}

/// Tells of changes; dropping it ends every wait.
#[derive(Default)]
pub struct Changes {
    shared: Arc<Shared>,
}

/// The other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// Remembers what it has seen.
pub struct Seen {
    shared: Arc<Shared>,
    version: u64,
}

impl Changes {
    pub fn new() -> Self {
        Self::default()
    }
    pub fn bump(&self) {
        self.shared.version.fetch_add(1, Ordering::SeqCst);
        self.shared.notify.notify_waiters();
    }
    /// What is now counts as seen.
    pub fn subscribe(&self) -> Seen {
        Seen { shared: self.shared.clone(), version: self.shared.version.load(Ordering::SeqCst) }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.notify.notify_waiters();
    }
}

impl Seen {
    /// What is now counts as seen.
    pub fn mark_unchanged(&mut self) {
        self.version = self.shared.version.load(Ordering::SeqCst);
    }
    pub fn has_changed(&self) -> bool {
        self.shared.version.load(Ordering::SeqCst) != self.version
    }
    /// Returns at once if something changed since it last looked.
    pub async fn changed(&mut self) -> Result<(), Closed> {
        loop {
            let told = self.shared.notify.notified();
            tokio::pin!(told);
            // In line before the look: a change in between is not missed.
            told.as_mut().enable();
            let version = self.shared.version.load(Ordering::SeqCst);
            if version != self.version {
                self.version = version;
                return Ok(());
            }
            if self.shared.closed.load(Ordering::SeqCst) {
                return Err(Closed);
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_seen_once_and_the_end_is_told() {
        let changes = Changes::new();
        let mut seen = changes.subscribe();
        changes.bump();
        changes.bump();
        assert!(seen.has_changed());
        assert_eq!(seen.changed().await, Ok(()));
        assert!(!seen.has_changed());
        let waits = tokio::spawn(async move { seen.changed().await });
        drop(changes);
        assert_eq!(waits.await.unwrap(), Err(Closed));
    }
}
