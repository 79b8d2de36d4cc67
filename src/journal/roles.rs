//! When the roles of a failover group were last changed, and when it was made, as far as this journal knows.

use super::record::Record;
use super::record::StepResult;
use super::store::Journal;
use crate::base::error::Result;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A change of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub at: OffsetDateTime,
    /// Site that became primary, and the one that was; `None`: a run of several acts does not say it simply.
    pub to: Option<String>,
    pub from: Option<String>,
    /// By the call that may lose data, and not as a drill that loses nothing.
    pub forced: bool,
}

/// What the first record of a run says about its group.
struct Head {
    group: String,
    op: String,
    primary: String,
    secondary: String,
}

fn head(plan: &Value) -> Option<Head> {
    let fog = plan.get("fog")?;
    let text = |v: &Value| v.as_str().map(str::to_owned);
    Some(Head {
        group: text(&fog["group"])?,
        op: text(&fog["op"])?,
        primary: text(&fog["primary"]["site"])?,
        secondary: text(&fog["secondary"]["site"])?,
    })
}

/// The newest end of a step of one of these kinds on that group, with the head of its run.
fn newest(journal: &dyn Journal, group: &str, kinds: &[&str]) -> Result<Option<(OffsetDateTime, String, Head)>> {
    // Newest run first, newest record of a run first: the first hit counts.
    let own = |run: &str| run.starts_with("fog") || run.starts_with("drill");
    for run in journal.runs()?.into_iter().filter(|r| own(r.as_str())) {
        let records = journal.records(&run)?;
        let plan = records.iter().find_map(|r| match &r.record {
            Record::RunStarted { plan, .. } => head(plan),
            _ => None,
        });
        let Some(head) = plan.filter(|h| h.group.eq_ignore_ascii_case(group)) else { continue };
        let hit = records.iter().rev().find_map(|r| match &r.record {
            Record::StepFinished { step, outcome: StepResult::Done | StepResult::AlreadyDone, .. }
                if kinds.contains(&step.kind()) =>
            {
                Some((OffsetDateTime::parse(&r.at, &Rfc3339).ok()?, step.kind().to_owned()))
            }
            _ => None,
        });
        if let Some((at, kind)) = hit {
            return Ok(Some((at, kind, head)));
        }
    }
    Ok(None)
}

/// The newest change of roles of a group.
pub fn last_turn(journal: &dyn Journal, group: &str) -> Result<Option<Turn>> {
    let found = newest(journal, group, &["fog.failover", "drill.failback"])?;
    Ok(found.map(|(at, kind, head)| {
        let (to, from) = match (kind.as_str(), head.op.as_str()) {
            (_, "runbook") => (None, None),
            ("drill.failback", _) => (Some(head.primary), Some(head.secondary)),
            _ => (Some(head.secondary), Some(head.primary)),
        };
        Turn { at, to, from, forced: head.op == "forced-failover" }
    }))
}

/// When a run of this journal registered the group.
pub fn made(journal: &dyn Journal, group: &str) -> Result<Option<OffsetDateTime>> {
    Ok(newest(journal, group, &["fog.create"])?.map(|(at, ..)| at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::TokioClock;
    use crate::journal::memory::MemoryJournal;
    use crate::model::ids::RunId;
    use crate::model::ids::StepId;
    use serde_json::json;
    use time::macros::datetime;

    fn run(journal: &MemoryJournal, name: &str, op: &str, steps: &[&str]) {
        let plan =
            json!({"fog": {"group": "fog-a", "op": op, "primary": {"site": "mi-a"}, "secondary": {"site": "mi-b"}}});
        let kind = name.split('-').next().unwrap_or_default().to_owned();
        let (host, user, version) = (String::new(), String::new(), String::new());
        journal.append(&RunId::from(name), &Record::RunStarted { kind, plan, host, user, version }).unwrap();
        for kind in steps {
            let step = StepId::new(format!("{kind}/fog-a"));
            let end = Record::StepFinished { step, outcome: StepResult::Done, note: String::new(), duration_ms: 1 };
            journal.append(&RunId::from(name), &end).unwrap();
        }
    }

    #[test]
    fn the_newest_change_of_roles_counts() {
        let journal = MemoryJournal::new(TokioClock::starting_at(datetime!(2026-03-01 12:00 UTC)));
        assert_eq!(last_turn(&journal, "fog-a").unwrap(), None);
        run(&journal, "fog-1", "create", &["fog.create"]);
        assert_eq!(last_turn(&journal, "fog-a").unwrap(), None);
        assert!(made(&journal, "FOG-A").unwrap().is_some());
        run(&journal, "fog-2", "forced-failover", &["fog.failover", "fog.confirm"]);
        let turn = last_turn(&journal, "fog-a").unwrap().unwrap();
        assert_eq!((turn.to.as_deref(), turn.forced), (Some("mi-b"), true));
        run(&journal, "drill-3", "drill", &["fog.failover", "drill.failback"]);
        let turn = last_turn(&journal, "fog-a").unwrap().unwrap();
        assert_eq!((turn.to.as_deref(), turn.from.as_deref(), turn.forced), (Some("mi-a"), Some("mi-b"), false));
        assert_eq!(last_turn(&journal, "fog-b").unwrap(), None);
    }
}
