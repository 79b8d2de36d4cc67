//! What front ends hold of a running monitor: the newest snapshot, the recent past, and a way to end it.

use super::history::Histories;
use super::history::Ring;
use super::snapshot::Snapshot;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A running monitor. Dropping the last clone ends its collectors.
#[derive(Clone)]
pub struct MonitorHandle {
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) complete: watch::Receiver<bool>,
    pub(super) histories: Arc<RwLock<Histories>>,
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

    /// Waits until every collector has been tried once, then gives the snapshot; `None` when the monitor has ended.
    pub async fn first_look(&mut self) -> Option<Arc<Snapshot>> {
        self.complete.wait_for(|c| *c).await.ok()?;
        Some(self.snapshots.borrow_and_update().clone())
    }

    /// Recent points of a link, oldest first, for sparklines.
    pub fn history(&self, link: &str) -> Ring {
        self.histories.read().unwrap_or_else(PoisonError::into_inner).of(link).cloned().unwrap_or_default()
    }

    /// No newer snapshot will come.
    pub fn has_ended(&self) -> bool {
        self.snapshots.has_changed().is_err()
    }

    /// Ends the collectors for every holder.
    pub fn stop(&self) {
        self.stop.0.cancel();
    }
}
