//! What the application was told: an append-only record of acknowledged and of uncertain commits, one JSON line each.

use serde::Deserialize;
use serde::Serialize;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::BufRead;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

/// How a commit ended, as its client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The server said so.
    Acknowledged,
    /// The connection died, or time ran out, after COMMIT was sent.
    Ambiguous,
}

/// One commit. A (writer, seq) is used once in a database and never tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub writer: u32,
    pub seq: i64,
    pub database: String,
    /// Key of the instance that was asked.
    pub server: String,
    /// The name by which it was reached, if that was a listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    pub outcome: Outcome,
    /// Microseconds on the one monotonic clock of the workload, when the outcome was known.
    pub at_us: u64,
    /// Lab time, RFC 3339: for people.
    pub wall: String,
}

/// Where records go. They are in the file before the writer goes on.
pub struct Ledger {
    sink: Mutex<Sink>,
    /// Acknowledged commits recorded by this process.
    acknowledged: std::sync::atomic::AtomicUsize,
    /// Of these, the ones through a listener.
    by_listener: std::sync::atomic::AtomicUsize,
}

enum Sink {
    File(File),
    Memory(Vec<Record>),
}

impl Ledger {
    pub fn in_memory() -> Self {
        Self { sink: Mutex::new(Sink::Memory(Vec::new())), acknowledged: 0.into(), by_listener: 0.into() }
    }
    /// Appends to `path`, which may exist.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { sink: Mutex::new(Sink::File(file)), acknowledged: 0.into(), by_listener: 0.into() })
    }
    /// Acknowledged commits recorded by this process so far.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.load(std::sync::atomic::Ordering::Relaxed)
    }
    /// Those of them that came through a listener.
    pub fn by_listener(&self) -> usize {
        self.by_listener.load(std::sync::atomic::Ordering::Relaxed)
    }
    pub fn record(&self, record: Record) -> io::Result<()> {
        let by_listener = record.listener.is_some();
        let acknowledged = record.outcome == Outcome::Acknowledged;
        match &mut *self.sink.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Memory(all) => all.push(record),
            Sink::File(file) => {
                let mut line = serde_json::to_vec(&record)?;
                line.push(b'\n');
                file.write_all(&line)?;
            }
        }
        if acknowledged {
            self.acknowledged.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.by_listener.fetch_add(usize::from(by_listener), std::sync::atomic::Ordering::Relaxed);
        }
        Ok(())
    }
    /// Records kept in memory; empty for a file.
    pub fn records(&self) -> Vec<Record> {
        match &*self.sink.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Memory(all) => all.clone(),
            Sink::File(_) => Vec::new(),
        }
    }
    /// Reads a file back. A torn last line (the process was killed) is left out; any other bad line is an error.
    pub fn read(path: &Path) -> io::Result<Vec<Record>> {
        let lines: Vec<String> = io::BufReader::new(File::open(path)?).lines().collect::<io::Result<_>>()?;
        let mut all = Vec::with_capacity(lines.len());
        for (i, line) in lines.iter().enumerate() {
            match serde_json::from_str(line) {
                Ok(record) => all.push(record),
                Err(_) if i + 1 == lines.len() => {}
                Err(error) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {error}", i + 1)));
                }
            }
        }
        Ok(all)
    }
    /// The highest number each writer of each database has used: where a new run goes on.
    pub fn last_seq(records: &[Record]) -> std::collections::BTreeMap<(String, u32), i64> {
        let mut last = std::collections::BTreeMap::new();
        for record in records {
            let seq = last.entry((record.database.clone(), record.writer)).or_insert(record.seq);
            *seq = record.seq.max(*seq);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: i64) -> Record {
        Record {
            writer: 1,
            seq,
            database: "ledger".to_owned(),
            server: "sql-a".to_owned(),
            listener: None,
            outcome: Outcome::Acknowledged,
            at_us: 5,
            wall: String::new(),
        }
    }

    #[test]
    fn a_file_is_appended_to_and_read_back_without_its_torn_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acks.jsonl");
        Ledger::append_to(&path).unwrap().record(record(1)).unwrap();
        Ledger::append_to(&path).unwrap().record(record(2)).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"writer\":1,\"se").unwrap();
        let read = Ledger::read(&path).unwrap();
        assert_eq!(read, [record(1), record(2)]);
        assert_eq!(Ledger::last_seq(&read)[&("ledger".to_owned(), 1)], 2);
        file.write_all(b"\n{}\n").unwrap();
        assert!(Ledger::read(&path).is_err());
    }
}
