//! What is watched, how often, and where the lines are.

use crate::model::ids::SiteId;
use std::collections::BTreeSet;
use std::time::Duration;

/// A link to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedLink {
    /// Also the distributed group's name.
    pub name: String,
    pub database: String,
    pub intent: String,
    pub source: SiteId,
    pub target: SiteId,
    /// Failover group of the target, by the estate file.
    pub group: Option<String>,
}

/// Where health turns. Each has its source beside its default.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// `[policy] lag_max`
    pub lag_max: Duration,
    /// At 100 % replication stops (facts: mi-link 7.3); 80 % leaves a log backup's time.
    pub log_degraded_ratio: f64,
    pub log_unhealthy_ratio: f64,
    /// `[policy] certificate_days`
    pub certificate_days: u32,
    /// Without one byte more for so long, a seeding is stalled.
    pub seeding_stalled: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            lag_max: Duration::from_secs(30),
            log_degraded_ratio: 0.80,
            log_unhealthy_ratio: 0.95,
            certificate_days: 30,
            seeding_stalled: Duration::from_secs(120),
        }
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchPlan {
    /// In the order in which they are shown.
    pub links: Vec<WatchedLink>,
    /// Between two looks at an instance while nothing happens.
    pub interval: Duration,
    /// False: the estate has no Azure, and what only Azure knows is unknown.
    pub has_azure: bool,
    pub thresholds: Thresholds,
}

impl WatchPlan {
    /// SQL Servers, in order of their names.
    pub fn sources(&self) -> BTreeSet<SiteId> {
        self.links.iter().map(|l| l.source.clone()).collect()
    }
    /// Managed instances.
    pub fn targets(&self) -> BTreeSet<SiteId> {
        self.links.iter().map(|l| l.target.clone()).collect()
    }
}
