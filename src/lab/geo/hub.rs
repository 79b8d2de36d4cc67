//! All failover groups of an estate.

use super::failover;
use super::receive;
use super::servers::ServerGroup;
use super::ship;
use super::types::GeoCopy;
use super::types::GeoState;
use super::types::Settings;
use super::types::Trouble;
use super::wire::PORT;
use crate::lab::mirror::managed;
use crate::lab::world::database::Access;
use crate::lab::world::database::Database;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Full backups come before the first byte is copied (facts: failover-groups 5); this long they take here.
const FIRST_BACKUPS: Duration = Duration::from_millis(300);
/// Between two looks at the state of a creation.
const LOOK: Duration = Duration::from_millis(50);
/// Creation is cancelled after so long (facts: failover-groups 5).
const CREATION_MAX: Duration = Duration::from_secs(6 * 24 * 3600);

/// What an operation of a group does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Nothing,
    Creating,
    FailingOver,
    Deleting,
}

pub(super) struct GroupState {
    /// Index of the primary.
    pub(super) primary: usize,
    pub(super) doing: Doing,
    /// Every database was copied once.
    pub(super) complete: bool,
    /// After a forced failover, until the old primary has caught up.
    pub(super) resyncing: bool,
    pub(super) settings: Settings,
    /// Ends the streams of this generation.
    pub(super) streams: CancellationToken,
}

/// One group: two instances, always the same; their roles change.
pub struct Group {
    pub name: String,
    /// Of a logical server: this database alone. Of managed instances: all.
    pub(super) only: Option<String>,
    pub(super) members: [Arc<Instance>; 2],
    state: Mutex<GroupState>,
    stop: CancellationToken,
}

impl Group {
    pub(super) fn state(&self) -> MutexGuard<'_, GroupState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn primary(&self) -> Arc<Instance> {
        self.members[self.state().primary].clone()
    }
    pub fn secondary(&self) -> Arc<Instance> {
        self.members[1 - self.state().primary].clone()
    }
    /// Does the group replicate that database?
    pub(super) fn covers(&self, database: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(database))
    }
    pub fn holds(&self, id: &str) -> bool {
        self.members.iter().any(|m| m.config.id == id)
    }
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }
    /// Creation is not over: nothing can be failed over to.
    pub fn is_creating(&self) -> bool {
        !self.state().complete
    }
    pub fn is_busy(&self) -> bool {
        !matches!(self.state().doing, Doing::Nothing | Doing::Creating)
    }

    /// `replicationState` (facts: failover-groups 2.4).
    pub fn replication_state(&self) -> &'static str {
        let (complete, resyncing) = {
            let s = self.state();
            (s.complete, s.resyncing)
        };
        let begun = self.copies().iter().any(|g| g.state != GeoState::Pending);
        match (complete, resyncing) {
            (true, false) => "CATCH_UP",
            (true, true) => "SEEDING",
            (false, _) if begun => "SEEDING",
            (false, _) => "PENDING",
        }
    }

    /// Every user database of the primary.
    pub(super) fn copies(&self) -> Vec<GeoCopy> {
        let mine = |d: &&Database| self.covers(&d.name);
        self.primary()
            .with(|s| s.databases.values().filter(mine).filter_map(|d| d.geo.clone()).filter(|g| g.primary).collect())
    }

    /// Every user database is replicated and its partner answers.
    pub(super) fn is_synchronized(&self) -> bool {
        let mine = |d: &&Database| !d.is_system() && self.covers(&d.name);
        let users = self.primary().with(|s| s.databases.values().filter(mine).count());
        let copies = self.copies();
        copies.len() >= users && copies.iter().all(|g| g.state == GeoState::CatchUp && g.connected)
    }

    /// A new generation of streams, in the present direction.
    pub(super) fn start_streams(self: &Arc<Self>) {
        let token = self.stop.child_token();
        self.state().streams = token.clone();
        tokio::spawn(ship::replicate(self.clone(), self.primary(), self.secondary(), token));
    }

    pub async fn fail_over(self: &Arc<Self>, forced: bool) -> Result<(), Trouble> {
        if forced { failover::forced(self).await } else { failover::planned(self).await }
    }

    pub fn update(&self, settings: Settings) {
        self.state().settings = settings;
    }
}

