//! Starting a monitor over an estate.

use super::build::App;
use super::facts;
use super::protection::Groups;
use crate::base::error::Result;
use crate::effects::fault::NoFaults;
use crate::effects::mode::Mode;
use crate::effects::perform::Begin;
use crate::effects::perform::Effects;
use crate::journal::switched::switched;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::monitor::handle::MonitorHandle;
use crate::monitor::plan::Thresholds;
use crate::monitor::plan::WatchPlan;
use crate::monitor::plan::WatchedLink;
use crate::monitor::reader::LiveReader;
use crate::monitor::run;
use crate::monitor::run::HistoryStore;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl App {
    fn group_of(&self, target: &SiteId) -> Option<String> {
        let groups = self.config.failover_groups.iter();
        groups.into_iter().find(|g| g.primary == *target || g.secondary == *target).map(|g| g.name.clone())
    }

    /// What would be watched: the named links, or all.
    pub fn watch_plan(&self, names: &[String], interval: Option<Duration>) -> Result<WatchPlan> {
        let links = self.config.select(names)?.into_iter().map(|l| WatchedLink {
            name: l.name.0.clone(),
            database: l.database.clone(),
            intent: l.intent.as_str().to_owned(),
            source: l.source.clone(),
            target: l.target.clone(),
            group: self.group_of(&l.target),
        });
        Ok(WatchPlan {
            links: links.collect(),
            interval: interval.unwrap_or(self.config.monitor.interval),
            has_azure: self.arm.is_some(),
            thresholds: Thresholds { lag_max: self.config.policy.lag_max, ..Thresholds::default() },
        })
    }

    /// Starts watching, through a door that can change nothing.
    pub fn watch(
        &self,
        names: &[String],
        interval: Option<Duration>,
        store: Arc<dyn HistoryStore>,
    ) -> Result<MonitorHandle> {
        let plan = self.watch_plan(names, interval)?;
        let mut instances = BTreeMap::new();
        if plan.has_azure {
            for target in plan.targets() {
                let instance = facts::instance_ref(&self.config, self.config.target(&target)?)?;
                instances.insert(target, instance);
            }
        }
        let effects = Arc::new(Effects::new(
            self.sites("milink watch")?,
            self.arm.clone(),
            self.journal.clone(),
            RunId::from("watch"),
            Mode::Observe,
            Arc::new(NoFaults),
            Begin::default(),
        ));
        let mut groups = Vec::new();
        for g in &self.config.failover_groups {
            groups.push((g.clone(), self.place(&g.primary)?, self.place(&g.secondary)?));
        }
        let guard =
            Groups { effects: effects.clone(), names: self.names.clone(), journal: self.journal.clone(), groups };
        let journal = self.journal.clone();
        // A journal that cannot be read proves no role change: the milestone then stays at what is proven.
        let switched = Arc::new(move || switched(journal.as_ref()).unwrap_or_default());
        let reader = LiveReader { effects, instances, switched, guard: Arc::new(guard) };
        Ok(run::start(plan, Arc::new(reader), self.clock.clone(), store))
    }
}
