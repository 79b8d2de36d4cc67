//! What front ends hold of a running monitor: the newest snapshot, the recent past, and a way to end it.

use super::history::Histories;
use super::snapshot::Snapshot;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A running monitor. Dropping the last clone ends its collectors.
#[derive(Clone)]
pub struct MonitorHandle {
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) histories: watch::Receiver<Arc<Histories>>,
    pub(super) stop: Arc<Stop>,
}

/// Ends the collectors when the last handle goes.
pub(super) struct Stop(pub(super) CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl MonitorHandle {
    /// The newest snapshot; its ages are at most one tick (a second) old.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Waits for a newer snapshot; `None` when the monitor has ended.
    pub async fn next(&mut self) -> Option<Arc<Snapshot>> {
        self.snapshots.changed().await.ok()?;
        Some(self.snapshots.borrow_and_update().clone())
    }

    /// Recent points by link, for sparklines.
    pub fn histories(&self) -> Arc<Histories> {
        self.histories.borrow().clone()
    }

    /// Ends the collectors for every holder.
    pub fn stop(&self) {
        self.stop.0.cancel();
    }
}
