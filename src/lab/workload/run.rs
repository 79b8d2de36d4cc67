//! Starting the application, and its clock.

use super::alias::AliasTable;
use super::client::Access;
use super::ledger::Ledger;
use super::names::Names;
use super::writer::Shared;
use super::writer::Writer;
use crate::lab::arm::view::stamp;
use crate::lab::world::clock::LabClock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// One monotonic clock for all clients of a run: lab time.
#[derive(Clone)]
pub struct Clock {
    start: Duration,
    lab: LabClock,
}

impl Clock {
    pub fn start(lab: LabClock) -> Self {
        Self { start: lab.elapsed(), lab }
    }
    pub fn elapsed_us(&self) -> u64 {
        u64::try_from(self.lab.elapsed().saturating_sub(self.start).as_micros()).unwrap_or(u64::MAX)
    }
    pub fn wall(&self) -> String {
        stamp(self.lab.now())
    }
}

/// What is to be started.
#[derive(Clone)]
pub struct WorkloadSpec {
    pub databases: Vec<String>,
    /// Per database, numbered from 1.
    pub writers: u32,
    pub think: Duration,
    pub backoff: Duration,
    pub updates: u32,
    pub selects: u32,
    pub access: Access,
    /// `None`: nobody connects by a listener here.
    pub names: Option<Names>,
}

/// A running application.
pub struct Workload {
    tasks: TaskTracker,
    stop: CancellationToken,
    refusals: Arc<Mutex<BTreeMap<u32, u64>>>,
}

impl Workload {
    /// Stops the writers after their current transaction; waits 30 s at most.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(30), self.tasks.wait()).await;
    }
    /// Refusals so far by error number; 0 counts lost connections.
    pub fn refusals(&self) -> BTreeMap<u32, u64> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Starts all writers. `last_seq` says where earlier runs over the same ledger ended.
pub fn start(
    spec: &WorkloadSpec,
    alias: &Arc<AliasTable>,
    ledger: &Arc<Ledger>,
    clock: &Clock,
    last_seq: &BTreeMap<(String, u32), i64>,
    stop: CancellationToken,
) -> Workload {
    let tasks = TaskTracker::new();
    let refusals = Arc::default();
    for database in &spec.databases {
        let shared = Shared {
            database: database.clone(),
            alias: Arc::clone(alias),
            ledger: Arc::clone(ledger),
            access: spec.access.clone(),
            names: spec.names.clone(),
            clock: clock.clone(),
            think: spec.think,
            backoff: spec.backoff,
            updates: spec.updates,
            selects: spec.selects,
            stop: stop.clone(),
            refusals: Arc::clone(&refusals),
        };
        for id in 1..=spec.writers {
            let seq = last_seq.get(&(database.clone(), id)).copied().unwrap_or(0);
            tasks.spawn(Writer { shared: shared.clone(), id, seq }.run());
        }
    }
    Workload { tasks, stop, refusals }
}
