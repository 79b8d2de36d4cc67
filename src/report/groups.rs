//! A failover group as an operator looks at it day by day: how it stands, since when, and whether it was ever tried.

use super::drill::DrillLine;
use super::fog::GroupReport;
use crate::journal::record::Window;
use serde::Serialize;
use std::time::Duration;

/// A drill older than this is overdue (facts: failover-groups 10.5, every quarter): a quarter of the longest kind.
pub const DRILL_DUE: Duration = Duration::from_secs(92 * 24 * 3600);

/// One group of the estate.
#[derive(Debug, Clone, Serialize)]
pub struct GroupLine {
    pub group: GroupReport,
    /// Whole on both sides and both listeners right, at that moment; null: unknown.
    pub holds: Option<bool>,
    /// Why not, or why it is unknown.
    pub why: Option<String>,
    /// The unprotected window of a migration that ended here; null: none in this journal.
    pub window: Option<Window>,
    /// The newest drill that went over and back; null: none in this journal.
    pub drill: Option<DrillLine>,
    /// A drill that has not ended.
    pub open_drill: Option<String>,
    /// After how many seconds a drill is overdue.
    pub drill_due_s: u64,
}

impl GroupLine {
    /// Is a drill due? Null: how old the last one is, is unknown. A group that was never tried is due.
    pub fn drill_due(&self) -> Option<bool> {
        match &self.drill {
            None => Some(true),
            Some(drill) => {
                let age = drill.age_s?;
                Some(u64::try_from(age).unwrap_or(0) > self.drill_due_s)
            }
        }
    }
}

/// Of all drills of a journal, oldest first: the newest of that group that was whole, and one that is open.
pub fn drills_of(drills: &[DrillLine], group: &str) -> (Option<DrillLine>, Option<String>) {
    let own = |d: &&DrillLine| d.group.as_deref().is_some_and(|g| g.eq_ignore_ascii_case(group));
    let newest =
        drills.iter().filter(own).filter(|d| d.status == "committed").max_by(|a, b| a.started_at.cmp(&b.started_at));
    let open = drills.iter().filter(own).find(|d| d.status == "open");
    (newest.cloned(), open.map(|d| d.run_id.clone()))
}
