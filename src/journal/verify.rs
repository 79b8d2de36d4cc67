//! Walks the chain and says where it is broken.

use super::chain;
use super::record::Stored;
use crate::model::ids::RunId;
use std::collections::BTreeSet;

/// Answer of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Verified {
    /// Runs read.
    pub runs: usize,
    /// Rows read.
    pub rows: u64,
    /// First broken row of each run that has one; empty: the chain holds.
    pub broken: Vec<Broken>,
}

/// A row that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// `None`: damage to the file outside any row.
    pub run: Option<RunId>,
    pub seq: u64,
    pub why: String,
}

impl Verified {
    pub fn is_whole(&self) -> bool {
        self.broken.is_empty()
    }
}

/// A row as it lies in the store; `Err` holds why it cannot even be read.
pub(super) type RawRow = Result<Raw, String>;

pub(super) struct Raw {
    pub run: String,
    pub seq: u64,
    pub at: String,
    pub monotonic_ms: u64,
    pub body: String,
    pub hash: String,
}

/// Feeds rows in the order (run, seq).
#[derive(Default)]
pub(super) struct Walk {
    run: String,
    seq: u64,
    hash: String,
    runs: BTreeSet<String>,
    answer: Verified,
}

impl Walk {
    pub(super) fn feed(&mut self, row: RawRow) {
        self.answer.rows += 1;
        let row = match row {
            Ok(row) => row,
            Err(why) => return self.broken(self.seq + 1, why),
        };
        if self.run != row.run || self.runs.is_empty() {
            self.run.clone_from(&row.run);
            self.runs.insert(row.run.clone());
            self.seq = 0;
            chain::FIRST.clone_into(&mut self.hash);
        }
        let expected_seq = self.seq + 1;
        if row.seq != expected_seq {
            self.broken(expected_seq, format!("expected row {expected_seq}, found row {}", row.seq));
        }
        let fields =
            chain::Row { run: &row.run, seq: row.seq, at: &row.at, monotonic_ms: row.monotonic_ms, body: &row.body };
        let expected = chain::hash(&self.hash, &fields);
        if expected != row.hash {
            self.broken(row.seq, "its contents do not match its hash".into());
        } else if let Err(e) = serde_json::from_str::<super::record::Record>(&row.body) {
            self.broken(row.seq, format!("not a record of this version: {e}"));
        }
        self.seq = row.seq;
        self.hash = row.hash;
    }

    fn broken(&mut self, seq: u64, why: String) {
        let run = (!self.run.is_empty()).then(|| RunId(self.run.clone()));
        // What follows a broken row is broken by it: only the first of a run says something.
        if !self.answer.broken.iter().any(|b| b.run == run) {
            self.answer.broken.push(Broken { run, seq, why });
        }
    }

    pub(super) fn finish(mut self) -> Verified {
        self.answer.runs = self.runs.len();
        self.answer
    }
}

/// Verifies records already read, such as an export.
pub fn verify(records: &[Stored]) -> Verified {
    let mut walk = Walk::default();
    for stored in records {
        walk.feed(raw(stored));
    }
    walk.finish()
}

pub(super) fn raw(stored: &Stored) -> RawRow {
    Ok(Raw {
        run: stored.run.0.clone(),
        seq: stored.seq,
        at: stored.at.clone(),
        monotonic_ms: stored.monotonic_ms,
        body: serde_json::to_string(&stored.record).map_err(|e| e.to_string())?,
        hash: stored.hash.clone(),
    })
}
