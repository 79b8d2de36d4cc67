//! What the heartbeat of a drill saw: every write, whether it was acknowledged, and where.

use crate::model::ids::SiteId;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// One attempt to write, Unix time in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    pub number: u64,
    pub at_ms: i64,
    pub site: SiteId,
    pub acknowledged: bool,
}

#[derive(Debug, Default)]
struct Log {
    beats: Vec<Beat>,
    /// Highest number found by the first look at each new primary, and the highest that was acknowledged until then.
    found: Vec<(SiteId, Option<u64>, u64)>,
}

/// Shared by the steps of one run.
#[derive(Debug, Default)]
pub struct Beats(Mutex<Log>);

/// What a change of sides cost, as one client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Acknowledged beats that the new primary did not have; `None`: nobody looked.
    pub lost: Option<u64>,
    /// Last acknowledged on the old side, first acknowledged on the new one.
    pub last_ms: i64,
    pub first_ms: i64,
}

impl Beats {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn add(&self, beat: Beat) {
        self.log().beats.push(beat);
    }
    pub fn clear(&self) {
        *self.log() = Log::default();
    }
    /// A new primary was looked at before the first write to it.
    pub fn landed(&self, site: &SiteId, found: Option<u64>) {
        let mut log = self.log();
        let most = log.beats.iter().filter(|b| b.acknowledged).map(|b| b.number).max().unwrap_or(0);
        log.found.push((site.clone(), found, most));
    }
    /// How many were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.log().beats.iter().filter(|b| b.acknowledged).count()
    }
    /// The newest change to that side; `None`: no beat was acknowledged on both sides of it.
    pub fn gap_to(&self, site: &SiteId) -> Option<Gap> {
        let log = self.log();
        let heard: Vec<&Beat> = log.beats.iter().filter(|b| b.acknowledged).collect();
        let change = heard.windows(2).rev().find(|w| w[0].site != w[1].site && w[1].site == *site)?;
        let found = log.found.iter().rev().find(|f| f.0 == *site);
        let lost = found.and_then(|(_, found, most)| Some(most.saturating_sub((*found)?)));
        Some(Gap { lost, last_ms: change[0].at_ms, first_ms: change[1].at_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_what_one_client_saw() {
        let beats = Beats::default();
        let add = |number, at_ms, site: &str, acknowledged| {
            beats.add(Beat { number, at_ms, site: SiteId::from(site), acknowledged });
        };
        add(1, 100, "a", true);
        add(2, 200, "a", true);
        add(3, 300, "a", false);
        assert_eq!(beats.gap_to(&SiteId::from("b")), None);
        beats.landed(&SiteId::from("b"), Some(1));
        add(4, 900, "b", true);
        let gap = beats.gap_to(&SiteId::from("b")).unwrap();
        assert_eq!((gap.lost, gap.first_ms - gap.last_ms), (Some(1), 700));
        assert_eq!(beats.gap_to(&SiteId::from("a")), None, "where it began is no change");
        beats.landed(&SiteId::from("a"), Some(4));
        add(5, 1300, "a", true);
        let back = beats.gap_to(&SiteId::from("a")).unwrap();
        assert_eq!((back.lost, back.first_ms - back.last_ms), (Some(0), 400));
    }
}
