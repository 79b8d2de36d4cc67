//! Which links are shown, in which order.

use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Snapshot;
use crate::monitor::snapshot::Verdict;
use std::cmp::Ordering;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Worst,
    Name,
    Lag,
    Queue,
    Milestone,
}

impl Sort {
    const ALL: [Sort; 5] = [Sort::Worst, Sort::Name, Sort::Lag, Sort::Queue, Sort::Milestone];
    pub fn word(self) -> &'static str {
        match self {
            Sort::Worst => "worst first",
            Sort::Name => "name",
            Sort::Lag => "lag",
            Sort::Queue => "send queue",
            Sort::Milestone => "milestone",
        }
    }
    #[must_use]
    pub fn next(self) -> Sort {
        let at = Self::ALL.iter().position(|s| *s == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

#[derive(Debug, Clone)]
pub struct Fleet {
    /// By name: a new snapshot may move the row.
    pub selected: Option<String>,
    pub filter: String,
    pub editing: bool,
    pub sort: Sort,
    pub reversed: bool,
    pub faults_only: bool,
    pub marks: BTreeSet<String>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            selected: None,
            filter: String::new(),
            editing: false,
            sort: Sort::Worst,
            reversed: false,
            faults_only: false,
            marks: BTreeSet::new(),
        }
    }
}

/// Worst is 0. Unknown is next to unhealthy: it may be just as bad.
pub fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Unhealthy => 0,
        Verdict::Unknown => 1,
        Verdict::Degraded => 2,
        Verdict::Healthy => 3,
    }
}

impl Fleet {
    /// The links to show, in order.
    pub fn rows<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a LinkSnapshot> {
        let wanted = self.filter.to_lowercase();
        let mut rows: Vec<&LinkSnapshot> = snapshot
            .links
            .iter()
            .filter(|l| !self.faults_only || l.health.verdict != Verdict::Healthy)
            .filter(|l| wanted.is_empty() || words(l).any(|w| w.to_lowercase().contains(&wanted)))
            .collect();
        rows.sort_by(|a, b| {
            let order = self.compare(a, b);
            if self.reversed { order.reverse() } else { order }
        });
        rows
    }

    fn compare(&self, a: &LinkSnapshot, b: &LinkSnapshot) -> Ordering {
        let by = match self.sort {
            Sort::Worst => rank(a.health.verdict).cmp(&rank(b.health.verdict)),
            Sort::Name => Ordering::Equal,
            Sort::Lag => unknown_first(a.flow.lag_ms.known(), b.flow.lag_ms.known()),
            Sort::Queue => unknown_first(a.flow.send_queue_bytes.known(), b.flow.send_queue_bytes.known()),
            Sort::Milestone => a.milestone.known().cmp(&b.milestone.known()),
        };
        by.then_with(|| a.name.cmp(&b.name))
    }

    /// The row that is selected, else the first.
    pub fn current<'a>(&self, rows: &[&'a LinkSnapshot]) -> Option<(usize, &'a LinkSnapshot)> {
        let at = self.selected.as_ref().and_then(|name| rows.iter().position(|l| l.name == *name)).unwrap_or(0);
        rows.get(at).map(|l| (at, *l))
    }
}

fn words(l: &LinkSnapshot) -> impl Iterator<Item = &str> {
    let milestone = l.milestone.known().map_or("unknown", |m| m.as_str());
    [
        l.name.as_str(),
        l.database.as_str(),
        l.source.site.as_str(),
        l.target.site.as_str(),
        l.intent.as_str(),
        l.health.verdict.as_str(),
        milestone,
    ]
    .into_iter()
}

/// Largest first; what is not known comes before, where it is seen.
fn unknown_first(a: Option<&u64>, b: Option<&u64>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Less,
        (_, None) => Ordering::Greater,
        (Some(a), Some(b)) => b.cmp(a),
    }
}

/// How many of each verdict: unhealthy, unknown, degraded, healthy. Under doubt all are unknown.
pub fn counts(snapshot: &Snapshot, trust: Freshness) -> [usize; 4] {
    let mut counts = [0; 4];
    for link in &snapshot.links {
        let verdict = if trust == Freshness::Unknown { Verdict::Unknown } else { link.health.verdict };
        counts[usize::from(rank(verdict))] += 1;
    }
    counts
}
