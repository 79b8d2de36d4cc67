//! Failover groups of logical servers: some databases of a server, replicated one by one, that change sides together. Several
//! such groups stand between the same two servers, and each fails over alone (facts: failover-groups 9).
//!
//! Each replicated database is a [`Group`] of its own with that one database; it outlives the failover group that holds it.

use super::hub::Doing;
use super::hub::Group;
use super::hub::Hub;
use super::types::Settings;
use super::types::Trouble;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Between two looks at whether every database has caught up.
const LOOK: Duration = Duration::from_millis(20);

/// How a group of databases changes sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Planned,
    Forced,
    /// Planned; where that does not succeed, forced.
    PlannedFirst,
}

struct State {
    /// Index of the primary.
    primary: usize,
    doing: Doing,
    settings: Settings,
    /// Lower-case name to name.
    databases: BTreeMap<String, String>,
}

/// A failover group between two logical servers.
pub struct ServerGroup {
    pub name: String,
    pub servers: [Arc<Instance>; 2],
    state: Mutex<State>,
}

impl ServerGroup {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn primary(&self) -> Arc<Instance> {
        self.servers[self.state().primary].clone()
    }
    pub fn secondary(&self) -> Arc<Instance> {
        self.servers[1 - self.state().primary].clone()
    }
    pub fn databases(&self) -> Vec<String> {
        self.state().databases.values().cloned().collect()
    }
    pub fn contains(&self, database: &str) -> bool {
        self.state().databases.contains_key(&database.to_lowercase())
    }
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }
    pub fn set(&self, settings: Settings) {
        self.state().settings = settings;
    }
    /// Takes a database in; its replication must stand.
    pub fn add(&self, database: &str) {
        self.state().databases.insert(database.to_lowercase(), database.to_owned());
    }
    /// Lets a database go; its replication stays.
    pub fn release(&self, database: &str) {
        self.state().databases.remove(&database.to_lowercase());
    }
    pub fn is_busy(&self) -> bool {
        self.state().doing != Doing::Nothing
    }
    /// An operation begins; false: another one runs.
    pub fn begin(&self) -> bool {
        let mut state = self.state();
        let free = state.doing == Doing::Nothing;
        if free {
            state.doing = Doing::Creating;
        }
        free
    }
    pub fn end(&self) {
        self.state().doing = Doing::Nothing;
    }
}

/// The same for both directions.
fn replica_name(a: &str, b: &str, database: &str) -> String {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    format!("replica/{low}/{high}/{}", database.to_lowercase())
}

impl Hub {
    fn server_map(&self) -> MutexGuard<'_, BTreeMap<String, Arc<ServerGroup>>> {
        self.server_groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn all_server_groups(&self) -> Vec<Arc<ServerGroup>> {
        self.server_map().values().cloned().collect()
    }
    pub fn server_group(&self, name: &str) -> Option<Arc<ServerGroup>> {
        self.server_map().get(&name.to_lowercase()).cloned()
    }
    pub fn add_server_group(
        &self,
        name: &str,
        primary: &Arc<Instance>,
        secondary: &Arc<Instance>,
        settings: Settings,
    ) -> Arc<ServerGroup> {
        let state = State { primary: 0, doing: Doing::Nothing, settings, databases: BTreeMap::new() };
        let group = Arc::new(ServerGroup {
            name: name.to_owned(),
            servers: [primary.clone(), secondary.clone()],
            state: Mutex::new(state),
        });
        self.server_map().insert(name.to_lowercase(), group.clone());
        group
    }
    /// The group and its names go; the databases stay replicated (facts: failover-groups 9.2).
    pub fn remove_server_group(&self, name: &str) {
        self.server_map().remove(&name.to_lowercase());
    }
    /// The group that a database of a server is in.
    pub fn group_of_database(&self, server: &str, database: &str) -> Option<Arc<ServerGroup>> {
        self.all_server_groups()
            .into_iter()
            .find(|g| g.servers.iter().any(|s| s.config.id == server) && g.contains(database))
    }

