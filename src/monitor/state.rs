//! Everything the collectors brought home, and the snapshot that follows from it. Pure: times are handed in.

use super::aged::Freshness;
use super::aged::Reading;
use super::index::Indexed;
use super::join;
use super::join::Frame;
use super::known::Known;
use super::plan::WatchPlan;
use super::plan::WatchedLink;
use super::snapshot::CollectorKind;
use super::snapshot::LinkSnapshot;
use super::snapshot::Snapshot;
use super::snapshot::Verdict;
use super::trail::Trail;
use super::view::EndView;
use super::view::View;
use crate::base::error::Result;
use crate::base::text;
use crate::inventory::watch::AzureSweep;
use crate::inventory::watch::Detail;
use crate::model::ids::SiteId;
use crate::model::sweep::Sweep;
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

/// What a collector asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Instance(SiteId),
    Detail(SiteId),
    Azure(SiteId),
}

/// What it heard.
#[derive(Debug)]
pub enum Answer {
    Sweep(Box<Sweep>),
    Detail(Detail),
    Azure(AzureSweep),
}

/// One attempt of one collector.
#[derive(Debug)]
pub struct Observation {
    pub source: Source,
    /// On the monotonic clock.
    pub began: Duration,
    pub took: Duration,
    /// Until it asks again.
    pub pause: Duration,
    pub result: Result<Answer>,
}

/// Folds observations into snapshots.
pub struct State {
    plan: WatchPlan,
    instances: BTreeMap<SiteId, Known<Indexed>>,
    details: BTreeMap<SiteId, Known<Detail>>,
    azure: BTreeMap<SiteId, Known<AzureSweep>>,
    trails: BTreeMap<String, Trail>,
    cycle: u64,
}

impl State {
    pub fn new(plan: WatchPlan) -> Self {
        let mut instances = BTreeMap::new();
        let mut details = BTreeMap::new();
        let mut azure = BTreeMap::new();
        for (sites, kind) in
            [(plan.sources(), CollectorKind::SqlServer), (plan.targets(), CollectorKind::ManagedInstance)]
        {
            for site in sites {
                instances.insert(site.clone(), Known::new(kind, plan.interval));
                // As slow as Azure: what it reads changes when somebody administers.
                details.insert(site, Known::new(CollectorKind::Azure, plan.interval));
            }
        }
        if plan.has_azure {
            for site in plan.targets() {
                azure.insert(site, Known::new(CollectorKind::Azure, plan.interval));
            }
        }
        Self { plan, instances, details, azure, trails: BTreeMap::new(), cycle: 0 }
    }

    /// Has every collector been tried at least once?
    pub fn is_complete(&self) -> bool {
        let instances = self.instances.iter().all(|(site, k)| {
            // Details follow a look that went well.
            k.tried() && (k.reading(Duration::MAX).age_ms.is_none() || self.details.get(site).is_none_or(Known::tried))
        });
        instances && self.azure.values().all(Known::tried)
    }

    pub fn observe(&mut self, observation: Observation) {
        let Observation { source, began, took, pause, result } = observation;
        match (&source, result) {
            (Source::Instance(site), Ok(Answer::Sweep(sweep))) => {
                if let Some(known) = self.instances.get_mut(site) {
                    known.learn(Indexed::new(*sweep), began, took);
                    known.pause = pause;
                }
                self.note(site, began);
            }
            (Source::Detail(site), Ok(Answer::Detail(detail))) => {
                if let Some(known) = self.details.get_mut(site) {
                    known.learn(detail, began, took);
                    known.pause = pause;
                }
            }
            (Source::Azure(site), Ok(Answer::Azure(sweep))) => {
                if let Some(known) = self.azure.get_mut(site) {
                    known.learn(sweep, began, took);
                    known.pause = pause;
                }
            }
            (source, result) => {
                let why = result.err().map_or_else(|| "the answer is of another kind".to_owned(), |e| e.chain());
                self.fail(source, why, pause);
            }
        }
    }

    fn fail(&mut self, source: &Source, why: String, pause: Duration) {
        match source {
            Source::Instance(site) => fail(self.instances.get_mut(site), why, pause),
            Source::Detail(site) => fail(self.details.get_mut(site), why, pause),
            Source::Azure(site) => fail(self.azure.get_mut(site), why, pause),
        }
    }

