//! What must hold of a group, read out of the lab itself: its roles, who can write where, which requests reached the service; and
//! whether what milink says is so.

use super::deed::Deed;
use crate::app::fog::FogOp;
use crate::app::fog::Standing;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::journal::fold::fold;
use crate::journal::record::RunResult;
use crate::lab::arm::heard::Heard;
use crate::lab::up::record::ESTATE;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::Instance;
use crate::sim::play::estate::Estate;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Immortal;
use crate::sim::play::operator::Operator;
use std::sync::Arc;
use std::time::Duration;

/// Virtual time until the copies are whole again after everything is in order.
const SETTLE_MAX: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Between two looks at who can write where.
const WATCH_EVERY: Duration = Duration::from_millis(50);

pub(super) fn wrong<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::new(Kind::Bug, why.into()))
}

/// A group as the lab has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Truth {
    pub name: String,
    pub primary: String,
    pub secondary: String,
    pub state: &'static str,
}

impl Truth {
    fn is(&self, [name, primary, secondary]: [&str; 3]) -> bool {
        self.name == name && self.primary == primary && self.secondary == secondary
    }
}

/// The group of a deed; there is never more than one of them.
pub(super) fn truth(estate: &Estate, deed: Deed) -> Option<Truth> {
    let hub = &estate.lab.hub;
    if deed.of_servers() {
        let group = hub.server_group(deed.members()[0])?;
        return Some(Truth {
            name: group.name.clone(),
            primary: group.primary().config.id.clone(),
            secondary: group.secondary().config.id.clone(),
            state: hub.server_group_state(&group),
        });
    }
    let group = hub.all().into_iter().next()?;
    Some(Truth {
        name: group.name.clone(),
        primary: group.primary().config.id.clone(),
        secondary: group.secondary().config.id.clone(),
        state: group.replication_state(),
    })
}

/// An application login could commit there now.
fn takes_writes(instance: &Instance, database: &str, application: &[&str]) -> bool {
    instance.with(|s| {
        let open =
            s.database(database).is_some_and(|d| d.state == DatabaseState::Online && d.access == Access::ReadWrite);
        let mut logins = s.security.principals.values();
        let let_in = logins.any(|p| !p.disabled && application.contains(&p.name.as_str()));
        open && let_in && !s.server.region_down
    })
}

/// Never two copies that an application can write to. Ends only with a violation.
pub(super) async fn one_writable(estate: &Estate, deed: Deed) -> Result<()> {
    let logins: Vec<&str> = estate
        .lab
        .record
        .servers
        .iter()
        .flat_map(|s| &s.logins)
        .filter(|l| l.application)
        .map(|l| l.name.as_str())
        .collect();
    loop {
        for d in &estate.lab.record.databases {
            // Where a link came from other things bar the way as well; there the sampler from outside tells.
            let members = estate.lab.instances.iter().filter(|(_, i)| i.config.is_managed());
            let open: Vec<&String> =
                members.filter(|(_, i)| takes_writes(i, &d.name, &logins)).map(|(id, _)| id).collect();
            // A deletion says that it leaves two of an instance's.
            if open.len() > 1 && deed != Deed::Delete {
                return wrong(format!("{} takes writes on {open:?} at once", d.name));
            }
        }
        pause(WATCH_EVERY).await;
    }
}

/// One kind of request.
type Asked = (&'static str, &'static str, usize);