    /// Every replicated database that has a copy on that server, by database.
    pub fn replicas_of(&self, server: &str) -> Vec<(String, Arc<Group>)> {
        let mine = |g: Arc<Group>| {
            let database = g.only.clone()?;
            g.holds(server).then_some((database, g))
        };
        self.all().into_iter().filter_map(mine).collect()
    }
    pub fn replica(&self, server: &str, database: &str) -> Option<Arc<Group>> {
        self.replicas_of(server).into_iter().find(|(name, _)| name.eq_ignore_ascii_case(database)).map(|(_, g)| g)
    }
    /// Replication of one database begins; over when it has caught up. One that stands already is taken as it is.
    pub async fn replicate(
        &self,
        primary: &Arc<Instance>,
        secondary: &Arc<Instance>,
        database: &str,
    ) -> Result<(), Trouble> {
        let name = replica_name(&primary.config.id, &secondary.config.id, database);
        if self.find(&name).is_none() {
            self.register_one(&name, &primary.config.id, &secondary.config.id, database)?;
            return self.complete(&name).await;
        }
        Ok(())
    }
    /// Replication of one database ends; both copies take writes from then on.
    pub fn stop_replica(&self, server: &str, database: &str) {
        if let Some(group) = self.replica(server, database) {
            self.remove(&group.name);
        }
    }

    /// `replicationState` of a group: that of the database that is furthest behind.
    pub fn server_group_state(&self, group: &ServerGroup) -> &'static str {
        let primary = group.primary();
        let states: Vec<&str> = group
            .databases()
            .iter()
            .map(|d| self.replica(&primary.config.id, d).map_or("PENDING", |g| g.replication_state()))
            .collect();
        ["PENDING", "SEEDING"].into_iter().find(|s| states.contains(s)).unwrap_or("CATCH_UP")
    }

    pub async fn fail_over_servers(&self, group: &Arc<ServerGroup>, how: How) -> Result<(), Trouble> {
        if !group.begin() {
            return Err(Trouble::Busy);
        }
        let done = match how {
            How::Planned => self.planned_servers(group).await,
            How::Forced => self.switch_servers(group, true).await,
            How::PlannedFirst => match self.planned_servers(group).await {
                Err(_) => self.switch_servers(group, true).await,
                done => done,
            },
        };
        group.end();
        done
    }

    /// All together or none: nothing is switched before every database has caught up.
    async fn planned_servers(&self, group: &Arc<ServerGroup>) -> Result<(), Trouble> {
        let (old, new) = (group.primary(), group.secondary());
        let down = |i: &Instance| i.with(|s| s.server.region_down);
        let limit = Instant::now() + old.with(|s| s.hadr.tuning.failover_timeout);
        let ready = || {
            let mut units = group.databases().into_iter().map(|d| self.replica(&old.config.id, &d));
            !down(&old) && !down(&new) && units.all(|g| g.is_some_and(|g| g.is_synchronized()))
        };
        while !ready() {
            if Instant::now() >= limit {
                return Err(Trouble::TimedOut("a database of the group did not catch up in time".to_owned()));
            }
            tokio::time::sleep(LOOK).await;
        }
        self.switch_servers(group, false).await
    }

    async fn switch_servers(&self, group: &Arc<ServerGroup>, forced: bool) -> Result<(), Trouble> {
        let old = group.primary();
        let mut tasks = JoinSet::new();
        for database in group.databases() {
            if let Some(unit) = self.replica(&old.config.id, &database) {
                tasks.spawn(async move { unit.fail_over(forced).await });
            }
        }
        let mut first = Ok(());
        while let Some(done) = tasks.join_next().await {
            let done = done.unwrap_or(Err(Trouble::Gone));
            first = first.and(done);
        }
        if first.is_ok() {
            let mut state = group.state();
            state.primary = 1 - state.primary;
        }
        first
    }

    /// Where a listener of such a group leads: no zone, the domain alone (facts: failover-groups 4.1).
    pub(super) fn resolve_server(&self, name: &str) -> Option<String> {
        self.all_server_groups().into_iter().find_map(|group| {
            let (primary, secondary) = (group.primary(), group.secondary());
            let (_, domain) = primary.config.host.split_once('.')?;
            let label = group.name.to_lowercase();
            if name == format!("{label}.{domain}") {
                Some(primary.config.host.clone())
            } else if name == format!("{label}.secondary.{domain}") {
                Some(secondary.config.host.clone())
            } else {
                None
            }
        })
    }

    /// A user database that is there and open.
    pub fn is_open(instance: &Instance, database: &str) -> bool {
        instance.with(|s| s.database(database).is_some_and(|d| !d.is_system() && d.state == DatabaseState::Online))
    }
}
