//! The journal on disk: SQLite, write-ahead log, a sync at every commit.

use super::chain;
use super::record::FORMAT;
use super::record::Record;
use super::record::Stored;
use super::schema;
use super::store::Journal;
use super::verify::Broken;
use super::verify::Raw;
use super::verify::RawRow;
use super::verify::Verified;
use super::verify::Walk;
use crate::base::clock::SharedClock;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::RunId;
use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::TransactionBehavior;
use rusqlite::types::ValueRef;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Longest wait for another process's commit: each takes milliseconds, so this only ends on a stuck disk.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// RFC 3339 in UTC, always as long, so that the order of texts is the order of times.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// A journal file. Several processes may have it open and append to different runs.
pub struct SqliteJournal {
    db: Mutex<Connection>,
    path: PathBuf,
    clock: SharedClock,
    /// Format of a file that a newer version wrote: it is only read.
    newer: Option<u32>,
}

impl SqliteJournal {
    /// Opens the file, making it (0600) and its folder (0700) if they are not there.
    pub fn open(path: &Path, clock: SharedClock) -> Result<Self> {
        let doing = || format!("opening the journal `{}`", path.display());
        make_private(path)
            .map_err(|e| Error::new(Kind::Usage, "the file cannot be made").caused_by(e))
            .during(doing)?;
        Self::connect(path, clock).map_err(|e| from_sqlite(e).during(doing()))
    }

    fn connect(path: &Path, clock: SharedClock) -> rusqlite::Result<Self> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        use_wal(&db)?;
        db.pragma_update(None, "synchronous", "full")?;
        db.pragma_update(None, "trusted_schema", false)?;
        let found = schema::format(&db)?;
        let newer = (found > FORMAT).then_some(found);
        if newer.is_some() {
            db.pragma_update(None, "query_only", true)?;
        } else {
            schema::migrate(&mut db)?;
        }
        Ok(Self { db: Mutex::new(db), path: path.to_owned(), clock, newer })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True if a newer version wrote the file: nothing can be appended.
    pub fn is_read_only(&self) -> bool {
        self.newer.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held rolled its transaction back: the connection is usable.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doing(&self, what: &str) -> String {
        format!("{what} the journal `{}`", self.path.display())
    }
}

/// Times that the change to WAL is tried while other processes make the same file.
const WAL_TRIES: u32 = 50;

/// Write-ahead logging. SQLite does not wait for a lock when it changes the mode of a file: two processes that open a new one at
/// once would fail each other. A transaction does wait, so one is awaited before the next try.
fn use_wal(db: &Connection) -> rusqlite::Result<()> {
    let locked = |e: &rusqlite::Error| {
        matches!(e.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
    };
    for _ in 1..WAL_TRIES {
        match db.pragma_update(None, "journal_mode", "wal") {
            Err(e) if locked(&e) => match db.execute_batch("BEGIN IMMEDIATE; COMMIT") {
                Err(e) if !locked(&e) => return Err(e),
                _ => {}
            },
            other => return other,
        }
    }
    db.pragma_update(None, "journal_mode", "wal")
}

/// Gives a record its place, time and hash; also the JSON that was hashed.
pub(super) fn stamp(
    clock: &SharedClock,
    run: &RunId,
    seq: u64,
    previous: &str,
    record: &Record,
) -> Result<(Stored, String)> {
    let bug = |what: &str| Error::bug(format!("a record of run `{run}` {what}"));
    let body = serde_json::to_string(record).map_err(|e| bug("does not serialise").caused_by(e))?;
    let at = clock.now().to_offset(time::UtcOffset::UTC).format(TIME).map_err(|e| bug("has no time").caused_by(e))?;
    let monotonic_ms = clock.monotonic().as_millis() as u64;
    let hash = chain::hash(previous, &chain::Row { run: run.as_str(), seq, at: &at, monotonic_ms, body: &body });
    Ok((Stored { run: run.clone(), seq, at, monotonic_ms, record: record.clone(), hash }, body))
}

impl SqliteJournal {
    /// `after`: only if that is the run's last record.
    fn add(&self, run: &RunId, after: Option<u64>, record: &Record) -> Result<Option<Stored>> {
        if let Some(newer) = self.newer {
            return Err(Error::refused(format!(
                "expected a journal of format {FORMAT} or older, found format {newer} in `{}`: it is only read",
                self.path.display()
            ))
            .hint("use the newer milink that wrote it, or another `--state-dir`"));
        }
        let doing = || self.doing("writing to");
        let mut db = self.lock();
        // Immediate: the last row is read under the same lock that the insert needs.
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite).during(doing)?;
        let last = tx
            .prepare_cached("SELECT seq, hash FROM record WHERE run = ?1 ORDER BY seq DESC LIMIT 1")
            .and_then(|mut q| {
                q.query_row([run.as_str()], |r| Ok((r.get::<_, i64>(0)? as u64, r.get::<_, String>(1)?))).optional()
            })
            .map_err(from_sqlite)
            .during(doing)?;
        if after.is_some_and(|after| after != last.as_ref().map_or(0, |(seq, _)| *seq)) {
            return Ok(None);
        }
        let (seq, previous) = last.map_or((1, chain::FIRST.to_owned()), |(seq, hash)| (seq + 1, hash));
        let (stored, body) = stamp(&self.clock, run, seq, &previous, record)?;
        tx.prepare_cached(
            "INSERT INTO record (run, seq, at, monotonic_ms, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut q| {
            q.execute((run.as_str(), seq as i64, &stored.at, stored.monotonic_ms as i64, &body, &stored.hash))
        })
        .map_err(from_sqlite)
        .during(doing)?;
        tx.commit().map_err(from_sqlite).during(doing)?;
        Ok(Some(stored))
    }
}

