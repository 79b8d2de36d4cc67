//! What an expression may look at while it is computed.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tokio_util::sync::CancellationToken;

/// Rows a statement may hold at once, over all its parts.
const MAX_ROWS: u64 = 8_000_000;
/// Row steps between two yields to the scheduler.
const YIELD_EVERY: u64 = 2048;
/// Row steps one evaluation that cannot yield may take (a correlated subquery of a single outer row).
const MAX_BLOCKED: u64 = 30_000_000;

/// Variables and in-memory tables of the batch; names are lower case and carry their `@` or `#`.
pub trait Names: Send + Sync {
    fn variable_type(&self, name: &str) -> Option<SqlType>;
    fn variable(&self, name: &str) -> Value;
    fn assign(&self, name: &str, value: Value);
    fn table(&self, name: &str) -> Option<Arc<[Column]>>;
    fn rows(&self, name: &str) -> Option<Vec<(RowId, Row)>>;
}

/// What the `@@` and `ERROR_*` functions answer.
#[derive(Debug, Clone, Default)]
pub struct Status {
    pub error: i32,
    pub rowcount: i64,
    pub nest: i32,
    /// Error a CATCH block is handling.
    pub caught: Option<SqlError>,
    pub context_info: Option<Arc<[u8]>>,
    /// SET options by upper-case name.
    pub options: HashMap<String, String>,
    /// Ids of temp tables.
    pub temp_ids: HashMap<String, i32>,
}

/// One statement's evaluation.
pub struct Rt<'a> {
    pub host: &'a dyn Host,
    pub cx: &'a SessionCx,
    pub names: &'a dyn Names,
    pub status: &'a Status,
    pub now: time::OffsetDateTime,
    pub killed: &'a CancellationToken,
    scans: Mutex<HashMap<String, Arc<Vec<Row>>>>,
    results: Mutex<HashMap<usize, Arc<Vec<Row>>>>,
    previous: Mutex<HashMap<usize, Arc<Vec<Row>>>>,
    steps: AtomicU64,
    held: AtomicU64,
    blocked: AtomicUsize,
    blocked_steps: AtomicU64,
    random: AtomicU64,
}

fn locked<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<'a> Rt<'a> {
    /// A fresh statement.
    pub fn new(
        host: &'a dyn Host,
        cx: &'a SessionCx,
        names: &'a dyn Names,
        status: &'a Status,
        killed: &'a CancellationToken,
    ) -> Self {
        Self {
            host,
            cx,
            names,
            status,
            now: host.now(),
            killed,
            scans: Mutex::default(),
            results: Mutex::default(),
            previous: Mutex::default(),
            steps: AtomicU64::new(0),
            held: AtomicU64::new(0),
            blocked: AtomicUsize::new(0),
            blocked_steps: AtomicU64::new(0),
            random: AtomicU64::new(0),
        }
    }

    /// Rows of a host table; one scan a statement, so every reference sees the same state.
    pub fn scan(&self, name: &Name) -> SqlResult<Arc<Vec<Row>>> {
        let key = name.0.join("\u{1}").to_lowercase();
        if let Some(rows) = locked(&self.scans).get(&key) {
            return Ok(rows.clone());
        }
        let rows = Arc::new(self.host.scan(self.cx, name)?.rows);
        self.hold(rows.len())?;
        locked(&self.scans).insert(key, rows.clone());
        Ok(rows)
    }

    /// Result of an uncorrelated plan, if it ran already.
    pub fn result(&self, id: usize) -> Option<Arc<Vec<Row>>> {
        locked(&self.results).get(&id).cloned()
    }
    pub fn keep_result(&self, id: usize, rows: Arc<Vec<Row>>) {
        locked(&self.results).insert(id, rows);
    }
    /// Rows of a recursive CTE's previous round.
    pub fn previous(&self, id: usize) -> Arc<Vec<Row>> {
        locked(&self.previous).get(&id).cloned().unwrap_or_default()
    }
    pub fn set_previous(&self, id: usize, rows: Arc<Vec<Row>>) {
        locked(&self.previous).insert(id, rows);
    }

    /// Counts rows that were made.
    pub fn hold(&self, rows: usize) -> SqlResult<()> {
        if self.held.fetch_add(rows as u64, Ordering::Relaxed) > MAX_ROWS { Err(fault::no_memory()) } else { Ok(()) }
    }

    /// One row step; gives way to others now and then.
    pub async fn step(&self) -> SqlResult<()> {
        let n = self.steps.fetch_add(1, Ordering::Relaxed);
        if n % YIELD_EVERY != YIELD_EVERY - 1 {
            return Ok(());
        }
        if self.killed.is_cancelled() {
            return Err(SqlError::new(
                596,
                21,
                "Cannot continue the execution because the session is in the kill state.",
            ));
        }
        if self.blocked.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        } else if self.blocked_steps.fetch_add(YIELD_EVERY, Ordering::Relaxed) > MAX_BLOCKED {
            return Err(fault::no_memory());
        }
        Ok(())
    }

    /// Marks a stretch that cannot yield; ends with the guard.
    pub fn block(&self) -> Blocked<'_> {
        if self.blocked.fetch_add(1, Ordering::Relaxed) == 0 {
            self.blocked_steps.store(0, Ordering::Relaxed);
        }
        Blocked(&self.blocked)
    }

    /// Next pseudo-random number of RAND().
    pub fn random(&self, seed: Option<u64>) -> f64 {
        let mut x = match seed {
            Some(s) => s ^ 0x9E37_79B9_7F4A_7C15,
            None => match self.random.load(Ordering::Relaxed) {
                0 => crate::base::random::uuid().as_u64_pair().0,
                x => x,
            },
        };
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.store(x, Ordering::Relaxed);
        (x >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// See [`Rt::block`].
pub struct Blocked<'a>(&'a AtomicUsize);

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The row an expression sees, and those around it.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub rt: &'a Rt<'a>,
    pub row: &'a [Value],
    pub aggs: &'a [Value],
    pub wins: &'a [Value],
    pub outer: Option<&'a Env<'a>>,
}

impl<'a> Env<'a> {
    /// Of a bare row.
    pub fn of(rt: &'a Rt<'a>, row: &'a [Value], outer: Option<&'a Env<'a>>) -> Self {
        Self { rt, row, aggs: &[], wins: &[], outer }
    }
}
