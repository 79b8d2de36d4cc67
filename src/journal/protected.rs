//! When a failover group closed the unprotected window of a migration, as far as this journal knows.

use super::record::Record;
use super::record::StepResult;
use super::record::WINDOW;
use super::record::Window;
use super::store::Journal;
use crate::base::error::Result;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Steps whose end closes and reopens the window, without their group.
const CLOSES: &str = "protect.milestone";
const REOPENS: &str = "fog.delete";

/// The newest window of each group, by lower-case name; none of a group that was deleted since.
pub fn windows(journal: &dyn Journal) -> Result<BTreeMap<String, Window>> {
    let mut found: BTreeMap<String, Window> = BTreeMap::new();
    let mut deleted = BTreeSet::new();
    // Newest run first, newest record of a run first: the first hit of a group counts.
    for run in journal.runs()?.into_iter().filter(|r| r.as_str().starts_with("fog")) {
        for stored in journal.records(&run)?.into_iter().rev() {
            match stored.record {
                Record::StepFinished { step, outcome: StepResult::Done | StepResult::AlreadyDone, .. }
                    if step.kind() == REOPENS =>
                {
                    let group = step.as_str().split_once('/').map_or("", |(_, g)| g);
                    let group = group.split('#').next().unwrap_or_default().to_lowercase();
                    if !found.contains_key(&group) {
                        deleted.insert(group);
                    }
                }
                Record::Evidence { step, name, value } if step.kind() == CLOSES && name == WINDOW => {
                    let Ok(window) = serde_json::from_value::<Window>(value) else { continue };
                    let group = window.group.to_lowercase();
                    if !deleted.contains(&group) {
                        found.entry(group).or_insert(window);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::memory::MemoryJournal;
    use crate::model::ids::RunId;
    use crate::model::ids::StepId;
    use time::macros::datetime;

    fn done(kind: &str) -> Record {
        let step = StepId::new(format!("{kind}/fog-a"));
        Record::StepFinished { step, outcome: StepResult::Done, note: String::new(), duration_ms: 1 }
    }

    #[test]
    fn a_deleted_group_protects_nothing() {
        let clock = crate::base::clock::TokioClock::starting_at(datetime!(2026-03-01 12:00 UTC));
        let journal = MemoryJournal::new(clock);
        let window = Window {
            group: "fog-a".to_owned(),
            opened_at: Some(datetime!(2026-03-01 02:00 UTC)),
            closed_at: datetime!(2026-03-01 10:00 UTC),
        };
        let proven = Record::Evidence {
            step: StepId::new("protect.milestone/fog-a".to_owned()),
            name: WINDOW.to_owned(),
            value: serde_json::to_value(&window).unwrap(),
        };
        journal.append(&RunId::from("fog-1"), &proven).unwrap();
        let found = windows(&journal).unwrap();
        assert_eq!(found.get("fog-a"), Some(&window));
        assert_eq!(window.lasted().map(|d| d.as_secs()), Some(8 * 3600));
        journal.append(&RunId::from("fog-2"), &done("fog.delete")).unwrap();
        assert!(windows(&journal).unwrap().is_empty());
    }
}