/// The groups of a lab; every managed instance takes partners in.
pub struct Hub {
    groups: Mutex<BTreeMap<String, Arc<Group>>>,
    /// Failover groups of logical servers.
    pub(super) server_groups: Mutex<BTreeMap<String, Arc<ServerGroup>>>,
    instances: Vec<Arc<Instance>>,
    stop: CancellationToken,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Hub {
    pub async fn start(instances: Vec<Arc<Instance>>, stop: &CancellationToken) -> io::Result<Arc<Self>> {
        let hub = Arc::new(Self {
            groups: Mutex::default(),
            server_groups: Mutex::default(),
            instances,
            stop: stop.child_token(),
        });
        if hub.instances.len() > 1 {
            for instance in &hub.instances {
                let listener = instance.network.listen(&instance.config.host, PORT).await?;
                let stop = hub.stop.child_token();
                tokio::spawn(receive::accept(Arc::downgrade(&hub), instance.clone(), listener, stop));
            }
        }
        Ok(hub)
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Group>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn all(&self) -> Vec<Arc<Group>> {
        self.groups().values().cloned().collect()
    }
    pub fn find(&self, name: &str) -> Option<Arc<Group>> {
        self.groups().get(&name.to_lowercase()).cloned()
    }
    /// The group that an instance is in.
    pub fn of(&self, id: &str) -> Option<Arc<Group>> {
        self.all().into_iter().find(|g| g.only.is_none() && g.holds(id))
    }
    fn instance(&self, id: &str) -> Option<Arc<Instance>> {
        self.instances.iter().find(|i| i.config.id == id).cloned()
    }

    /// Registers a group; it is not protected before [`Hub::complete`] is over.
    pub fn register(&self, name: &str, primary: &str, secondary: &str, settings: Settings) -> Result<(), Trouble> {
        self.add(name, (primary, secondary), settings, None)
    }

    /// The replication of one database.
    pub(super) fn register_one(
        &self,
        name: &str,
        primary: &str,
        secondary: &str,
        database: &str,
    ) -> Result<(), Trouble> {
        let settings = Settings { automatic: false, grace_minutes: None, read_only_failover: false, standby: false };
        self.add(name, (primary, secondary), settings, Some(database.to_owned()))
    }

    fn add(
        &self,
        name: &str,
        (primary, secondary): (&str, &str),
        settings: Settings,
        only: Option<String>,
    ) -> Result<(), Trouble> {
        let members = self.instance(primary).zip(self.instance(secondary)).ok_or(Trouble::Gone)?;
        let group = Group {
            name: name.to_owned(),
            only,
            members: [members.0, members.1],
            state: Mutex::new(GroupState {
                primary: 0,
                doing: Doing::Creating,
                complete: false,
                resyncing: false,
                settings,
                streams: CancellationToken::new(),
            }),
            stop: self.stop.child_token(),
        };
        self.groups().insert(name.to_lowercase(), Arc::new(group));
        Ok(())
    }

    /// Full backups, then seeding, until every database has caught up.
    pub async fn complete(&self, name: &str) -> Result<(), Trouble> {
        let group = self.find(name).ok_or(Trouble::Gone)?;
        tokio::time::sleep(FIRST_BACKUPS).await;
        let primary = group.primary();
        let mine = |d: &&Database| !d.is_system() && group.covers(&d.name);
        let names: Vec<_> = primary.with(|s| s.databases.values().filter(mine).map(|d| d.name.clone()).collect());
        for name in names {
            managed::full_backup(&primary, &name).await;
        }
        group.start_streams();
        let caught_up = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if self.find(name).is_none() {
                    return Err(Trouble::Gone);
                }
                if group.is_synchronized() {
                    let mut state = group.state();
                    state.complete = true;
                    if state.doing == Doing::Creating {
                        state.doing = Doing::Nothing;
                    }
                    return Ok(());
                }
            }
        };
        if let Ok(done) = tokio::time::timeout(CREATION_MAX, caught_up).await {
            return done;
        }
        self.remove(name);
        Err(Trouble::TimedOut("creation was cancelled".to_owned()))
    }

    /// Cuts replication; the copies stay, and what was the secondary takes writes from now on (facts: failover-groups 2.3).
    pub fn remove(&self, name: &str) {
        let Some(group) = self.groups().remove(&name.to_lowercase()) else { return };
        group.state().doing = Doing::Deleting;
        group.stop.cancel();
        for member in &group.members {
            member.with(|s| {
                let half: Vec<String> = s
                    .databases
                    .values()
                    .filter(|d| group.covers(&d.name))
                    .filter(|d| d.geo.as_ref().is_some_and(|g| !g.primary && g.state != GeoState::CatchUp))
                    .map(|d| d.name.to_lowercase())
                    .collect();
                // What was only half copied goes away.
                for key in half {
                    s.databases.remove(&key);
                }
                for db in s.databases.values_mut().filter(|d| group.covers(&d.name)) {
                    if db.geo.take().is_some_and(|g| !g.primary) {
                        db.access = Access::ReadWrite;
                    }
                }
            });
            member.notify();
        }
    }

    /// Where a name leads: the listeners of a group are CNAMEs of instances (facts: failover-groups 4.2).
    pub fn resolve(&self, name: &str) -> Option<String> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        for group in self.all().into_iter().filter(|g| g.only.is_none()) {
            let (primary, secondary) = (group.primary(), group.secondary());
            let zone = primary.config.host.split_once('.').map(|(_, zone)| zone.to_owned()).unwrap_or_default();
            let label = group.name.to_lowercase();
            if name == format!("{label}.{zone}") {
                return Some(primary.config.host.clone());
            }
            if name == format!("{label}.secondary.{zone}") {
                return Some(secondary.config.host.clone());
            }
        }
        self.resolve_server(&name)
    }
}
