//! The collectors: one task per instance and one per instance in Azure. They read, say what they heard, and wait.

use super::cadence;
use super::reader::Reader;
use super::reader::Users;
use super::snapshot::CollectorKind;
use super::state::Answer;
use super::state::Observation;
use super::state::Source;
use crate::base::clock::SharedClock;
use crate::base::error::Result;
use crate::inventory::fact::Fact;
use crate::inventory::watch::Detail;
use crate::model::ids::SiteId;
use crate::model::sweep::Sweep;
use crate::model::sweep::WatchedDatabase;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two looks at users and backups.
const DETAIL: Duration = Duration::from_secs(30);

/// What every collector needs.
#[derive(Clone)]
pub(super) struct Kit {
    pub(super) reader: Arc<dyn Reader>,
    pub(super) clock: SharedClock,
    pub(super) interval: Duration,
    pub(super) out: mpsc::Sender<Observation>,
    /// Something goes on: look more often.
    pub(super) lively: watch::Receiver<bool>,
    pub(super) stop: CancellationToken,
}

impl Kit {
    /// Tells what was heard; false: nobody listens any more.
    async fn say(&self, source: Source, began: Duration, pause: Duration, result: Result<Answer>) -> bool {
        let took = self.clock.monotonic().saturating_sub(began);
        self.out.send(Observation { source, began, took, pause, result }).await.is_ok()
    }

    /// Waits; a change to lively cuts the wait short. False: it is over.
    async fn wait(&mut self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = crate::base::clock::pause(pause) => true,
            () = becomes_lively(&mut self.lively) => true,
        }
    }

    fn is_lively(&self) -> bool {
        *self.lively.borrow()
    }
}

async fn becomes_lively(lively: &mut watch::Receiver<bool>) {
    lively.mark_unchanged();
    if *lively.borrow() {
        // Already reckoned with in the pause.
        return std::future::pending().await;
    }
    while lively.changed().await.is_ok() {
        if *lively.borrow() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Looks at one instance until stopped. `databases`: lower-case names that belong to links.
pub(super) async fn instance(mut kit: Kit, site: SiteId, kind: CollectorKind, databases: BTreeSet<String>) {
    let mut failures = 0;
    let mut details = Details { read_at: None, users: Users::new() };
    loop {
        let began = kit.clock.monotonic();
        let result = kit.reader.sweep(&site).await;
        failures = if result.is_ok() { 0 } else { failures + 1 };
        let took = kit.clock.monotonic().saturating_sub(began);
        let pause = cadence::pause(kind, kit.interval, took, failures, kit.is_lively());
        let open = result.as_ref().ok().map(|s| open_databases(s, &databases));
        let answer = result.map(|s| Answer::Sweep(Box::new(s)));
        if !kit.say(Source::Instance(site.clone()), began, pause, answer).await {
            return;
        }
        if let Some(open) = open
            && !details.read(&kit, &site, kind, &open).await
        {
            return;
        }
        if !kit.wait(pause).await {
            return;
        }
    }
}

fn open_databases(sweep: &Sweep, wanted: &BTreeSet<String>) -> Vec<String> {
    let ours = |d: &&WatchedDatabase| d.accepts_writes() && wanted.contains(&d.name.to_lowercase());
    sweep.databases.iter().filter(ours).map(|d| d.name.clone()).collect()
}

/// Users and backups: read all now and then, and at once those of a database that has just begun to take writes.
struct Details {
    read_at: Option<Duration>,
    users: Users,
}

impl Details {
    async fn read(&mut self, kit: &Kit, site: &SiteId, kind: CollectorKind, open: &[String]) -> bool {
        let now = kit.clock.monotonic();
        let due = self.read_at.is_none_or(|at| now.saturating_sub(at) >= DETAIL.max(kit.interval));
        let missing: Vec<String> =
            open.iter().filter(|d| !self.users.contains_key(&d.to_lowercase())).cloned().collect();
        if !due && missing.is_empty() {
            return true;
        }
        let asked = if due { open.to_vec() } else { missing };
        let users = if asked.is_empty() { Users::new() } else { kit.reader.users(site, &asked).await };
        if due {
            self.users = users;
            self.read_at = Some(now);
        } else {
            self.users.extend(users);
        }
        // Only a target's backups tell of a milestone.
        let backups = match kind {
            CollectorKind::ManagedInstance => Some(kit.reader.backups(site).await),
            _ => None,
        };
        let lost = |f: &Fact<_>| f.known().is_none();
        if !self.users.is_empty() && self.users.values().all(lost) {
            // Told as unknown below, and tried again soon.
            self.read_at = self.read_at.map(|at| at.saturating_sub(DETAIL / 2));
        }
        // Only a target that takes writes may have been cut over to.
        let switched = if backups.is_some() && !open.is_empty() { kit.reader.switched() } else { BTreeMap::new() };
        // A group is made after the last link is gone: before that there is nothing to ask.
        let group = if backups.is_some() { kit.reader.group(site).await } else { None };
        let detail = Detail { users: self.users.clone(), backups, switched, group };
        kit.say(Source::Detail(site.clone()), now, DETAIL, Ok(Answer::Detail(detail))).await
    }
}

/// Asks Azure about one instance until stopped.
pub(super) async fn azure(mut kit: Kit, target: SiteId) {
    let mut failures = 0;
    loop {
        let began = kit.clock.monotonic();
        let result = kit.reader.azure(&target).await;
        failures = if result.is_ok() { 0 } else { failures + 1 };
        let took = kit.clock.monotonic().saturating_sub(began);
        let pause = cadence::pause(CollectorKind::Azure, kit.interval, took, failures, kit.is_lively());
        let said = kit.say(Source::Azure(target.clone()), began, pause, result.map(Answer::Azure)).await;
        if !said || !kit.wait(pause).await {
            return;
        }
    }
}
