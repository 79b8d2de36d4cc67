//! The independent sampler: can an application login commit in this copy now? It tries, and rolls back.

use crate::lab::workload::alias::Address;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::Failure;
use crate::lab::workload::client::batch;
use crate::lab::workload::client::connect;
use crate::lab::workload::run::Clock;
use serde::Deserialize;
use serde::Serialize;
use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// `seq` of the row a probe inserts: if it is ever seen in a copy, a rollback did not roll back.
pub const PROBE_SEQ: i64 = -1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// A row went in; only COMMIT was left out.
    Writable,
    /// The server refused in so many words.
    NotWritable,
    /// No answer, or one that says nothing about writing.
    Unknown,
}

/// One probe of one copy by one login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub database: String,
    pub server: String,
    pub login: String,
    /// Microseconds on the workload's clock, before and after.
    pub from_us: u64,
    pub to_us: u64,
    pub judgement: Judgement,
    /// Error number behind it, if any.
    pub number: Option<u32>,
}

/// Refusals that say nothing about writing in general: deadlock, lock timeout, full log, no memory, throttling.
const SAYS_NOTHING: &[u32] = &[1205, 1222, 9002, 701, 1204, 10_928, 10_929, 40_501, 40_613];

/// What a failed probe says about the copy.
pub fn judge_failure(failure: &Failure) -> Judgement {
    match failure {
        Failure::Refused { number, class, .. } if *class < 20 && !SAYS_NOTHING.contains(number) => {
            Judgement::NotWritable
        }
        _ => Judgement::Unknown,
    }
}

/// Tries to write as `access`' login.
pub async fn probe(access: &Access, address: &Address, database: &str, clock: &Clock) -> Sample {
    let from_us = clock.elapsed_us();
    let result = attempt(access, address, database).await;
    let (judgement, number) = match &result {
        Ok(()) => (Judgement::Writable, None),
        Err(failure) => (judge_failure(failure), failure.number()),
    };
    let (database, server, login) = (database.to_owned(), address.server.clone(), access.user.clone());
    Sample { database, server, login, from_us, to_us: clock.elapsed_us(), judgement, number }
}

async fn attempt(access: &Access, address: &Address, database: &str) -> Result<(), Failure> {
    let mut sql = connect(access, address, database).await?;
    batch(&mut sql, access.timeout, "BEGIN TRANSACTION").await?;
    let insert = format!("INSERT INTO dbo.entry (entry_id, writer, seq, amount) VALUES (NEWID(), 0, {PROBE_SEQ}, 0)");
    batch(&mut sql, access.timeout, &insert).await?;
    // The insert is the proof; a lost ROLLBACK is rolled back by the lost connection.
    let _ = batch(&mut sql, access.timeout, "ROLLBACK TRANSACTION").await;
    Ok(())
}

/// Where samples go.
pub struct Samples {
    kept: Mutex<Vec<Sample>>,
    file: Option<Mutex<File>>,
}

impl Samples {
    pub fn in_memory() -> Self {
        Self { kept: Mutex::default(), file: None }
    }
    /// Written to a file, one JSON line each, and not kept.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { kept: Mutex::default(), file: Some(Mutex::new(file)) })
    }
    pub fn all(&self) -> Vec<Sample> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub fn add(&self, sample: Sample) -> io::Result<()> {
        let Some(file) = &self.file else {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
            return Ok(());
        };
        let mut line = serde_json::to_vec(&sample)?;
        line.push(b'\n');
        file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
    /// Reads a file back; a torn last line is left out.
    pub fn read(path: &Path) -> io::Result<Vec<Sample>> {
        let lines: Vec<String> = io::BufReader::new(File::open(path)?).lines().collect::<io::Result<_>>()?;
        let parse = |(i, line): (usize, &String)| match serde_json::from_str(line) {
            Ok(sample) => Some(Ok(sample)),
            Err(_) if i + 1 == lines.len() => None,
            Err(error) => Some(Err(io::Error::new(io::ErrorKind::InvalidData, error))),
        };
        lines.iter().enumerate().filter_map(parse).collect()
    }
}

/// One copy to watch, and the application logins to try there.
#[derive(Clone)]
pub struct Watched {
    pub database: String,
    pub address: Address,
    pub logins: Vec<Access>,
}

/// Probes every copy, all of them at once, each `every`, until told to stop.
pub async fn watch(copies: &[Watched], every: Duration, clock: &Clock, samples: &Samples, stop: CancellationToken) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let probes = copies
            .iter()
            .flat_map(|copy| copy.logins.iter().map(move |access| probe(access, &copy.address, &copy.database, clock)));
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            found = futures_util::future::join_all(probes) => found,
        };
        for sample in found {
            if let Err(error) = samples.add(sample) {
                tracing::error!(%error, "the sampler cannot keep its samples");
                return;
            }
        }
    }
}