/// What a deed may ask of the service, once each unless told otherwise.
fn may_ask(deed: Deed) -> Vec<Asked> {
    const GROUP: &str = "failovergroups/";
    const INSTANCE: &str = "managedinstances/";
    match deed {
        Deed::Create | Deed::Protect | Deed::Update | Deed::ServersCreate => vec![("PUT", GROUP, 1)],
        Deed::Planned | Deed::Forced | Deed::PlannedBack | Deed::ServersPlannedBack => vec![("POST", GROUP, 1)],
        Deed::ServersPlanned | Deed::ServersForced | Deed::ServersPlannedFirst => vec![("POST", GROUP, 1)],
        Deed::Drill | Deed::ForcedDrill | Deed::ServersDrill => vec![("POST", GROUP, 2)],
        Deed::Delete | Deed::ServersDelete => vec![("DELETE", GROUP, 1)],
        Deed::ChangeSecondary | Deed::Rename => vec![("PUT", GROUP, 1), ("DELETE", GROUP, 1)],
        Deed::ChangePrimary => vec![("PUT", GROUP, 1), ("DELETE", GROUP, 1), ("POST", GROUP, 2)],
        Deed::Scale | Deed::Policy => vec![("PATCH", INSTANCE, 2)],
        Deed::ServersRepair => vec![("PUT", GROUP, 1), ("PUT", "/databases/", 1)],
        Deed::Network => vec![("PUT", "microsoft.network/", usize::MAX)],
    }
}

/// Codes that say: it was asked for already.
const REPEATED: [&str; 6] = [
    "InstanceFailoverGroupBusy",
    "FailoverGroupBusy",
    "InstanceFailoverGroupFailoverRequestOnPrimary",
    "InstanceFailoverGroupNotSecondary",
    "InstanceFailoverGroupAlreadyExists",
    "InstanceFailoverGroupDnsRecordInUse",
];

/// Nothing was sent twice: of every kind of request as many were accepted as the deed needs, and none was refused as a repetition. A
/// request whose operation ended in failure was heard of, and may come again. `runs`: drills that were begun, by anybody.
pub(super) fn sent_once(estate: &Estate, deed: Deed, before: usize, runs: usize) -> Result<()> {
    let heard: Vec<Heard> = estate.lab.arm.heard().split_off(before);
    for h in &heard {
        if let Some(code) = h.code.as_deref().filter(|c| REPEATED.contains(c)) {
            return wrong(format!("{} {} came although it had been asked for: {code}", h.method, h.path));
        }
    }
    let allowed = may_ask(deed);
    let is = |h: &Heard, (method, path, _): &Asked| h.method == *method && h.path.to_lowercase().contains(path);
    for asked in &allowed {
        let accepted = heard.iter().filter(|h| is(h, asked) && h.status < 300 && !estate.lab.arm.has_failed(h)).count();
        let times = if deed.op() == FogOp::Drill || deed == Deed::ForcedDrill { runs.max(1) } else { 1 };
        if accepted > asked.2.saturating_mul(times) {
            return wrong(format!(
                "{accepted} requests {} …{}… were accepted, {} are needed",
                asked.0, asked.1, asked.2
            ));
        }
    }
    let stray =
        heard.iter().find(|h| !h.path.contains("oauth2") && h.status < 300 && !allowed.iter().any(|a| is(h, a)));
    match stray {
        Some(h) => wrong(format!("{} {} is none of this deed's", h.method, h.path)),
        None => Ok(()),
    }
}

/// What the journals of all say: runs that were begun, and the site that the last committed one says is primary now.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub begun: usize,
    pub committed: bool,
    /// Of a drill: where the last one that committed went home to.
    pub home: Option<String>,
}

/// Reads the journals; a broken one is an error. Runs before the night do not count.
pub(super) fn told(operators: &[&Operator], before: &[String]) -> Result<Told> {
    let mut told = Told::default();
    let mut last = String::new();
    for who in operators {
        if !who.journal.verify(None)?.is_whole() {
            return wrong(format!("the journal of {} is broken", who.name));
        }
        for run in who.journal.runs()? {
            let of_group = run.as_str().starts_with("fog") || run.as_str().starts_with("drill");
            if !of_group || before.iter().any(|b| b == run.as_str()) {
                continue;
            }
            told.begun += 1;
            let records = who.journal.records(&run)?;
            let state = fold(&records)?;
            if !matches!(state.finished, Some((RunResult::Committed, _))) {
                continue;
            }
            told.committed = true;
            let at = records.last().map(|r| r.at.clone()).unwrap_or_default();
            if at >= last {
                last = at;
                told.home = state.plan["fog"]["primary"]["site"].as_str().map(str::to_owned);
            }
        }
    }
    Ok(told)
}