impl Journal for SqliteJournal {
    fn append(&self, run: &RunId, record: &Record) -> Result<Stored> {
        self.add(run, None, record)?.ok_or_else(|| Error::bug("a record was not written"))
    }

    fn append_after(&self, run: &RunId, after: u64, record: &Record) -> Result<Option<Stored>> {
        self.add(run, Some(after), record)
    }

    fn records(&self, run: &RunId) -> Result<Vec<Stored>> {
        let doing = || self.doing("reading");
        let db = self.lock();
        let rows = (|| {
            let mut query = db.prepare_cached(SELECT_RUN)?;
            let rows = query.query_map([run.as_str()], |row| Ok(read(row)))?;
            rows.collect::<rusqlite::Result<Vec<RawRow>>>()
        })()
        .map_err(from_sqlite)
        .during(doing)?;
        rows.into_iter().enumerate().map(|(i, row)| stored(row, run, i as u64 + 1)).collect::<Result<_>>().during(doing)
    }

    fn runs(&self) -> Result<Vec<RunId>> {
        let db = self.lock();
        let runs: rusqlite::Result<Vec<RunId>> = (|| {
            let mut query = db.prepare_cached("SELECT run FROM record WHERE seq = 1 ORDER BY at DESC, run DESC")?;
            query.query_map([], |row| row.get(0).map(RunId))?.collect()
        })();
        runs.map_err(from_sqlite).during(|| self.doing("reading"))
    }

    fn verify(&self, run: Option<&RunId>) -> Result<Verified> {
        let db = self.lock();
        let mut walk = Walk::default();
        let walked = (|| {
            let mut query = db.prepare(if run.is_some() { SELECT_RUN } else { SELECT_ALL })?;
            let mut rows = match run {
                Some(run) => query.query([run.as_str()])?,
                None => query.query([])?,
            };
            while let Some(row) = rows.next()? {
                walk.feed(read(row));
            }
            db.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        })();
        let mut answer = walk.finish();
        match walked {
            Ok(check) if check == "ok" => {}
            Ok(check) => answer.broken.push(Broken { run: None, seq: 0, why: check }),
            Err(e) if is_damage(&e) => answer.broken.push(Broken { run: None, seq: 0, why: e.to_string() }),
            Err(e) => return Err(from_sqlite(e).during(self.doing("verifying"))),
        }
        Ok(answer)
    }
}

const SELECT_RUN: &str = "SELECT run, seq, at, monotonic_ms, body, hash FROM record WHERE run = ?1 ORDER BY seq";
const SELECT_ALL: &str = "SELECT run, seq, at, monotonic_ms, body, hash FROM record ORDER BY run, seq";

/// Reads a row without trusting its types: damage must be reported, not stumbled over.
fn read(row: &rusqlite::Row<'_>) -> RawRow {
    let text = |i: usize, name: &str| match row.get_ref(i) {
        Ok(ValueRef::Text(bytes)) => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| format!("column `{name}` is not text"))
        }
        _ => Err(format!("column `{name}` is not text")),
    };
    let number = |i: usize, name: &str| match row.get_ref(i) {
        Ok(ValueRef::Integer(n)) => u64::try_from(n).map_err(|_| format!("column `{name}` is negative")),
        _ => Err(format!("column `{name}` is not a number")),
    };
    Ok(Raw {
        run: text(0, "run")?,
        seq: number(1, "seq")?,
        at: text(2, "at")?,
        monotonic_ms: number(3, "monotonic_ms")?,
        body: text(4, "body")?,
        hash: text(5, "hash")?,
    })
}

fn stored(row: RawRow, run: &RunId, seq: u64) -> Result<Stored> {
    let damaged = |why: String| {
        Error::bug(format!("record {seq} of run `{run}` cannot be read: {why}"))
            .hint("find what is damaged with `milink runs verify`")
    };
    let raw = row.map_err(damaged)?;
    let record = serde_json::from_str(&raw.body).map_err(|e| damaged(e.to_string()))?;
    Ok(Stored { run: RunId(raw.run), seq: raw.seq, at: raw.at, monotonic_ms: raw.monotonic_ms, record, hash: raw.hash })
}

fn is_damage(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
}

fn from_sqlite(e: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (kind, message, hint) = match e.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => (
            Kind::TimedOut,
            "another process held the file for too long",
            "see which milink is running, then try again",
        ),
        Some(Code::DiskFull) => (Kind::Usage, "the disk is full", "free some space, then `milink cutover resume`"),
        Some(Code::NotADatabase) => {
            (Kind::Usage, "the file is not a journal", "name another folder with `--state-dir DIR`")
        }
        Some(Code::DatabaseCorrupt) => {
            (Kind::Bug, "the file is damaged", "find what is damaged with `milink runs verify`")
        }
        Some(Code::CannotOpen | Code::PermissionDenied | Code::ReadOnly) => (
            Kind::Usage,
            "the file cannot be written",
            "give this user the file, or name another folder with `--state-dir DIR`",
        ),
        _ => (Kind::Bug, "the statement failed", "find what is damaged with `milink runs verify`"),
    };
    Error::new(kind, message).caused_by(e).hint(hint)
}

/// Makes folder and file before SQLite does, so that they are private from the first moment; SQLite gives its side files the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty() && !d.exists()) {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
