//! Runbooks on a failover group: what is asked, judged before anything is taken away, and planned act by act.

use super::build::App;
use super::fog::FogLook;
use super::fog::FogOp;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::inventory::fog::look;
use crate::model::geo::Side;
use crate::model::ids::SiteId;
use crate::model::resize::InstanceSetting;
use crate::plan::fog::FogPlan;
use crate::plan::fog_runbook;
use crate::plan::fog_runbook::FogRunbook;
use crate::plan::fog_runbook::Resize;
use crate::plan::fog_runbook::Runbook;
use crate::plan::fog_runbook::acts;
use crate::plan::types::Plan;
use crate::rules::fog::closer;
use crate::rules::fog::names::is_group_name;
use crate::rules::fog::names::listeners;
use crate::rules::fog::prerequisites;
use crate::rules::fog::runbook;
use crate::rules::fog::seeding;
use crate::rules::fog::state::Asked;
use crate::rules::fog::state::may;
use crate::workflow::fog::runbook::resize::current;

/// What is to become of a group.
#[derive(Debug, Clone)]
pub enum RunbookAsk {
    /// A target of the estate takes the secondary's place.
    ChangeSecondary(SiteId),
    /// A target of the estate becomes primary; the old secondary stays one.
    ChangePrimary(SiteId),
    Rename(String),
    /// Both members, one after the other. The last: allowed although older pages forbid it inside a group.
    Resize(InstanceSetting, bool),
}

impl RunbookAsk {
    fn kind(&self) -> Runbook {
        match self {
            Self::ChangeSecondary(_) => Runbook::ChangeSecondary,
            Self::ChangePrimary(_) => Runbook::ChangePrimary,
            Self::Rename(_) => Runbook::Rename,
            Self::Resize(..) => Runbook::Resize,
        }
    }
    /// Kinds of its steps, each once.
    pub fn kinds(&self) -> Vec<&'static str> {
        fog_runbook::kinds(self.kind())
    }
}

