//! A journal that lives as long as the process: tests and simulation.

use super::chain;
use super::record::Record;
use super::record::Stored;
use super::store::Journal;
use super::verify::Verified;
use super::verify::Walk;
use super::verify::raw;
use crate::base::clock::SharedClock;
use crate::base::error::Result;
use crate::model::ids::RunId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

#[derive(Default)]
struct Runs {
    /// In the order of their first record.
    order: Vec<RunId>,
    records: BTreeMap<RunId, Vec<Stored>>,
}

/// Same contract as the SQLite store, without a disk.
pub struct MemoryJournal {
    clock: SharedClock,
    runs: Mutex<Runs>,
}

impl MemoryJournal {
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, runs: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        // A panic elsewhere leaves whole records: each is pushed in one go.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryJournal {
    fn add(&self, run: &RunId, record: &Record, runs: &mut Runs) -> Result<Stored> {
        let (seq, previous) = match runs.records.get(run).and_then(|r| r.last()) {
            Some(last) => (last.seq + 1, last.hash.clone()),
            None => (1, chain::FIRST.to_owned()),
        };
        let (stored, _) = super::sqlite::stamp(&self.clock, run, seq, &previous, record)?;
        if seq == 1 {
            runs.order.push(run.clone());
        }
        runs.records.entry(run.clone()).or_default().push(stored.clone());
        Ok(stored)
    }
}

impl Journal for MemoryJournal {
    fn append(&self, run: &RunId, record: &Record) -> Result<Stored> {
        self.add(run, record, &mut self.lock())
    }

    fn append_after(&self, run: &RunId, after: u64, record: &Record) -> Result<Option<Stored>> {
        let mut runs = self.lock();
        let last = runs.records.get(run).and_then(|r| r.last()).map_or(0, |r| r.seq);
        if last == after { self.add(run, record, &mut runs).map(Some) } else { Ok(None) }
    }

    fn records(&self, run: &RunId) -> Result<Vec<Stored>> {
        Ok(self.lock().records.get(run).cloned().unwrap_or_default())
    }

    fn runs(&self) -> Result<Vec<RunId>> {
        Ok(self.lock().order.iter().rev().cloned().collect())
    }

    fn verify(&self, run: Option<&RunId>) -> Result<Verified> {
        let mut walk = Walk::default();
        let runs = self.lock();
        for stored in runs.records.iter().filter(|(id, _)| run.is_none_or(|r| r == *id)).flat_map(|(_, r)| r) {
            walk.feed(raw(stored));
        }
        Ok(walk.finish())
    }
}
