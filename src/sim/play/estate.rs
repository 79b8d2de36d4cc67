//! A lab on pipes, with its application.

use super::trace::Trace;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::lab::scenario;
use crate::lab::scenario::Options;
use crate::lab::scenario::types::Scenario;
use crate::lab::up::start;
use crate::lab::up::start::Running;
use crate::lab::up::start::UpOptions;
use crate::lab::up::start::Wire;
use crate::lab::verdict::Report;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Longest virtual wait for the writers to get some commits acknowledged: longer than any bar, rollback or lost session lasts.
const COMMITS_MAX: Duration = Duration::from_secs(300);

/// Size of simulated databases, MiB: an empty one takes 8.
const SIZE_MIB: u32 = 8;
/// Pause of a simulated writer between two transactions: few commits, spread over every phase.
const THINK_MS: u64 = 150;

static NEXT_DIR: AtomicU64 = AtomicU64::new(1);

/// A folder of this simulation alone; gone when it ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running estate in virtual time.
pub struct Estate {
    pub lab: Running,
    pub clock: SharedClock,
    pub trace: Arc<Trace>,
    folder: Folder,
}

/// A scenario made small, with few and slow writers.
pub fn small(name: &str, databases: u32) -> Result<Scenario> {
    small_of(name, Some(databases))
}

/// The same with the databases of the scenario itself.
pub fn small_of(name: &str, databases: Option<u32>) -> Result<Scenario> {
    let options = Options { databases, odd_name: false, writers: Some(2), size_mib: Some(SIZE_MIB) };
    let mut scenario = scenario::load(name, &options).map_err(|e| Error::usage(e.to_string()))?;
    scenario.timing.time_lapse = 1;
    scenario.workload.think_ms = THINK_MS;
    scenario.workload.updates = 1;
    scenario.workload.selects = 0;
    for path in &mut scenario.paths {
        // What a byte costs would depend on the length of a signature, which no seed fixes.
        path.bandwidth_mib_per_s = 0.0;
    }
    Ok(scenario)
}

impl Estate {
    pub async fn up(scenario: Scenario, clock: SharedClock) -> Result<Self> {
        let n = NEXT_DIR.fetch_add(1, Ordering::Relaxed);
        let folder = Folder(std::env::temp_dir().join(format!("milink-sim-{}-{n}", std::process::id())));
        let options =
            UpOptions { dir: folder.0.clone(), milink: PathBuf::from("milink"), now: clock.now(), wire: Wire::Pipes };
        let lab = start::up(scenario, options).await.map_err(|e| Error::bug("the lab did not come up").caused_by(e))?;
        Ok(Self { trace: Trace::new(clock.clone(), lab.dir()), lab, clock, folder })
    }

    pub fn dir(&self) -> &Path {
        &self.folder.0
    }

    pub fn start_writers(&mut self) -> Result<()> {
        self.lab.start_writers().map_err(|e| Error::bug("the writers did not start").caused_by(e))
    }

    /// Waits until the writers got so many more commits acknowledged.
    pub async fn until_written(&self, more: usize) -> Result<()> {
        let wanted = self.lab.ledger.acknowledged() + more;
        let enough = async {
            while self.lab.ledger.acknowledged() < wanted {
                pause(Duration::from_millis(50)).await;
            }
        };
        within(COMMITS_MAX, enough)
            .await
            .ok_or_else(|| Error::new(Kind::TimedOut, "the application does not get to write again"))
    }

    /// The oracle's word on all that was so far.
    pub async fn judge(&self) -> Result<Report> {
        self.lab.judge().await.map_err(|e| Error::bug("the oracle cannot judge").caused_by(e))
    }
}
