//! The recent past of each link, bounded: points of one cycle for minutes, means of them for days.

use super::snapshot::LinkSnapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use time::OffsetDateTime;

/// Numbers of one link at one time. `None` was unknown then: a gap in a chart, never a 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// Unix time, milliseconds, UTC.
    pub at_ms: i64,
    pub lag_ms: Option<u64>,
    pub rpo_ms: Option<u64>,
    pub send_queue_bytes: Option<u64>,
    pub redo_queue_bytes: Option<u64>,
    /// 0 to 1
    pub log_used_ratio: Option<f64>,
    /// 0 to 100
    pub seeding_percent: Option<f64>,
}

impl Point {
    /// Only what is fresh: a stale value must not be drawn as if it had been measured again.
    pub fn of(at: OffsetDateTime, link: &LinkSnapshot) -> Self {
        let f = &link.flow;
        Self {
            at_ms: unix_ms(at),
            lag_ms: f.lag_ms.fresh().copied(),
            rpo_ms: f.rpo_ms.fresh().copied(),
            send_queue_bytes: f.send_queue_bytes.fresh().copied(),
            redo_queue_bytes: f.redo_queue_bytes.fresh().copied(),
            log_used_ratio: link.log.used_ratio.fresh().copied(),
            seeding_percent: link.seeding.percent.fresh().copied(),
        }
    }

    /// The worst of several points (a peak must survive thinning); the time of the first.
    pub fn worst(points: &[Point]) -> Option<Point> {
        let first = points.first()?;
        Some(points.iter().skip(1).fold(*first, |a, p| Point {
            at_ms: a.at_ms,
            lag_ms: a.lag_ms.max(p.lag_ms),
            rpo_ms: a.rpo_ms.max(p.rpo_ms),
            send_queue_bytes: a.send_queue_bytes.max(p.send_queue_bytes),
            redo_queue_bytes: a.redo_queue_bytes.max(p.redo_queue_bytes),
            log_used_ratio: larger(a.log_used_ratio, p.log_used_ratio),
            seeding_percent: larger(a.seeding_percent, p.seeding_percent),
        }))
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

pub fn unix_ms(at: OffsetDateTime) -> i64 {
    (at.unix_timestamp_nanos() / 1_000_000) as i64
}

/// Newest points of one link, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ring {
    points: VecDeque<Point>,
}

/// Points kept in memory for each link: ten minutes at one cycle a second, an hour at one every six.
pub const POINTS_MAX: usize = 600;

impl Ring {
    pub fn push(&mut self, point: Point) {
        if self.points.len() == POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
    /// Oldest first.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &Point> + DoubleEndedIterator {
        self.points.iter()
    }
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// At most `n` points over the whole span, each the worst of its part: what a sparkline of `n` columns shows.
    pub fn thinned(&self, n: usize) -> Vec<Point> {
        let all: Vec<Point> = self.points.iter().copied().collect();
        let part = all.len().div_ceil(n.max(1)).max(1);
        all.chunks(part).filter_map(Point::worst).collect()
    }
}

/// By link name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histories {
    pub links: BTreeMap<String, Ring>,
}

impl Histories {
    pub fn of(&self, link: &str) -> Option<&Ring> {
        self.links.get(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at_ms: i64, lag_ms: Option<u64>) -> Point {
        Point {
            at_ms,
            lag_ms,
            rpo_ms: None,
            send_queue_bytes: None,
            redo_queue_bytes: None,
            log_used_ratio: None,
            seeding_percent: None,
        }
    }

    #[test]
    fn a_ring_is_bounded_and_thinning_keeps_the_peak_and_the_gap() {
        let mut ring = Ring::default();
        for i in 0..2_000 {
            ring.push(point(i, (i % 500 == 3).then_some(9_000)));
        }
        assert_eq!(ring.points().len(), POINTS_MAX);
        let thin = ring.thinned(60);
        assert_eq!(thin.len(), 60);
        assert_eq!(thin.iter().filter(|p| p.lag_ms == Some(9_000)).count(), 1, "one peak in the last 600");
        assert!(thin.iter().any(|p| p.lag_ms.is_none()), "unknown stays a gap");
        assert_eq!(Ring::default().thinned(10), Vec::new());
    }
}
