//! What ARM knows of logical servers beside the engines' own state.

use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::geo::Hub;
use crate::lab::scenario::servers::LogicalServer;
use crate::lab::scenario::servers::ServiceLevel;
use crate::lab::scenario::types::Azure;
use crate::lab::scenario::types::Database;
use crate::lab::world::instance::Instance;
use hyper::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// A logical server.
pub struct LogicalHost {
    pub instance: Arc<Instance>,
    pub spec: LogicalServer,
    /// By lower-case database name.
    levels: Mutex<BTreeMap<String, ServiceLevel>>,
    /// Tags of failover groups whose primary is here, by lower-case name.
    pub(super) tags: Mutex<BTreeMap<String, serde_json::Value>>,
}

impl LogicalHost {
    pub fn new(instance: Arc<Instance>, spec: &LogicalServer, databases: &[Database]) -> Self {
        let mine = databases.iter().filter(|d| d.instance == spec.id);
        let levels: Vec<(String, ServiceLevel)> =
            mine.map(|d| (d.name.clone(), d.service.clone().unwrap_or_default())).collect();
        let host = Self { instance, spec: spec.clone(), levels: Mutex::default(), tags: Mutex::default() };
        for (name, level) in levels {
            host.set_level(&name, level);
        }
        host
    }
    fn levels(&self) -> MutexGuard<'_, BTreeMap<String, ServiceLevel>> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn level(&self, database: &str) -> ServiceLevel {
        self.levels().get(&database.to_lowercase()).cloned().unwrap_or_default()
    }
    pub fn set_level(&self, database: &str, level: ServiceLevel) {
        let key = database.to_lowercase();
        // Tiers that have a readable replica for sessions which ask for it.
        let reads = ["Premium", "BusinessCritical", "Hyperscale"].contains(&level.tier.as_str());
        self.instance.with(|s| {
            s.server.read_scale.remove(&key);
            if reads {
                s.server.read_scale.insert(key.clone());
            }
        });
        self.levels().insert(key, level);
    }
    /// User databases that are there, however far.
    pub fn databases(&self) -> Vec<String> {
        self.instance.with(|s| s.databases.values().filter(|d| !d.is_system()).map(|d| d.name.clone()).collect())
    }
    pub fn is_down(&self) -> bool {
        self.instance.with(|s| s.server.region_down)
    }
}

/// All logical servers of a lab.
pub struct Servers {
    pub azure: Azure,
    pub hub: Arc<Hub>,
    pub hosts: Vec<LogicalHost>,
}

impl Servers {
    pub fn region<'a>(&'a self, host: &'a LogicalHost) -> &'a str {
        host.spec.region.as_deref().unwrap_or(&self.azure.region)
    }
    pub fn group<'a>(&'a self, host: &'a LogicalHost) -> &'a str {
        host.spec.resource_group.as_deref().unwrap_or(&self.azure.resource_group)
    }
    pub fn id(&self, host: &LogicalHost) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/servers/{}",
            self.azure.subscription,
            self.group(host),
            host.spec.name
        )
    }
    pub fn host(&self, name: &str) -> Option<&LogicalHost> {
        self.hosts.iter().find(|h| h.spec.name.eq_ignore_ascii_case(name))
    }
    pub fn of_instance(&self, id: &str) -> Option<&LogicalHost> {
        self.hosts.iter().find(|h| h.spec.id == id)
    }
    /// A server's id, any letter case.
    pub fn by_id(&self, id: &str) -> Option<&LogicalHost> {
        let folded = id.trim_end_matches('/').to_lowercase();
        self.hosts.iter().find(|h| self.id(h).to_lowercase() == folded)
    }
    /// A database's id: its server and its name.
    pub fn database_by_id(&self, id: &str) -> Option<(&LogicalHost, String)> {
        let (server, name) = id.trim_end_matches('/').rsplit_once('/')?;
        let server = server.to_lowercase();
        let host = self.by_id(server.strip_suffix("/databases")?)?;
        Some((host, name.to_owned()))
    }

    /// The server at an address; a region that is down answers nothing.
    pub fn reach(&self, resource_group: &str, name: &str) -> ArmResult<&LogicalHost> {
        let found = self.host(name).filter(|h| self.group(h).eq_ignore_ascii_case(resource_group));
        let host = found.ok_or_else(|| ArmError::parent_missing(super::address::SERVER_TYPE, name, resource_group))?;
        if host.is_down() {
            return Err(ArmError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!("The service in location '{}' is unavailable.", self.region(host)),
            ));
        }
        Ok(host)
    }
}
