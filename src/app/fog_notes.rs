//! What is said beside how a group stands: policy, advice, what is open until the roles are back.

use super::build::App;
use super::fog::FogLook;
use super::fog::Standing;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::journal::roles;
use crate::model::fact::Fact;
use crate::model::geo::GroupView;
use crate::model::geo::Side;
use crate::rules::fog::decide::decide;
use crate::rules::fog::ha;
use crate::rules::fog::in_memory;
use crate::rules::fog::notes::Notes;
use crate::rules::fog::notes::PolicySaid;
use crate::rules::fog::notes::Reminder;
use crate::rules::fog::policy;
use crate::rules::fog::policy::Choice;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use time::format_description::well_known::Rfc3339;

/// Somebody answers for deleting a group whose old primary has not come back.
const OLD_PRIMARY: &str = "fog.old_primary";

impl FogLook {
    /// The group as the side shows it that is primary, or else the one that can be read.
    fn seen(&self) -> Option<GroupView> {
        let first = self.standing.primary().unwrap_or(Side::A);
        [first, first.other()].into_iter().find_map(|side| match self.facts.view(side) {
            Fact::Known { value } => value,
            Fact::Unknown { .. } => None,
        })
    }

    fn choice<'a>(&'a self, read: Option<&'a str>) -> Choice<'a> {
        Choice {
            automatic_after: self.wanted.automatic_after,
            accept: &self.wanted.accept,
            read_only_failover: self.wanted.read_only_failover,
            standby: self.wanted.standby,
            read,
        }
    }

    /// What the wanted policy means for this pair.
    pub fn policy_rows(&self) -> Vec<Row> {
        let seen = self.seen();
        let read = seen.as_ref().and_then(|v| v.policy.as_deref());
        policy::advice(&self.choice(read), &self.facts)
    }

    /// Words of the automatic policy that nobody has accepted yet.
    pub fn unaccepted(&self) -> Vec<&'static str> {
        self.choice(None).unaccepted()
    }

    /// The automatic policy is sent only when all of what it costs was accepted.
    pub fn accepted(&self) -> Result<()> {
        let open = self.unaccepted();
        if open.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = open.iter().map(|w| format!("\"{w}\"")).collect();
        Err(Error::refused(format!("policy = \"automatic\" is not accepted: {} missing", words.join(", "))).hint(
            "accept = [..] in the [[failover_group]] takes each word; milink explain microsoft-managed says what each means",
        ))
    }

    /// Rows about a group that stands, which nothing else shows.
    fn advice(&self) -> Vec<Row> {
        if self.standing == Standing::None {
            return Vec::new();
        }
        let mut rows = self.policy_rows();
        rows.retain(|r| r.status != Status::Pass);
        let weak = self.standing.primary().filter(|_| !self.wanted.between_servers);
        let (status, found) = match weak.map(|primary| in_memory::found(&self.facts, primary)) {
            Some(in_memory::Found::Weaker { names, sizes }) => (Status::Fail, format!("{}: {sizes}", names.join(", "))),
            Some(in_memory::Found::Unknown(why)) => (Status::Unknown, why),
            Some(in_memory::Found::Fits(_)) | None => return rows,
        };
        rows.push(Row {
            id: in_memory::WAIVER,
            rule: "3.6",
            severity: Severity::Warn,
            status,
            found,
            remedy: "memory-optimised data on a weaker secondary: its copies fall into a checkpoint-only mode that cannot be read and blocks failovers; raise the secondary first (milink fog runbook scale)",
        });
        rows
    }
}

impl App {
    pub fn group_notes(&self, look: &FogLook) -> Notes {
        let seen = look.seen();
        let manual = match seen.as_ref().and_then(|v| v.policy.as_deref()) {
            Some(policy) => policy.eq_ignore_ascii_case("Manual"),
            None => look.wanted.automatic_after.is_none(),
        };
        Notes {
            policy: seen.as_ref().map(PolicySaid::of),
            action: decide(&look.standing, &look.facts, manual),
            reminder: self.reminder(look),
            advice: look.advice(),
        }
    }

    /// Open until the primary is the one that the estate file names.
    fn reminder(&self, look: &FogLook) -> Option<Reminder> {
        let now = look.standing.primary().filter(|side| *side == Side::B)?;
        let (here, home) = (&look.facts.member(now).site.0, &look.facts.member(now.other()).site.0);
        // A journal that cannot be read leaves the time unknown, not the reminder out.
        let turn = roles::last_turn(self.journal.as_ref(), &look.facts.name).ok().flatten();
        let turn = turn.filter(|t| t.to.as_ref() == Some(here));
        Some(Reminder {
            primary_now: here.clone(),
            home: home.clone(),
            since: turn.as_ref().and_then(|t| t.at.format(&Rfc3339).ok()),
            for_s: turn.as_ref().map(|t| (self.clock.now() - t.at).whole_seconds()),
            forced: turn.as_ref().map(|t| t.forced),
            smaller: ha::smaller(&look.facts, now),
            command: format!("milink fog failover {} --to {home}", look.facts.name),
        })
    }

    /// After a forced failover the old primary comes back by itself: until then nobody deletes in a panic.
    pub(super) fn may_delete(&self, look: &FogLook) -> Result<()> {
        if matches!(look.standing, Standing::InSync { .. }) || self.waives(OLD_PRIMARY) {
            return Ok(());
        }
        let Some(turn) = roles::last_turn(self.journal.as_ref(), &look.facts.name)?.filter(|t| t.forced) else {
            return Ok(());
        };
        let old = turn.from.unwrap_or_else(|| "the old primary".to_owned());
        Err(Error::refused(format!(
            "{} was forced over and {old} has not come back and caught up: it rejoins by itself, as secondary. Delete nothing now",
            look.facts.name
        ))
        .hint(format!("milink fog show {0} until it says `protected`; or [[waiver]] check = \"{OLD_PRIMARY}\"", look.facts.name)))
    }
}