/// The group as it must be at the end; `None`: there is none.
pub(super) fn wanted(deed: Deed, told: &Told) -> Option<[String; 3]> {
    let before = if deed.needs_group() { Some(deed.members()) } else { None };
    let wanted = if told.committed { deed.done() } else { before };
    let mut wanted = wanted.map(|w| w.map(str::to_owned))?;
    // Two who drill one after the other: each goes home to where it began.
    if matches!(deed, Deed::Drill | Deed::ForcedDrill | Deed::ServersDrill)
        && let Some(home) = &told.home
        && wanted[2] == *home
    {
        wanted.swap(1, 2);
    }
    Some(wanted)
}

/// The group comes to be as it must, whole.
pub(super) async fn settles(estate: &Estate, deed: Deed, wanted: Option<&[String; 3]>) -> Result<()> {
    let fits = || match (truth(estate, deed), wanted) {
        (None, None) => true,
        (Some(t), Some([name, primary, secondary])) => t.is([name, primary, secondary]) && t.state == "CATCH_UP",
        _ => false,
    };
    let settled = within(SETTLE_MAX, async {
        while !fits() {
            pause(LOOK_EVERY).await;
        }
    });
    match settled.await {
        Some(()) => Ok(()),
        None => wrong(format!("the group should be {wanted:?}, found {:?}", truth(estate, deed))),
    }
}

/// What a runbook leaves for people is done: the estate file names the group as it is now.
fn write_down(estate: &Estate, deed: Deed) -> Result<()> {
    let change = match deed {
        Deed::ChangeSecondary => ("secondary = \"mi-b\"", "secondary = \"mi-c\"".to_owned()),
        Deed::ChangePrimary => ("primary = \"mi-a\"", "primary = \"mi-c\"".to_owned()),
        Deed::Rename => ("name = \"fog-ledger\"", format!("name = \"{}\"", super::deed::RENAMED)),
        _ => return Ok(()),
    };
    let path = estate.dir().join(ESTATE);
    let failed = |e: std::io::Error| Error::bug("the estate file").caused_by(e);
    let text = std::fs::read_to_string(&path).map_err(failed)?;
    if !text.contains(change.0) {
        return wrong(format!("the estate file does not say {}", change.0));
    }
    crate::lab::up::files::private(&path, &text.replace(change.0, &change.1)).map_err(failed)
}

/// What `fog show` says of the group is so. While something is wrong it may say that it does not know; what it says it knows must be
/// true all the same.
pub(super) async fn honest(estate: &Estate, deed: Deed, who: &Operator, committed: bool, calm: bool) -> Result<()> {
    if calm && committed {
        write_down(estate, deed)?;
    }
    let group = if calm && committed { deed.done().map_or(deed.members()[0], |d| d[0]) } else { deed.members()[0] };
    let app = who.app(estate, Arc::new(Immortal), &Gate::default()).await?;
    let before = truth(estate, deed);
    let look = app.look_at_group(Some(group)).await?;
    let now = truth(estate, deed);
    if before != now {
        return Ok(());
    }
    let says = match &look.standing {
        Standing::None => None,
        Standing::InSync { primary } => Some((look.facts.member(*primary).site.to_string(), true)),
        Standing::Seeding { primary } | Standing::Creating { primary } => {
            Some((look.facts.member(*primary).site.to_string(), false))
        }
        _ if !calm => return Ok(()),
        other => return wrong(format!("milink says `{}`, it is {now:?}", other.sentence())),
    };
    let is = now.map(|t| (t.primary, t.state == "CATCH_UP"));
    // Another name or another pair: the estate file is behind, and a group that it does not name is none.
    let behind = !calm && deed.runbook().is_some();
    if says == is || (behind && says.is_none()) {
        return Ok(());
    }
    wrong(format!("milink says {says:?} ({}), it is {is:?}", look.standing.sentence()))
}
