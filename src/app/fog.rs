//! Failover groups: looked at, planned, their listeners checked.

use super::build::App;
use super::facts;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::failover_group::FailoverGroup;
use crate::effects::perform::Effects;
use crate::inventory::fog::Place;
use crate::inventory::fog::look;
use crate::inventory::fog_servers;
use crate::inventory::listener;
use crate::inventory::listener::Landed;
use crate::inventory::listener::Resolve;
use crate::inventory::listener::Wanted;
use crate::journal::fold::fold;
use crate::journal::switched::switched;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Member;
use crate::model::geo::Side;
use crate::model::geo_server::ServerDatabase;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::plan::fog::FogLink;
use crate::plan::fog::FogMember;
use crate::plan::fog::FogPlan;
use crate::plan::fog::FogSettings;
use crate::plan::fog::RecoveryTargets;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::rules::fog::in_memory;
use crate::rules::fog::names::listeners;
use crate::rules::fog::prerequisites;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::servers;
use crate::rules::fog::state::Asked;
use crate::rules::fog::state::Refusal;
use crate::rules::fog::state::may;
use crate::rules::fog::state::standing;

pub use crate::plan::fog::FogOp;
pub use crate::plan::fog::kinds;
pub use crate::rules::fog::state::Standing;

/// A group of the estate, read.
pub struct FogLook {
    pub wanted: FailoverGroup,
    pub facts: GroupFacts,
    pub standing: Standing,
    /// `None`: an address is not known.
    pub listeners: Option<(String, String)>,
    /// Rows of the closer look, where one was taken.
    pub closer: Vec<Row>,
}

/// Why there is no plan.
pub enum NoPlan {
    /// It is as wanted already.
    Already(Refusal),
    Error(Error),
}

impl From<Error> for NoPlan {
    fn from(e: Error) -> Self {
        Self::Error(e)
    }
}

impl FogLook {
    pub(super) fn of(wanted: FailoverGroup, facts: GroupFacts) -> Self {
        let standing = standing(&facts);
        let fqdn = [&facts.a, &facts.b].into_iter().find_map(|m| m.facts.known().map(|f| f.fqdn.clone()));
        let listeners = fqdn.and_then(|f| listeners(&wanted.name, &f));
        Self { wanted, facts, standing, listeners, closer: Vec::new() }
    }

    /// Settings in which the members of a standing group differ.
    pub fn drift(&self) -> Vec<Row> {
        if self.standing == Standing::None { Vec::new() } else { prerequisites::drift(&self.facts) }
    }

    /// The checklist of a creation; empty once the group is there.
    pub fn rows(&self, waived: &[String]) -> Vec<Row> {
        // A group of logical servers that is to take more databases is judged as a new one is.
        if self.standing != Standing::None && self.facts.missing().is_empty() {
            return Vec::new();
        }
        let mut rows = match &self.facts.servers {
            Some(pair) => {
                let automatic = self.wanted.automatic_after.is_some();
                servers::judge(&self.facts, pair, automatic, self.wanted.gb_per_hour)
            }
            None => prerequisites::judge(&self.facts, self.wanted.gb_per_hour),
        };
        if self.standing == Standing::None {
            rows.extend(self.policy_rows());
        }
        rows.extend(self.closer.iter().cloned());
        for row in &mut rows {
            if row.status != Status::Pass && waived.iter().any(|w| w == row.id) {
                row.status = Status::Waived;
            }
        }
        rows
    }
}

impl App {
    pub(super) fn place(&self, site: &SiteId) -> Result<Place> {
        if let Ok(server) = self.config.server(site) {
            return Ok(Place { site: site.clone(), instance: facts::server_ref(&self.config, server)? });
        }
        let instance = facts::instance_ref(&self.config, self.config.target(site)?)?;
        Ok(Place { site: site.clone(), instance })
    }

    /// Ids of checks that the estate file waives for everything.
    fn waived(&self) -> Vec<String> {
        self.config.waivers.iter().filter(|w| w.links.is_empty()).map(|w| w.check.clone()).collect()
    }

    pub(super) fn waives(&self, check: &str) -> bool {
        self.waived().iter().any(|w| w == check)
    }

    /// Reads a group from both of its addresses and from inside.
    pub async fn look_at_group(&self, name: Option<&str>) -> Result<FogLook> {
        let wanted = self.config.failover_group(name)?.clone();
        let cx = self.observer()?;
        let (a, b) = (self.place(&wanted.primary)?, self.place(&wanted.secondary)?);
        let facts = if wanted.between_servers {
            fog_servers::look(&cx.effects, &wanted.name, &a, &b, wanted.databases.as_deref()).await
        } else {
            look(&cx.effects, &wanted.name, &a, &b).await
        };
        Ok(FogLook::of(wanted, facts))
    }

