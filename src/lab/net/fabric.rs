//! The state of the paths between hosts: delay, bandwidth, cuts.

use crate::base::changes::Changes;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

/// Properties of the path between two hosts, both ways alike.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Path {
    /// One-way delay.
    pub latency: Duration,
    /// 0: unlimited. Shared by all connections of the two hosts in one direction.
    pub bytes_per_second: u64,
}

impl Default for Path {
    fn default() -> Self {
        Self { latency: Duration::ZERO, bytes_per_second: 0 }
    }
}

/// A direction: from host, to host (lower case).
pub(super) type Direction = (String, String);

#[derive(Default)]
struct Paths {
    default: Path,
    by_pair: BTreeMap<Direction, Path>,
    cut: BTreeSet<Direction>,
    /// When the line of a direction is free again.
    free_at: BTreeMap<Direction, Instant>,
    /// The same for bytes that are counted, in lab time.
    counted: BTreeMap<Direction, Duration>,
}

/// All paths; one per network.
pub(super) struct Fabric {
    paths: Mutex<Paths>,
    /// Bumped whenever a path changes, so that stalled connections look again.
    changed: Changes,
}

/// Pairs are stored in one order, since a path is the same both ways.
fn pair(a: &str, b: &str) -> Direction {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    if a <= b { (a, b) } else { (b, a) }
}

impl Fabric {
    pub(super) fn new() -> Self {
        Self { paths: Mutex::default(), changed: Changes::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Paths> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bump(&self) {
        self.changed.bump();
    }

    pub(super) fn set_default(&self, path: Path) {
        self.lock().default = path;
        self.bump();
    }

    pub(super) fn set(&self, a: &str, b: &str, path: Path) {
        self.lock().by_pair.insert(pair(a, b), path);
        self.bump();
    }

    pub(super) fn get(&self, a: &str, b: &str) -> Path {
        let paths = self.lock();
        paths.by_pair.get(&pair(a, b)).copied().unwrap_or(paths.default)
    }

    pub(super) fn cut(&self, a: &str, b: &str) {
        self.lock().cut.insert(pair(a, b));
        self.bump();
    }

    pub(super) fn restore(&self, a: &str, b: &str) {
        self.lock().cut.remove(&pair(a, b));
        self.bump();
    }

    pub(super) fn is_cut(&self, a: &str, b: &str) -> bool {
        self.lock().cut.contains(&pair(a, b))
    }

    /// Returns at once if the path is open, else when it is restored.
    pub(super) async fn open(&self, a: &str, b: &str) {
        let mut changed = self.changed.subscribe();
        while self.is_cut(a, b) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Books the line, from lab time `now` on, for bytes that are counted and not sent; the answer is when they have left.
    pub(super) fn count(&self, from: &str, to: &str, bytes: u64, now: Duration) -> Duration {
        let rate = self.get(from, to).bytes_per_second;
        if rate == 0 {
            return now;
        }
        let takes = Duration::from_secs_f64(bytes as f64 / rate as f64);
        let mut paths = self.lock();
        let free = paths.counted.entry((from.to_ascii_lowercase(), to.to_ascii_lowercase())).or_insert(now);
        *free = (*free).max(now) + takes;
        *free
    }

    /// Books the line for `bytes`; the answer is when the last of them has left.
    pub(super) fn book(&self, from: &str, to: &str, bytes: usize) -> Instant {
        let rate = self.get(from, to).bytes_per_second;
        let now = Instant::now();
        if rate == 0 {
            return now;
        }
        let nanos = u128::from(bytes as u64) * 1_000_000_000 / u128::from(rate);
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut paths = self.lock();
        let free = paths.free_at.entry((from.to_ascii_lowercase(), to.to_ascii_lowercase())).or_insert(now);
        *free = (*free).max(now) + takes;
        *free
    }
}
