//! Redo: hardened blocks are applied a little later, in order. How much later is the instance's own matter, and may change
//! while they wait.

use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::LogBlock;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Blocks of one database that are hardened and not yet redone.
#[derive(Default)]
pub(super) struct RedoQueue {
    /// With the time each was hardened.
    waiting: VecDeque<(Instant, Arc<LogBlock>)>,
    /// Bytes redone in the present active period, and its beginning.
    rate: Option<(i64, Instant)>,
}

impl RedoQueue {
    pub(super) fn push(&mut self, hardened_at: Instant, block: Arc<LogBlock>) {
        self.waiting.push_back((hardened_at, block));
    }
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
    /// When there is something to do.
    pub(super) fn next(&self, delay: Duration) -> Option<Instant> {
        self.waiting.front().map(|w| w.0 + delay)
    }
    /// Bytes waiting.
    pub(super) fn bytes(&self) -> i64 {
        self.waiting.iter().map(|d| i64::from(d.1.bytes)).sum()
    }
    /// Bytes a second over the last active period.
    pub(super) fn bytes_per_second(&self) -> i64 {
        self.rate.map_or(0, |(bytes, since)| (bytes as f64 / since.elapsed().as_secs_f64().clamp(0.1, 10.0)) as i64)
    }
    /// Applies what is due; true if anything was.
    pub(super) fn run(&mut self, state: &mut InstanceState, database: &str, now: Instant) -> bool {
        let delay = state.hadr.tuning.redo_delay;
        let Some(db) = state.database_mut(database) else {
            self.waiting.clear();
            return false;
        };
        let mut done = false;
        while self.waiting.front().is_some_and(|w| w.0 + delay <= now) {
            let Some((_, block)) = self.waiting.pop_front() else { break };
            db.redo(&block);
            let (bytes, since) = self.rate.filter(|r| r.1.elapsed().as_secs() < 10).unwrap_or((0, now));
            self.rate = Some((bytes + i64::from(block.bytes), since));
            done = true;
        }
        done
    }
}