    pub fn group_rows(&self, look: &FogLook) -> Vec<Row> {
        look.rows(&self.waived())
    }

    /// The steps of an operation on a group; `to`: who is to become primary (else: who is not).
    pub fn plan_fog(&self, look: &FogLook, op: FogOp, to: Option<&SiteId>) -> std::result::Result<Plan, NoPlan> {
        let facts = &look.facts;
        let target = self.promoted(look, to)?;
        let asked = match op {
            FogOp::Create => Asked::Create,
            FogOp::Protect if look.wanted.between_servers => {
                return Err(Error::refused(
                    "links end on managed instances: there is no migration by link to protect here",
                )
                .hint(format!("milink fog create {}", facts.name))
                .into());
            }
            FogOp::Protect => Asked::Protect,
            FogOp::Update => Asked::Update,
            FogOp::Delete => Asked::Delete,
            FogOp::Failover | FogOp::Drill | FogOp::ForcedDrill => Asked::Planned(target),
            FogOp::Runbook | FogOp::Network => return Err(Error::bug("planned by itself").into()),
            FogOp::PlannedFirst if !look.wanted.between_servers => {
                return Err(Error::refused("the service has no such call for managed instances")
                    .hint(format!(
                        "milink fog failover {0}; if that fails: milink fog failover {0} --forced",
                        facts.name
                    ))
                    .into());
            }
            FogOp::ForcedFailover | FogOp::PlannedFirst => Asked::Forced(target),
        };
        if let Err(refusal) = may(asked, &look.standing, facts) {
            if refusal.is_already() {
                return Err(NoPlan::Already(refusal));
            }
            return Err(Error::refused(refusal.why).hint(refusal.hint).into());
        }
        let primary = match op {
            FogOp::Create | FogOp::Protect => Side::A,
            FogOp::Update | FogOp::Delete | FogOp::Runbook | FogOp::Network => {
                look.standing.primary().unwrap_or(Side::A)
            }
            FogOp::Failover | FogOp::ForcedFailover | FogOp::PlannedFirst | FogOp::Drill | FogOp::ForcedDrill => {
                target.other()
            }
        };
        if op == FogOp::ForcedDrill && (look.wanted.between_servers || look.wanted.standby) {
            let why = if look.wanted.standby {
                "nothing may be read on a standby, so nothing proves there that a forced drill loses nothing"
            } else {
                "sessions of a logical server cannot be told, so nothing proves that a forced drill loses nothing"
            };
            return Err(Error::refused(why).hint(format!("milink drill run {}", facts.name)).into());
        }
        if matches!(op, FogOp::Create | FogOp::Protect | FogOp::Update) {
            look.accepted()?;
        }
        if op == FogOp::Delete {
            self.may_delete(look)?;
        }
        let planned = matches!(op, FogOp::Failover | FogOp::Drill | FogOp::ForcedDrill);
        if planned
            && !self.waives(in_memory::WAIVER)
            && let Some((why, hint)) = in_memory::planned_refused(facts, target.other())
        {
            return Err(Error::refused(why).hint(hint).into());
        }
        let waived = self.waived();
        if matches!(op, FogOp::Create | FogOp::Protect) || op == FogOp::Update && look.wanted.between_servers {
            blocked(&look.rows(&waived), &facts.name)?;
        }
        let fog = self.fog_plan(look, op, primary)?;
        let mut plan = crate::plan::fog::build(fog, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// The facts that the steps of an operation work from.
    pub(super) fn fog_plan(&self, look: &FogLook, op: FogOp, primary: Side) -> Result<FogPlan> {
        let (read_write_listener, read_only_listener) = look.listeners.clone().ok_or_else(|| {
            Error::new(Kind::Unreachable, "Azure names no address of either side, so the listeners have no name")
        })?;
        Ok(FogPlan {
            group: look.facts.name.clone(),
            op,
            primary: self.plan_member(look, primary)?,
            secondary: self.plan_member(look, primary.other())?,
            settings: settings(&look.wanted),
            read_write_listener,
            read_only_listener,
            databases: databases(look, op)?,
            copies_first: copies_first(look, op, primary),
            waived: self.waived(),
            dependencies: self.config.application.dependencies.clone(),
            dependencies_seen_to: false,
            links: if op == FogOp::Protect { self.fog_links(&look.wanted)? } else { Vec::new() },
            runbook: None,
            network: Vec::new(),
            mb_per_hour: look.wanted.gb_per_hour.map(|gb| (gb * 1000.0) as u64),
        })
    }

    /// The steps of the second half of a migration.
    pub fn plan_protection(&self, look: &FogLook) -> Result<Plan> {
        self.plan_fog(look, FogOp::Protect, None).map_err(|e| match e {
            NoPlan::Already(refusal) => Error::refused(refusal.why).hint(refusal.hint),
            NoPlan::Error(e) => e,
        })
    }

    /// Links of the estate that end on the primary of a group.
    fn fog_links(&self, wanted: &FailoverGroup) -> Result<Vec<FogLink>> {
        let switched = switched(self.journal.as_ref())?;
        let ms = |at: &time::OffsetDateTime| (at.unix_timestamp_nanos() / 1_000_000) as i64;
        let links = self.config.links.iter().filter(|l| l.target == wanted.primary);
        Ok(links
            .map(|l| FogLink {
                name: l.name.clone(),
                database: l.database.clone(),
                source: l.source.clone(),
                switched_at_ms: switched.get(&l.name.0.to_lowercase()).map(ms),
            })
            .collect())
    }

    fn promoted(&self, look: &FogLook, to: Option<&SiteId>) -> Result<Side> {
        match to {
            None => Ok(look.standing.primary().unwrap_or(Side::A).other()),
            Some(site) if *site == look.facts.a.site => Ok(Side::A),
            Some(site) if *site == look.facts.b.site => Ok(Side::B),
            Some(site) => Err(Error::usage(format!("`{site}` is no member of failover group {}", look.facts.name))
                .hint(format!("--to {} or --to {}", look.facts.a.site, look.facts.b.site))),
        }
    }

    /// A member as the plan freezes it. One whose region is lost is known from the other's view of the pair.
    pub(super) fn plan_member(&self, look: &FogLook, side: Side) -> Result<FogMember> {
        let member = look.facts.member(side);
        let place = self.place(&member.site)?;
        let arm = self.arm.as_ref().ok_or_else(|| Error::usage("a failover group needs [azure] in the estate file"))?;
        let known = member.facts.known();
        let other = look.facts.member(side.other()).facts.known();
        let zone = other.and_then(|o| o.fqdn.split_once('.').map(|(_, zone)| zone.to_owned())).unwrap_or_default();
        Ok(FogMember {
            site: member.site.clone(),
            resource_group: member.resource_group.clone(),
            location: known.map(|f| crate::rules::fog::pairs::plain(&f.location)).unwrap_or_default(),
            instance: member.instance.clone(),
            id: known.map_or_else(
                || {
                    if look.wanted.between_servers {
                        arm.config().server_id(&place.instance)
                    } else {
                        arm.config().instance_id(&place.instance)
                    }
                },
                |f| f.id.clone(),
            ),
            is_server: look.wanted.between_servers,
            fqdn: known.map_or_else(|| format!("{}.{zone}", member.instance), |f| f.fqdn.clone()),
        })
    }

    /// Both listeners, looked at once.
    pub async fn check_listeners(&self, look: &FogLook) -> Result<Vec<Landed>> {
        let cx = self.observer()?;
        landed(&cx.effects, self.names.as_ref(), look).await
    }

    /// The newest run of a kind on that group that has not ended.
    pub fn open_fog_run(&self, kind: PlanKind, group: &str) -> Result<Option<(RunId, FogOp)>> {
        for run in self.journal.runs()?.into_iter().filter(|r| r.as_str().starts_with(kind.as_str())) {
            let state = fold(&self.journal.records(&run)?)?;
            if state.finished.is_some() {
                continue;
            }
            let Ok(plan) = serde_json::from_value::<Plan>(state.plan) else { continue };
            if let Some(fog) = plan.fog.filter(|f| f.group == group) {
                return Ok(Some((run, fog.op)));
            }
        }
        Ok(None)
    }

    /// Are the settings in Azure those of the estate file? `None`: not known.
    pub fn settings_fit(&self, look: &FogLook) -> Option<bool> {
        let side = look.standing.primary()?;
        let Fact::Known { value: Some(v) } = look.facts.view(side) else { return None };
        let wanted = settings(&look.wanted);
        let policy = if wanted.automatic_after_minutes.is_some() { "Automatic" } else { "Manual" };
        let kind = if wanted.standby { "Standby" } else { "Geo" };
        if look.wanted.between_servers {
            // Its type is never told (facts: arm-api 7); its databases are.
            let fits = look.facts.missing().is_empty() && look.facts.surplus().is_empty();
            look.facts.servers.as_ref()?.chosen.known()?;
            return Some(
                fits && v.policy?.eq_ignore_ascii_case(policy)
                    && v.grace_minutes == wanted.automatic_after_minutes
                    && v.read_only_failover.unwrap_or(false) == wanted.read_only_failover,
            );
        }
        Some(
            v.policy?.eq_ignore_ascii_case(policy)
                && v.grace_minutes == wanted.automatic_after_minutes
                && v.read_only_failover.unwrap_or(false) == wanted.read_only_failover
                && v.secondary_type.as_deref().unwrap_or("Geo").eq_ignore_ascii_case(kind),
        )
    }
}

/// Where both listeners lead now.
pub(super) async fn landed(effects: &Effects, names: &dyn Resolve, look: &FogLook) -> Result<Vec<Landed>> {
    let primary = look.standing.primary().ok_or_else(|| {
        Error::refused(format!("who should answer is unknown: {}", look.standing.sentence()))
            .hint(format!("milink fog show {}", look.facts.name))
    })?;
    let (rw, ro) =
        look.listeners.clone().ok_or_else(|| Error::new(Kind::Unreachable, "Azure names no address of either side"))?;
    let (p, s) = (look.facts.member(primary), look.facts.member(primary.other()));
    let fqdn = |m: &Member| m.facts.known().map_or_else(|| m.instance.clone(), |f| f.fqdn.clone());
    let (pf, sf) = (fqdn(p), fqdn(s));
    let databases: Vec<String> = look.facts.databases.iter().map(|d| d.name.clone()).collect();
    let mut found = Vec::new();
    for (name, should, other, is_read_write) in [(&rw, (&pf, p), (&sf, s), true), (&ro, (&sf, s), (&pf, p), false)] {
        let wanted = Wanted {
            name,
            fqdn: should.0,
            site: &should.1.site,
            other: (other.0, &other.1.site),
            is_read_write,
            databases: &databases,
            per_database: look.wanted.between_servers,
        };
        found.push(listener::check(effects, names, &wanted).await);
    }
    Ok(found)
}

/// Fails with the rows that stand in the way.
pub fn blocked(rows: &[Row], group: &str) -> Result<()> {
    let blocking: Vec<String> =
        rows.iter().filter(|r| r.blocks()).map(|r| format!("{} ({}): {}", r.id, r.rule, r.found)).collect();
    if blocking.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!("not ready for failover group {group}: {}", blocking.join("; ")))
        .hint(format!("milink fog plan {group}")))
}

