//! What the screen of failover groups knows: read every few seconds while somebody looks at it.

use crate::monitor::aged::Freshness;
use crate::report::groups::GroupLine;
use time::OffsetDateTime;

/// Between two looks. A look asks both members, every database and both listeners, so it is no second's work.
const EVERY_S: i64 = 10;
/// A look older than this is late …
const LATE_S: i64 = 30;
/// … and one older than this says nothing any more.
const LOST_S: i64 = 90;

#[derive(Debug, Clone, Default)]
pub struct Groups {
    pub list: Vec<GroupLine>,
    /// When the list came.
    pub at: Option<OffsetDateTime>,
    /// When a look began that has not ended.
    pub asked: Option<OffsetDateTime>,
    /// Why the last look failed.
    pub error: Option<String>,
    pub selected: usize,
}

impl Groups {
    /// How far the list may be trusted.
    pub fn trust(&self, now: OffsetDateTime) -> Freshness {
        match self.at.map(|at| (now - at).whole_seconds()) {
            None => Freshness::Unknown,
            Some(age) if age > LOST_S => Freshness::Unknown,
            Some(age) if age > LATE_S || self.error.is_some() => Freshness::Stale,
            Some(_) => Freshness::Fresh,
        }
    }

    /// True: a look is to begin, and is noted as begun.
    pub fn ask(&mut self, now: OffsetDateTime) -> bool {
        if self.asked.is_some() {
            return false;
        }
        self.asked = Some(now);
        true
    }

    /// The same, when the last one is old enough.
    pub fn ask_again(&mut self, now: OffsetDateTime) -> bool {
        let due = self.at.is_none_or(|at| (now - at).whole_seconds() >= EVERY_S);
        due && self.ask(now)
    }

    pub fn came(&mut self, now: OffsetDateTime, found: Result<Vec<GroupLine>, String>) {
        self.asked = None;
        match found {
            Ok(list) => {
                // The cursor stays with its group.
                let name = self.current().map(|g| g.group.group.clone());
                let place = list.iter().position(|g| Some(&g.group.group) == name.as_ref());
                self.selected = place.unwrap_or(0);
                (self.list, self.at, self.error) = (list, Some(now), None);
            }
            Err(why) => self.error = Some(why),
        }
    }

    pub fn current(&self) -> Option<&GroupLine> {
        self.list.get(self.selected).or(self.list.last())
    }
}
