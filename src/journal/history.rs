//! Numbers of links over time, in a table of their own beside the records: thinned and forgotten, unlike them.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use rusqlite::Connection;
use rusqlite::Row;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

/// Longest wait for another process's write; beyond it the minute is lost, which a chart survives.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Minutes are kept for a week, then their worst for each hour.
const MINUTES_KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// Hours are kept for 400 days: a year can be compared with the one before.
const HOURS_KEPT_MS: i64 = 400 * 24 * 3_600_000;
const HOUR_MS: i64 = 3_600_000;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS link_history (
        link             TEXT    NOT NULL,
        at_ms            INTEGER NOT NULL,
        hourly           INTEGER NOT NULL DEFAULT 0,
        lag_ms           INTEGER,
        rpo_ms           INTEGER,
        send_queue_bytes INTEGER,
        redo_queue_bytes INTEGER,
        log_used_ratio   REAL,
        seeding_percent  REAL,
        PRIMARY KEY (link, at_ms)
    ) STRICT, WITHOUT ROWID";

/// One time of one link; none was unknown then.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    pub link: String,
    /// Unix time, milliseconds.
    pub at_ms: i64,
    pub lag_ms: Option<u64>,
    pub rpo_ms: Option<u64>,
    pub send_queue_bytes: Option<u64>,
    pub redo_queue_bytes: Option<u64>,
    /// 0 to 1
    pub log_used_ratio: Option<f64>,
    /// 0 to 100
    pub seeding_percent: Option<f64>,
}

/// The table in the journal's file, over a connection of its own: a slow disk never holds a run back.
pub struct History {
    db: Mutex<Connection>,
}

fn failed(e: rusqlite::Error) -> Error {
    Error::new(Kind::Usage, "the history in the journal's file is out of reach")
        .caused_by(e)
        .hint("watching works without it; is the disk full, or the file of a newer milink?")
}

impl History {
    /// In a journal that is there already.
    pub fn open(journal: &Path) -> Result<Self> {
        Self::over(Connection::open(journal).map_err(failed)?)
    }

    fn over(db: Connection) -> Result<Self> {
        db.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        // A minute lost with the power is no loss; the records' own connection syncs.
        db.pragma_update(None, "synchronous", "normal").map_err(failed)?;
        db.execute_batch(TABLE).map_err(failed)?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// Adds rows, thins and forgets what is old enough; all or nothing.
    pub fn add(&self, rows: &[HistoryRow]) -> Result<()> {
        let mut db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = rows.iter().map(|r| r.at_ms).max();
        let add = |db: &mut Connection| {
            let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            {
                let mut insert = tx.prepare_cached(
                    "INSERT OR REPLACE INTO link_history
                     (link, at_ms, lag_ms, rpo_ms, send_queue_bytes, redo_queue_bytes, log_used_ratio, seeding_percent)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?;
                let int = |n: Option<u64>| n.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
                for r in rows {
                    insert.execute((
                        &r.link,
                        r.at_ms,
                        int(r.lag_ms),
                        int(r.rpo_ms),
                        int(r.send_queue_bytes),
                        int(r.redo_queue_bytes),
                        r.log_used_ratio,
                        r.seeding_percent,
                    ))?;
                }
            }
            if let Some(now) = newest {
                thin(&tx, now)?;
            }
            tx.commit()
        };
        add(&mut db).map_err(failed)
    }

    /// The newest rows of a link, oldest first.
    pub fn newest(&self, link: &str, rows_max: usize) -> Result<Vec<HistoryRow>> {
        let db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let mut query = db.prepare_cached(
                "SELECT link, at_ms, lag_ms, rpo_ms, send_queue_bytes, redo_queue_bytes, log_used_ratio, seeding_percent
                 FROM link_history WHERE link = ?1 ORDER BY at_ms DESC LIMIT ?2",
            )?;
            let rows = query.query_map((link, rows_max as i64), decode)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut rows = read().map_err(failed)?;
        rows.reverse();
        Ok(rows)
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    let int = |i: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.and_then(|n| u64::try_from(n).ok()));
    Ok(HistoryRow {
        link: row.get(0)?,
        at_ms: row.get(1)?,
        lag_ms: int(2)?,
        rpo_ms: int(3)?,
        send_queue_bytes: int(4)?,
        redo_queue_bytes: int(5)?,
        log_used_ratio: row.get(6)?,
        seeding_percent: row.get(7)?,
    })
}

/// Minutes of whole hours that are old enough become one row, the worst of the hour; old hours go.
fn thin(db: &Connection, now: i64) -> rusqlite::Result<()> {
    let before = (now - MINUTES_KEPT_MS) / HOUR_MS * HOUR_MS;
    let waiting: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM link_history WHERE hourly = 0 AND at_ms < ?1)", [before], |r| {
            r.get(0)
        })?;
    if waiting {
        db.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS hour AS SELECT * FROM link_history WHERE 0; DELETE FROM hour;",
        )?;
        db.execute(
            "INSERT INTO hour SELECT link, at_ms / ?2 * ?2, 1, max(lag_ms), max(rpo_ms), max(send_queue_bytes),
             max(redo_queue_bytes), max(log_used_ratio), max(seeding_percent)
             FROM link_history WHERE hourly = 0 AND at_ms < ?1 GROUP BY link, at_ms / ?2",
            [before, HOUR_MS],
        )?;
        db.execute("DELETE FROM link_history WHERE hourly = 0 AND at_ms < ?1", [before])?;
        db.execute("INSERT OR REPLACE INTO link_history SELECT * FROM hour", [])?;
    }
    db.execute("DELETE FROM link_history WHERE at_ms < ?1", [now - HOURS_KEPT_MS])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at_ms: i64, lag_ms: Option<u64>) -> HistoryRow {
        HistoryRow {
            link: "ledger".to_owned(),
            at_ms,
            lag_ms,
            rpo_ms: None,
            send_queue_bytes: Some(7),
            redo_queue_bytes: None,
            log_used_ratio: Some(0.25),
            seeding_percent: None,
        }
    }

    #[test]
    fn minutes_become_hours_keep_their_peak_and_end() {
        let history = History::over(Connection::open_in_memory().unwrap()).unwrap();
        let minute = 60_000;
        let old: Vec<_> = (0..120).map(|i| row(i * minute, (i == 30).then_some(9_000))).collect();
        history.add(&old).unwrap();
        assert_eq!(history.newest("ledger", 1_000).unwrap().len(), 120);
        // A week and two hours later the two hours are two rows; the unknown stays unknown.
        let later = MINUTES_KEPT_MS + 2 * HOUR_MS + minute;
        history.add(&[row(later, Some(1))]).unwrap();
        let rows = history.newest("ledger", 1_000).unwrap();
        let lags: Vec<_> = rows.iter().map(|r| (r.at_ms, r.lag_ms)).collect();
        assert_eq!(lags, [(0, Some(9_000)), (HOUR_MS, None), (later, Some(1))]);
        history.add(&[row(HOURS_KEPT_MS + HOUR_MS + 1, None)]).unwrap();
        assert_eq!(history.newest("ledger", 1_000).unwrap().len(), 2, "hours end too");
        assert_eq!(history.newest("ledger", 1).unwrap()[0].at_ms, HOURS_KEPT_MS + HOUR_MS + 1);
        assert!(history.newest("other", 9).unwrap().is_empty());
    }
}
