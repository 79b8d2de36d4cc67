//! Plans from a fresh look at both sides: only what is missing, or the reasons there is none.

use super::build::App;
use super::facts;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config;
use crate::config::schema::Intent;
use crate::config::types::Link;
use crate::effects::fault::NoFaults;
use crate::effects::mode::Mode;
use crate::effects::perform::Begin;
use crate::effects::perform::Effects;
use crate::engine::cancel::Cancel;
use crate::engine::context::Context;
use crate::engine::context::Evidence;
use crate::engine::event::Silent;
use crate::engine::step::Precheck;
use crate::inventory::link::LinkFacts;
use crate::journal::switched::switched;
use crate::model::database::DatabaseAccess;
use crate::model::database::Role;
use crate::model::ids::RunId;
use crate::model::instance::InstanceFacts;
use crate::plan::create::Part;
use crate::plan::delete::Standing;
use crate::plan::names;
use crate::plan::types::LinkPlan;
use crate::plan::types::Path;
use crate::plan::types::Plan;
use crate::plan::types::PlanPolicy;
use crate::plan::types::ReconcileRule;
use crate::rules::direction::Direction;
use crate::rules::direction::InitialPrimary;
use crate::rules::direction::judge;
use crate::rules::version::Build;
use crate::sql::query::instance;
use crate::workflow::catalog;
use crate::workflow::cutover::retire::groups_of;
use crate::workflow::tools::Tools;
use std::collections::BTreeMap;
use std::sync::Arc;

impl App {
    /// What is missing until the links stand; empty if nothing is.
    pub async fn plan_create(&self, links: &[String]) -> Result<Plan> {
        self.plan_part(links, Part::Whole).await
    }

