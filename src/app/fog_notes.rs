//! What is said beside how a group stands: policy, advice, what is open until the roles are back.

use super::build::App;
use super::fog::FogLook;
use super::fog::Standing;
use crate::arm::resource::activity::ActivityEvent;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::journal::roles;
use crate::model::fact::Fact;
use crate::model::geo::GroupView;
use crate::model::geo::Side;
use crate::rules::fog::activity::Event;
use crate::rules::fog::activity::failovers;
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
use crate::rules::fog::service_key;
use crate::sql::query::geo;
use time::format_description::well_known::Rfc3339;

/// The service keeps its activity log that long.
const LOG_KEPT: time::Duration = time::Duration::days(89);

fn event(e: ActivityEvent) -> Event {
    Event {
        at: e.event_timestamp,
        caller: e.caller,
        operation: e.operation_name.localized_value.unwrap_or_default(),
        action: e.operation_name.value.unwrap_or_default(),
        resource_id: e.resource_id.unwrap_or_default(),
    }
}

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
            rule: "P22",
            severity: Severity::Warn,
            status,
            found,
            remedy: "memory-optimised data on a weaker secondary: its copies fall into a checkpoint-only mode that cannot be read and blocks failovers; raise the secondary first (milink fog runbook scale)",
        });
        rows
    }
}

impl App {
    /// Was the service master key changed after the group had copied it? Nothing where that is sure.
    pub async fn service_key_rows(&self, look: &FogLook) -> Result<Vec<Row>> {
        let Some(side) = look.standing.primary().filter(|_| !look.wanted.between_servers) else {
            return Ok(Vec::new());
        };
        let cx = self.observer()?;
        let changed = match cx.effects.read(&look.facts.member(side).site, geo::service_key()).await {
            Ok(Some(value)) => Fact::Known { value },
            Ok(None) => Fact::unknown("the key is not shown to this login"),
            Err(e) => Fact::unknown(e.chain()),
        };
        let mut rows = service_key::judge(&changed, roles::made(self.journal.as_ref(), &look.facts.name)?);
        rows.retain(|r| r.status != Status::Pass && !self.waives(r.id));
        Ok(rows)
    }

    /// Who failed the group over, by the activity logs of both sides; asked where that is not known, and where Microsoft may.
    pub async fn add_activity(&self, look: &FogLook, notes: &mut Notes) -> Result<()> {
        let open = notes.reminder.as_ref().is_some_and(|r| r.since.is_none());
        let automatic =
            notes.policy.as_ref().and_then(|p| p.api.as_deref()).is_some_and(|p| p.eq_ignore_ascii_case("Automatic"));
        if !open && !automatic {
            return Ok(());
        }
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let mut groups = vec![&look.facts.a.resource_group, &look.facts.b.resource_group];
        groups.dedup();
        let mut events = Vec::new();
        let mut unread = Vec::new();
        for group in groups {
            match arm.activity(group, self.clock.now() - LOG_KEPT).await {
                Ok(found) => events.extend(found.into_iter().map(event)),
                Err(e) => unread.push(e.chain()),
            }
        }
        let found = failovers(&events, &look.facts.name);
        if let Some(reminder) = notes.reminder.as_mut().filter(|_| open) {
            reminder.logged = found.first().cloned();
        }
        notes.by_microsoft = found.into_iter().filter(|f| f.by.is_none()).collect();
        if !unread.is_empty() {
            let mut list = Row::of("fog.activity", Err(unread.join("; ")));
            list.status = if self.waives(list.id) { Status::Waived } else { list.status };
            notes.advice.push(list);
        }
        Ok(())
    }

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
            by_microsoft: Vec::new(),
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
            logged: None,
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