/// What the operation is about: for logical servers what is chosen, or what the group holds.
fn databases(look: &FogLook, op: FogOp) -> Result<Vec<String>> {
    let held = || look.facts.databases.iter().map(|d| d.name.clone()).collect();
    match (&look.facts.servers, op) {
        (Some(pair), FogOp::Create | FogOp::Update) => {
            let chosen = pair.chosen.get().map_err(|u| {
                Error::new(Kind::Unreachable, format!("which databases the group is to take is unknown: {}", u.0))
                    .hint("name `databases` in the [[failover_group]]")
            })?;
            Ok(chosen.clone())
        }
        _ => Ok(held()),
    }
}

/// Databases that the service left out because their copies would be zone redundant where that cannot be.
fn copies_first(look: &FogLook, op: FogOp, primary: Side) -> Vec<String> {
    let Some(pair) = look.facts.servers.as_ref().filter(|_| op == FogOp::Update) else { return Vec::new() };
    let partner = &look.facts.member(primary.other()).instance;
    let needs = |name: &String| {
        pair.database(primary, name).is_some_and(ServerDatabase::inherits_zones)
            && pair.replica_to(primary, name, partner).is_none()
    };
    look.facts.missing().into_iter().filter(needs).collect()
}

fn settings(wanted: &FailoverGroup) -> FogSettings {
    FogSettings {
        automatic_after_minutes: wanted.automatic_after.map(|d| (d.as_secs() / 60) as u32),
        read_only_failover: wanted.read_only_failover,
        standby: wanted.standby,
        targets: Some(RecoveryTargets {
            rpo_ms: wanted.rpo_target.as_millis() as u64,
            rto_ms: wanted.rto_target.as_millis() as u64,
        }),
    }
}