    fn note(&mut self, site: &SiteId, began: Duration) {
        let mut trails = std::mem::take(&mut self.trails);
        for link in self.plan.links.iter().filter(|l| l.source == *site || l.target == *site) {
            let view = self.view(link, began);
            if link.target == *site {
                trails.entry(link.name.clone()).or_default().note_target(&view);
            }
            // Only the primary's look moves a trail.
            if view.primary_side().is_none_or(|side| *view.end(side).site == *site) {
                trails.entry(link.name.clone()).or_default().note(&view, began);
            }
        }
        self.trails = trails;
    }

    fn end<'a>(&'a self, site: &'a SiteId, now: Duration) -> EndView<'a> {
        let instance = self.instances.get(site);
        let detail = self.details.get(site);
        let never = || Reading::never("not watched");
        EndView {
            site,
            seen: instance.and_then(|k| k.get(now)),
            reading: instance.map_or_else(never, |k| k.reading(now)),
            detail: detail.and_then(|k| k.get(now)),
            detail_reading: detail.map_or_else(never, |k| k.reading(now)),
        }
    }

    fn view<'a>(&'a self, link: &'a WatchedLink, now: Duration) -> View<'a> {
        let azure = self.azure.get(&link.target);
        let never = || Reading::never("the estate file has no [azure]");
        View {
            link,
            source: self.end(&link.source, now),
            target: self.end(&link.target, now),
            azure: azure.and_then(|k| k.get(now)),
            azure_reading: azure.map_or_else(never, |k| k.reading(now)),
        }
    }

    /// The estate as known at that time.
    pub fn snapshot(&mut self, at: OffsetDateTime, monotonic: Duration) -> Snapshot {
        self.cycle += 1;
        let frame = Frame { now: at, monotonic, thresholds: &self.plan.thresholds, has_azure: self.plan.has_azure };
        let none = Trail::default();
        let links: Vec<LinkSnapshot> = self
            .plan
            .links
            .iter()
            .map(|l| join::link(&self.view(l, monotonic), self.trails.get(&l.name).unwrap_or(&none), &frame))
            .collect();
        let instances = self.instances.iter().map(|(site, k)| k.describe(site, monotonic));
        let azure = self.azure.iter().map(|(site, k)| k.describe(site, monotonic));
        let collectors: Vec<_> = instances.chain(azure).collect();
        let sentence = sentence(&links, collectors.iter().filter(|c| c.freshness != Freshness::Fresh).count());
        Snapshot { at, cycle: self.cycle, links, collectors, sentence }
    }

    /// Databases of an instance that take writes and belong to a link: who is known inside them matters.
    pub fn writable_databases(&self, site: &SiteId, now: Duration) -> Vec<String> {
        let Some(seen) = self.instances.get(site).and_then(|k| k.get(now)) else { return Vec::new() };
        let here = self.plan.links.iter().filter(|l| l.source == *site || l.target == *site);
        here.filter(|l| seen.database(&l.database).is_some_and(crate::model::sweep::WatchedDatabase::accepts_writes))
            .map(|l| l.database.clone())
            .collect()
    }
}

fn fail<T>(known: Option<&mut Known<T>>, why: String, pause: Duration) {
    if let Some(known) = known {
        known.fail(why);
        known.pause = pause;
    }
}

fn sentence(links: &[LinkSnapshot], lost: usize) -> String {
    let count = |v: Verdict| links.iter().filter(|l| l.health.verdict == v).count();
    let mut parts: Vec<String> =
        Verdict::ALL.into_iter().filter(|v| count(*v) > 0).map(|v| format!("{} {}", count(v), v.as_str())).collect();
    if parts.is_empty() {
        parts.push("no links".to_owned());
    }
    if lost > 0 {
        parts.push(format!("{} not answering", text::count(lost, "collector")));
    }
    if let Some(worst) = links.iter().find(|l| l.health.verdict == Verdict::Unhealthy) {
        let why = worst.health.reasons.first().map_or("", String::as_str);
        parts.push(format!("{}: {why}", worst.name));
    }
    parts.join(", ")
}
