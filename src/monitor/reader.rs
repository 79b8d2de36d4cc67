//! What collectors read through: live servers, or a test's own.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::perform::Effects;
use crate::inventory::fact::Fact;
use crate::inventory::watch;
use crate::inventory::watch::AzureSweep;
use crate::inventory::watch::InstanceRef;
use crate::model::ids::SiteId;
use crate::model::sweep::DatabaseUsers;
use crate::model::sweep::GroupSweep;
use crate::model::sweep::Sweep;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// Backups by lower-case database name.
pub type Backups = Fact<BTreeMap<String, Option<OffsetDateTime>>>;
/// Users by lower-case database name.
pub type Users = BTreeMap<String, Fact<DatabaseUsers>>;

/// Each answers, or fails, within a bound of its own.
#[async_trait]
pub trait Reader: Send + Sync {
    async fn sweep(&self, site: &SiteId) -> Result<Sweep>;
    async fn users(&self, site: &SiteId, databases: &[String]) -> Users;
    async fn backups(&self, site: &SiteId) -> Backups;
    async fn azure(&self, target: &SiteId) -> Result<AzureSweep>;
    /// The failover group of a target; `None`: the estate names none.
    async fn group(&self, _target: &SiteId) -> Option<GroupSweep> {
        None
    }
    /// When links were cut over, by lower-case link name; what nobody wrote down is missing.
    fn switched(&self) -> BTreeMap<String, OffsetDateTime> {
        BTreeMap::new()
    }
}

/// Says whether a failover group protects what is on a target.
#[async_trait]
pub trait Guard: Send + Sync {
    /// `None`: the estate names no group with it.
    async fn group(&self, target: &SiteId) -> Option<GroupSweep>;
}

/// Reads the estate through an observing door: it can change nothing.
pub struct LiveReader {
    pub effects: Arc<Effects>,
    /// Targets by name, as Azure addresses them.
    pub instances: BTreeMap<SiteId, InstanceRef>,
    /// The journal's knowledge of role changes.
    pub switched: Arc<dyn Fn() -> BTreeMap<String, OffsetDateTime> + Send + Sync>,
    pub guard: Arc<dyn Guard>,
}

#[async_trait]
impl Reader for LiveReader {
    async fn sweep(&self, site: &SiteId) -> Result<Sweep> {
        watch::sweep(&self.effects, site).await
    }
    async fn users(&self, site: &SiteId, databases: &[String]) -> Users {
        watch::users(&self.effects, site, databases).await
    }
    async fn backups(&self, site: &SiteId) -> Backups {
        watch::backups(&self.effects, site).await
    }
    async fn azure(&self, target: &SiteId) -> Result<AzureSweep> {
        let instance = self
            .instances
            .get(target)
            .ok_or_else(|| Error::new(Kind::NotFound, format!("no address in Azure is known of {target}")))?;
        watch::azure(&self.effects, instance).await
    }
    async fn group(&self, target: &SiteId) -> Option<GroupSweep> {
        self.guard.group(target).await
    }
    fn switched(&self) -> BTreeMap<String, OffsetDateTime> {
        (self.switched)()
    }
}
