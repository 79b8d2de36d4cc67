//! The monitor: starts the collectors, folds what they say, publishes snapshots.

use super::collect;
use super::collect::Kit;
use super::handle::MonitorHandle;
use super::handle::Stop;
use super::history::Histories;
use super::history::Point;
use super::plan::WatchPlan;
use super::reader::Reader;
use super::snapshot::CollectorKind;
use super::snapshot::LinkSnapshot;
use super::snapshot::Milestone;
use super::snapshot::SeedingPhase;
use super::snapshot::Snapshot;
use super::snapshot::Verdict;
use super::state::Observation;
use super::state::State;
use crate::base::clock::SharedClock;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Ages are published anew at least this often.
const TICK: Duration = Duration::from_secs(1);
/// Observations that may wait to be folded; beyond it collectors wait.
const WAITING_MAX: usize = 256;

/// Keeps points of all links for longer than memory does.
pub trait HistoryStore: Send + Sync {
    /// Recent points of a link, oldest first; none is no error.
    fn load(&self, link: &str) -> Vec<Point>;
    /// Called once a minute at most. A failure is the store's own affair: watching goes on.
    fn keep(&self, points: &[(String, Point)]);
}

/// Keeps nothing.
pub struct NoStore;

impl HistoryStore for NoStore {
    fn load(&self, _: &str) -> Vec<Point> {
        Vec::new()
    }
    fn keep(&self, _: &[(String, Point)]) {}
}

/// Starts watching. Ends when the last handle is dropped.
pub fn start(
    plan: WatchPlan,
    reader: Arc<dyn Reader>,
    clock: SharedClock,
    store: Arc<dyn HistoryStore>,
) -> MonitorHandle {
    let stop = CancellationToken::new();
    let (out, observations) = mpsc::channel(WAITING_MAX);
    let (lively_in, lively) = watch::channel(false);
    let mut histories = Histories::default();
    for link in &plan.links {
        let ring = histories.links.entry(link.name.clone()).or_default();
        store.load(&link.name).into_iter().for_each(|p| ring.push(p));
    }
    let histories = Arc::new(RwLock::new(histories));
    let kit = Kit { reader, clock: clock.clone(), interval: plan.interval, out, lively, stop: stop.clone() };
    for (sites, kind) in [(plan.sources(), CollectorKind::SqlServer), (plan.targets(), CollectorKind::ManagedInstance)]
    {
        for site in sites {
            let here = |l: &&super::plan::WatchedLink| l.source == site || l.target == site;
            let databases: BTreeSet<String> =
                plan.links.iter().filter(here).map(|l| l.database.to_lowercase()).collect();
            tokio::spawn(collect::instance(kit.clone(), site, kind, databases));
        }
    }
    if plan.has_azure {
        for target in plan.targets() {
            tokio::spawn(collect::azure(kit.clone(), target));
        }
    }
    drop(kit);
    let interval = plan.interval;
    let mut state = State::new(plan);
    let first = Arc::new(state.snapshot(clock.now(), clock.monotonic()));
    let (publish, snapshots) = watch::channel(first);
    let (complete_in, complete) = watch::channel(false);
    let core = Core {
        state,
        clock,
        publish,
        complete: complete_in,
        lively: lively_in,
        histories: histories.clone(),
        store,
        interval,
        pushed: None,
        kept: None,
        unkept: Vec::new(),
    };
    tokio::spawn(core.run(observations, stop.clone()));
    MonitorHandle { snapshots, complete, histories, stop: Arc::new(Stop(stop)) }
}

struct Core {
    state: State,
    clock: SharedClock,
    publish: watch::Sender<Arc<Snapshot>>,
    complete: watch::Sender<bool>,
    lively: watch::Sender<bool>,
    histories: Arc<RwLock<Histories>>,
    store: Arc<dyn HistoryStore>,
    interval: Duration,
    pushed: Option<Duration>,
    kept: Option<Duration>,
    /// Points since the store was last given any.
    unkept: Vec<(String, Point)>,
}

impl Core {
    async fn run(mut self, mut observations: mpsc::Receiver<Observation>, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                heard = observations.recv() => match heard {
                    Some(observation) => self.state.observe(observation),
                    None => return,
                },
                () = crate::base::clock::pause(TICK) => {}
            }
            // Whatever else is waiting goes into the same snapshot.
            while let Ok(observation) = observations.try_recv() {
                self.state.observe(observation);
            }
            self.publish();
        }
    }

    fn publish(&mut self) {
        let snapshot = self.state.snapshot(self.clock.now(), self.clock.monotonic());
        let lively = snapshot.links.iter().any(is_lively);
        self.lively.send_if_modified(|was| std::mem::replace(was, lively) != lively);
        self.remember(&snapshot);
        let complete = self.state.is_complete();
        self.publish.send_replace(Arc::new(snapshot));
        self.complete.send_if_modified(|was| std::mem::replace(was, complete) != complete);
    }

    fn remember(&mut self, snapshot: &Snapshot) {
        let now = self.clock.monotonic();
        if self.pushed.is_some_and(|at| now.saturating_sub(at) < self.interval) {
            return;
        }
        self.pushed = Some(now);
        let mut histories = self.histories.write().unwrap_or_else(PoisonError::into_inner);
        for link in &snapshot.links {
            let point = Point::of(snapshot.at, link);
            histories.links.entry(link.name.clone()).or_default().push(point);
            self.unkept.push((link.name.clone(), point));
        }
        drop(histories);
        if self.kept.is_none_or(|at| now.saturating_sub(at) >= KEEP) {
            // The first time there is nothing but what was just loaded.
            if self.kept.is_some() {
                self.store.keep(&thin(std::mem::take(&mut self.unkept)));
            }
            self.kept = Some(now);
        }
    }
}

/// Between two writes to the store.
const KEEP: Duration = Duration::from_secs(60);

/// One point a link: the worst of the minute.
fn thin(points: Vec<(String, Point)>) -> Vec<(String, Point)> {
    let mut by: std::collections::BTreeMap<String, Vec<Point>> = std::collections::BTreeMap::new();
    for (link, point) in points {
        by.entry(link).or_default().push(point);
    }
    by.into_iter().filter_map(|(link, points)| Some((link, Point::worst(&points)?))).collect()
}

/// Worth a closer look: something moves, or is wrong.
fn is_lively(link: &LinkSnapshot) -> bool {
    let seeding = matches!(link.seeding.phase.known(), Some(SeedingPhase::Running | SeedingPhase::Stalled));
    let switching = link.milestone.value.is_none() || link.milestone.known() == Some(&Milestone::CutOver);
    seeding || switching || link.health.verdict == Verdict::Unhealthy
}