impl App {
    /// The steps of a runbook; refused while anything could go wrong that can be known now.
    pub async fn plan_runbook(&self, found: &FogLook, ask: &RunbookAsk) -> Result<Plan> {
        let facts = &found.facts;
        let group = &facts.name;
        if found.wanted.between_servers {
            return Err(Error::refused("these runbooks are for groups of managed instances")
                .hint("the regions of a group of servers: docs/runbooks/failover-groups.md"));
        }
        let primary = found.standing.primary().ok_or_else(|| {
            Error::refused(format!("which side is primary is unknown: {}", found.standing.sentence()))
                .hint(format!("milink fog show {group}"))
        })?;
        may(Asked::Planned(primary.other()), &found.standing, facts).map_err(|r| Error::refused(r.why).hint(r.hint))?;
        // A group that is made anew is made with the policy of the estate file.
        found.accepted()?;
        let now = self.fog_plan(found, FogOp::Runbook, primary)?;
        let (next, pair) = self.next(found, &now, ask).await?;
        let resize = match ask {
            RunbookAsk::Resize(to, overridden) => Some(self.resize(&now, to, *overridden).await?),
            _ => None,
        };
        if let Some(pair) = &pair {
            let same_pair = matches!(ask, RunbookAsk::Rename(_));
            let mut rows = prerequisites::judge(&pair.facts, found.wanted.gb_per_hour);
            // Members that replicate already have a path, and know each other's keys.
            if !same_pair {
                rows.extend(closer::judge(&Box::pin(self.closer(pair)).await?, &pair.facts));
            }
            let blocking = runbook::blocking(rows, group, same_pair, &now.waived);
            if !blocking.is_empty() {
                return Err(Error::refused(format!("the new group could not be made: {}", blocking.join("; ")))
                    .hint(hint(ask, &now)));
            }
        }
        let minutes = |h: f64| (h * 60.0).ceil() as u64;
        let hours = facts.bytes.filter(|_| pair.is_some()).map(|b| seeding::hours(b, found.wanted.gb_per_hour));
        let book = FogRunbook {
            kind: ask.kind(),
            acts: acts(ask.kind(), &now, &next),
            resize,
            exposed_minutes: hours.map(|(least, most)| (minutes(least), minutes(most))),
        };
        let fog = FogPlan { runbook: Some(Box::new(book)), ..now };
        let mut plan = crate::plan::fog::build(fog, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// The group as it is to be, and the pair that was looked at for it.
    async fn next(&self, found: &FogLook, now: &FogPlan, ask: &RunbookAsk) -> Result<(FogPlan, Option<FogLook>)> {
        let cx = self.observer()?;
        let (name, a, b) = match ask {
            RunbookAsk::Resize(..) => return Ok((now.clone(), None)),
            RunbookAsk::Rename(name) => {
                if !is_group_name(name) || name.eq_ignore_ascii_case(&now.group) {
                    return Err(Error::usage(format!("`{name}` is no other name of a group"))
                        .hint("1 to 63 lower-case letters, digits and inner hyphens"));
                }
                (name.clone(), now.primary.site.clone(), now.secondary.site.clone())
            }
            RunbookAsk::ChangeSecondary(to) => (now.group.clone(), now.primary.site.clone(), to.clone()),
            // The old secondary is primary while the new instance is filled.
            RunbookAsk::ChangePrimary(to) => (now.group.clone(), now.secondary.site.clone(), to.clone()),
        };
        let member = [&now.primary.site, &now.secondary.site].contains(&&b);
        if member && !matches!(ask, RunbookAsk::Rename(_)) {
            return Err(Error::usage(format!("{b} is a member of {} already", now.group))
                .hint("--to another [[target]] of the estate file"));
        }
        let pair = look(&cx.effects, &name, &self.place(&a)?, &self.place(&b)?).await;
        if let Some(why) = pair.b.facts.why() {
            return Err(Error::new(Kind::Refused, format!("{b} cannot be read: {why}")).hint(hint(ask, now)));
        }
        if name != now.group {
            // A name server that does not answer leaves it unknown, and that is no yes.
            let listener = listener_of(&name, now);
            if self.names.resolve(&listener).await?.is_some() {
                return Err(
                    Error::refused(format!("the name {name} is taken: {listener} resolves")).hint("choose another")
                );
            }
        }
        let shown = FogLook::of(found.wanted.clone(), pair);
        let (primary, secondary) = (self.plan_member(&shown, Side::A)?, self.plan_member(&shown, Side::B)?);
        let (read_write_listener, read_only_listener) = listeners(&name, &primary.fqdn)
            .ok_or_else(|| Error::new(Kind::Unreachable, "Azure names no address of the new primary"))?;
        let next = FogPlan { group: name, primary, secondary, read_write_listener, read_only_listener, ..now.clone() };
        Ok((next, Some(shown)))
    }

    /// In which order both members get the setting.
    async fn resize(&self, now: &FogPlan, to: &InstanceSetting, overridden: bool) -> Result<Resize> {
        if matches!(to, InstanceSetting::NextGen(_)) && !overridden {
            return Err(Error::refused("whether this may change inside a group is not sure: older pages forbid it").hint(
                format!(
                    "the way of the older pages: milink fog delete {0}, change both instances in Azure, milink fog create {0} (nothing but backups protects meanwhile); the pages of late 2025 list it under the scaling order: --allow-next-gen says that you go by them",
                    now.group
                ),
            ));
        }
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let mut ups = Vec::new();
        for m in [&now.primary, &now.secondary] {
            let found = arm.instance(&self.place(&m.site)?.instance).await?;
            let is = current(&found, to)
                .ok_or_else(|| Error::new(Kind::Unreachable, format!("Azure does not say what {} has now", m.site)))?;
            if is.same(to) {
                continue;
            }
            ups.push(to.is_up(&is).ok_or_else(|| {
                Error::refused(format!(
                    "{} has {}: whether {} is more or less is not known",
                    m.site,
                    is.words(),
                    to.words()
                ))
                .hint("change the secondary first if it is more, the primary first if it is less, in Azure")
            })?);
        }
        match ups.as_slice() {
            [] => Err(Error::refused(format!("both members have {} already", to.words()))
                .hint(format!("milink fog show {}", now.group))),
            [first, rest @ ..] if rest.iter().all(|u| u == first) => {
                Ok(Resize { to: to.clone(), secondary_first: *first })
            }
            _ => Err(Error::refused(format!("{} is more for one member and less for the other", to.words()))
                .hint("make them equal first")),
        }
    }
}

fn listener_of(name: &str, now: &FogPlan) -> String {
    listeners(name, &now.primary.fqdn).map_or_else(|| name.to_owned(), |(rw, _)| rw)
}

/// What to do about a pair that does not fit. A member that is not there yet is made by people: it takes hours and money.
fn hint(ask: &RunbookAsk, now: &FogPlan) -> String {
    let (RunbookAsk::ChangeSecondary(to) | RunbookAsk::ChangePrimary(to)) = ask else {
        return format!("milink fog plan {}", now.group);
    };
    format!("if {to} is not made yet: milink fog secondary create {} --to {to}; then again", now.group)
}