    /// What is missing of one part of a creation.
    pub async fn plan_part(&self, links: &[String], part: Part) -> Result<Plan> {
        let links = self.link_plans(links).await?;
        let mut plan = crate::plan::create::part(links, self.policy(), part);
        self.keep_what_is_missing(&mut plan).await?;
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// The steps of a cutover of these links, together.
    pub async fn plan_cutover(&self, links: &[String]) -> Result<Plan> {
        let offload = |l: &&&Link| l.intent == Intent::ReadOffload;
        if let Some(l) = self.config.select(links)?.iter().find(offload) {
            return Err(Error::refused(format!("link {} is there for reads only (`read-offload`)", l.name))
                .hint("change its intent in the estate file, or name the links to cut over"));
        }
        let links = self.link_plans(links).await?;
        let mut plan = crate::plan::cutover::build(links, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// The steps that take these links away; empty if nothing is left of them.
    pub async fn plan_delete(&self, links: &[String]) -> Result<Plan> {
        let facts = self.look_at_links(links).await?;
        let plans = self.link_plans(links).await?;
        let cx = self.observer()?;
        let mut standing = Vec::new();
        for (mut plan, fact) in plans.into_iter().zip(&facts) {
            let groups = groups_of(&cx, &plan).await?;
            let stands = standing_of(fact)?;
            if stands == Some(Standing::TargetPrimary) {
                plan.switched_at_ms = Some(self.switched_at_ms(plan.name.as_str())?);
            }
            match stands {
                Some(s) => standing.push((plan, s)),
                None if groups.is_empty() => {}
                None => standing.push((plan, Standing::GroupsOnly)),
            }
        }
        let mut plan = crate::plan::delete::build(standing, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// When the newest cutover of the link finished its switch. A backup is only worth something if it began later
    /// (facts: mi-link 8.6), so not knowing is a refusal.
    fn switched_at_ms(&self, link: &str) -> Result<i64> {
        if let Some(at) = switched(self.journal.as_ref())?.get(&link.to_lowercase()) {
            return Ok((at.unix_timestamp_nanos() / 1_000_000) as i64);
        }
        Err(Error::refused(format!(
            "when link {link} was cut over is not in this journal, so whether its first full backup is from after that is unknown"
        ))
        .hint("use the state directory of the cutover (--state-dir)"))
    }

    /// An observing context: reads as a run would, cannot change anything.
    pub(super) fn observer(&self) -> Result<Context> {
        let run = RunId::from("plan");
        let effects = Effects::new(
            self.sites("milink plan")?,
            self.arm.clone(),
            self.journal.clone(),
            run,
            Mode::Observe,
            Arc::new(NoFaults),
            Begin::default(),
        );
        Ok(Context::new(Arc::new(effects), self.clock.clone(), Arc::new(Silent), Cancel::new(), Evidence::new()))
    }

    pub(super) fn policy(&self) -> PlanPolicy {
        let p = &self.config.policy;
        let hooks = self.config.application.hooks().into_iter().map(|(point, _)| point.to_owned()).collect();
        let rules = self.config.reconcile.iter();
        let reconcile = rules.map(|r| ReconcileRule { name: r.name.clone(), query: r.query.clone() }).collect();
        PlanPolicy {
            budget_ms: p.budget.as_millis() as u64,
            stability_samples: p.stability_samples,
            stability_window_ms: p.stability_window.as_millis() as u64,
            seeding_timeout_ms: p.seeding_timeout.as_millis() as u64,
            certificate_days: p.certificate_days,
            allow_logins: self.config.application.allow_logins.clone(),
            lag_max_ms: p.lag_max.as_millis() as u64,
            transaction_max_ms: p.transaction_max.as_millis() as u64,
            fence_timeout_ms: p.fence_timeout.as_millis() as u64,
            drain_timeout_ms: p.drain_timeout.as_millis() as u64,
            switch_timeout_ms: p.switch_timeout.as_millis() as u64,
            hooks,
            reconcile,
            canary: p.canary,
            heartbeat: self.config.monitor.heartbeat,
            manual: false,
            waivers: Vec::new(),
        }
    }

    pub(super) async fn link_plans(&self, names: &[String]) -> Result<Vec<LinkPlan>> {
        let cx = self.observer()?;
        let mut sources: BTreeMap<_, InstanceFacts> = BTreeMap::new();
        let mut plans = Vec::new();
        let selected = self.config.select(names)?;
        if selected.is_empty() {
            return Err(Error::usage("the estate file has no [[link]]").hint("add one, or `milink init`"));
        }
        for link in selected {
            if !sources.contains_key(&link.source) {
                let facts = cx.effects.read(&link.source, instance::facts()).await?;
                sources.insert(link.source.clone(), facts);
            }
            let facts = &sources[&link.source];
            plans.push(self.link_plan(link, facts).await.during(|| format!("link {}", link.name))?);
        }
        Ok(plans)
    }

    async fn link_plan(&self, link: &Link, facts: &InstanceFacts) -> Result<LinkPlan> {
        let source = self.config.source(&link.source)?;
        let target = self.config.target(&link.target)?;
        if link.initial_primary == config::schema::InitialPrimary::ManagedInstance {
            return Err(Error::usage("`initial_primary = \"managed-instance\"` is not there yet")
                .hint("this version creates links from SQL Server only"));
        }
        let reference = facts::instance_ref(&self.config, target)?;
        let arm = self.arm.as_ref().ok_or_else(|| {
            Error::usage("a link needs Azure, and the estate file has no [azure]")
                .hint("add [azure] to the estate file")
        })?;
        let managed = arm.instance(&reference).await?;
        let fqdn = managed
            .properties
            .fully_qualified_domain_name
            .clone()
            .ok_or_else(|| Error::bug(format!("Azure names no address of `{}`", target.managed_instance)))?;
        let policy = managed.properties.database_format.as_ref().map(|f| f.as_str().to_owned()).ok_or_else(|| {
            Error::refused(format!("the update policy of {} is unknown", target.name))
                .hint("databaseFormat is missing in Azure's answer: check the rights on the instance")
        })?;
        let build = Build::parse(&facts.version)
            .ok_or_else(|| Error::bug(format!("`{}` is no build number", facts.version)))?;
        let verdict = judge(build, &policy, InitialPrimary::SqlServer);
        if verdict.direction == Direction::None {
            return Err(Error::refused(format!(
                "SQL Server {build} cannot link to update policy {policy}: {}",
                verdict.why
            ))
            .hint("patch the source or choose another instance"));
        }
        if verdict.needs_probe && !facts.is_link_capable() {
            return Err(Error::refused(format!(
                "{} lacks the procedures of the link (Azure Connect pack)",
                link.source
            ))
            .hint("install the pack, restart, try again"));
        }
        let path = match verdict.direction {
            Direction::TwoWay => Path::TwoWay,
            _ => Path::OneWay,
        };
        if link.intent == Intent::TwoWay && path == Path::OneWay {
            return Err(Error::refused(format!(
                "the intent is two-way, and SQL Server {build} with update policy {policy} goes one way only: {}",
                verdict.why
            ))
            .hint("say `intent = \"migrate\"`, or link to an instance of the same format"));
        }
        Ok(LinkPlan {
            name: link.name.clone(),
            database: link.database.clone(),
            source: link.source.clone(),
            target: link.target.clone(),
            group: link.ag.clone(),
            instance_group: link.instance_ag.clone(),
            path,
            endpoint_url: names::endpoint_url(&source.mirroring_host, source.mirroring_port),
            mirroring_port: source.mirroring_port,
            fqdn,
            resource_group: reference.resource_group.clone(),
            managed_instance: reference.name.clone(),
            certificate: names::certificate(facts.server_name.as_deref().unwrap_or(link.source.as_str())),
            source_build: facts.version.clone(),
            switched_at_ms: None,
        })
    }

    /// Drops the steps whose effect is there already; a dry run and a run see the same list.
    async fn keep_what_is_missing(&self, plan: &mut Plan) -> Result<()> {
        let cx = self.observer()?;
        let tools = Arc::new(self.tools(BTreeMap::new())?);
        let stages = catalog::stages(plan, &tools)?;
        for (planned, stage) in plan.stages.iter_mut().zip(&stages) {
            let mut kept = Vec::new();
            for (step, planned) in stage.steps.iter().zip(planned.steps.drain(..)) {
                let done = matches!(step.precheck(&cx).await?, Precheck::AlreadyDone(_) | Precheck::Skip(_));
                if !done {
                    kept.push(planned);
                }
            }
            planned.steps = kept;
        }
        plan.stages.retain(|s| !s.steps.is_empty());
        Ok(())
    }

    pub(super) fn fill_in_words(&self, plan: &mut Plan) -> Result<()> {
        let tools: Arc<Tools> = Arc::new(self.tools(BTreeMap::new())?);
        let stages = catalog::stages(plan, &tools)?;
        for (planned, stage) in plan.stages.iter_mut().zip(&stages) {
            for (p, step) in planned.steps.iter_mut().zip(&stage.steps) {
                p.summary = step.summary();
                p.undo = step.undo_summary();
                p.crosses = step.crosses();
                p.preview = step.preview();
            }
        }
        Ok(())
    }
}

/// Which end of a link is primary, as its servers say; `None`: Azure has no such link.
fn standing_of(facts: &LinkFacts) -> Result<Option<Standing>> {
    let unknown = |why: &str| {
        Error::refused(format!("which end of link {} is primary is unknown: {why}", facts.name))
            .hint(format!("milink link show {}", facts.name))
    };
    let azure = facts.azure.known().ok_or_else(|| unknown(facts.azure.why().unwrap_or("Azure does not say")))?;
    if azure.is_none() {
        return Ok(None);
    }
    let (source, target) = (&facts.source.access, &facts.target.access);
    let here = source.known().ok_or_else(|| unknown(source.why().unwrap_or("the source does not say")))?;
    let there = target.known().ok_or_else(|| unknown(target.why().unwrap_or("the target does not say")))?;
    let role = |a: &Option<DatabaseAccess>| a.as_ref().and_then(|a| a.distributed_role().cloned());
    match (role(here), role(there)) {
        (Some(Role::Primary), Some(Role::Primary)) => {
            Err(Error::new(Kind::SplitBrain, format!("both ends of link {} are PRIMARY", facts.name))
                .hint("stop the writers of both ends first; nothing was changed"))
        }
        (Some(Role::Primary), _) => Ok(Some(Standing::SourcePrimary)),
        (Some(Role::Secondary), Some(Role::Primary)) => Ok(Some(Standing::TargetPrimary)),
        (a, b) => Err(unknown(&format!("source {a:?}, target {b:?}"))),
    }
}
