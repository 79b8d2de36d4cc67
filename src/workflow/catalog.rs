//! Step ids to steps, and a plan to stages.

use super::create;
use super::create::pair_step::PairStep;
use super::cutover;
use super::cutover::retire::Kept;
use super::delete;
use super::delete::close::Copy;
use super::fog;
use super::fog::base::FogStep;
use super::fog::runbook::end::End;
use super::fog::runbook::end::left_to_do;
use super::fog::runbook::resize::ResizeMember;
use super::link_step::LinkStep;
use super::objects::object::Object;
use super::probe::attempt::Toward;
use super::probe::attempt::Try;
use super::tools::Tools;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::stage::CONCURRENT_LIGHT_STEPS_MAX;
use crate::engine::stage::CONCURRENT_STEPS_MAX;
use crate::engine::stage::Stage;
use crate::engine::step::Step;
use crate::model::ids::StepId;
use crate::plan::fog::FogPlan;
use crate::plan::fog_runbook::act_of;
use crate::plan::types::LinkPlan;
use crate::plan::types::Plan;
use std::sync::Arc;

/// Every stage of a plan with its steps.
pub fn stages(plan: &Plan, tools: &Arc<Tools>) -> Result<Vec<Stage>> {
    let policy = Arc::new(plan.policy.clone());
    let fog = plan.fog.clone().map(Arc::new);
    let together: Arc<[_]> = plan.links.iter().map(|l| l.name.clone()).collect();
    let mut stages = Vec::new();
    for planned in &plan.stages {
        let mut steps = Vec::new();
        for p in &planned.steps {
            if let Some(object) = plan.objects.iter().find(|o| o.id == p.id) {
                steps.push(Arc::new(Object { plan: object.clone() }) as Arc<dyn Step>);
                continue;
            }
            if let Some(fog) = &fog {
                let act = act_of(&p.id);
                let own = act.checked_sub(1).and_then(|n| fog.runbook.as_ref()?.acts.get(n).cloned().map(Arc::new));
                let base = FogStep {
                    id: p.id.clone(),
                    plan: own.unwrap_or_else(|| fog.clone()),
                    policy: policy.clone(),
                    tools: tools.clone(),
                    later: act > 1,
                };
                if p.id.kind() == "network.put" {
                    let planned = act.checked_sub(1).and_then(|n| fog.network.get(n)).cloned();
                    let planned = planned.ok_or_else(|| Error::bug(format!("{} puts nothing", p.id)))?;
                    steps.push(Arc::new(fog::network::Put { step: base, planned }));
                    continue;
                }
                steps.push(if p.id.kind().starts_with("runbook.") {
                    runbook_step(base, fog)?
                } else {
                    fog_step(base)?
                });
                continue;
            }
            let link = link_of(plan, &p.id)?;
            let base = LinkStep {
                id: p.id.clone(),
                link,
                together: together.clone(),
                policy: policy.clone(),
                tools: tools.clone(),
            };
            steps.push(step(base)?);
        }
        let at_a_time = at_a_time(planned.steps.first().map_or("", |p| p.id.kind()));
        stages.push(Stage { name: planned.name.clone(), steps, at_a_time });
    }
    Ok(stages)
}

/// The light steps within an outage, all of them; of the others a batch.
fn at_a_time(kind: &str) -> usize {
    match kind {
        "cutover.fence"
        | "cutover.canary"
        | "cutover.drain"
        | "cutover.confirm"
        | "cutover.late_writes"
        | "cutover.open" => CONCURRENT_LIGHT_STEPS_MAX,
        _ => CONCURRENT_STEPS_MAX,
    }
}

/// `kind/link`, or for shared work `kind/source` and `kind/source@target`: then the pair's first link stands for it.
fn link_of(plan: &Plan, id: &StepId) -> Result<LinkPlan> {
    let what = id.as_str().split_once('/').map_or("", |(_, w)| w);
    let named = plan.links.iter().find(|l| l.name.as_str() == what);
    let shared =
        || plan.links.iter().find(|l| l.source.as_str() == what || format!("{}@{}", l.source, l.target) == what);
    let shared_kind = SHARED.contains(&id.kind());
    let found = if shared_kind { shared() } else { named };
    found.cloned().ok_or_else(|| Error::bug(format!("step {id} belongs to no link of its plan")))
}

/// Kinds of steps that links share.
const SHARED: [&str; 8] = [
    "create.master_key",
    "create.certificate",
    "create.endpoint",
    "create.trust_source",
    "create.trust_roots",
    "create.trust_instance",
    "probe.to_target",
    "probe.to_source",
];

/// The one step of a kind that only runbooks have; `whole`: the run.
fn runbook_step(base: FogStep, whole: &FogPlan) -> Result<Arc<dyn Step>> {
    let book = whole.runbook.as_ref().ok_or_else(|| Error::bug(format!("{} is in no runbook", base.id)))?;
    let resize = |step: FogStep, at_secondary: bool| -> Result<Arc<dyn Step>> {
        let resize = book.resize.clone().ok_or_else(|| Error::bug("nothing to resize"))?;
        Ok(Arc::new(ResizeMember { step, at_secondary, resize }))
    };
    Ok(match base.id.kind() {
        "runbook.gate" => Arc::new(fog::runbook::gate::Gate(base)),
        "runbook.fence" => Arc::new(fog::runbook::fence::Fence(base)),
        "runbook.unfence" => Arc::new(fog::runbook::unfence::Unfence(base)),
        "runbook.empty" => Arc::new(fog::runbook::empty::Empty(base)),
        "runbook.resize_secondary" => resize(base, true)?,
        "runbook.resize_primary" => resize(base, false)?,
        "runbook.end" => Arc::new(End {
            step: base,
            kind: book.kind,
            ops: book.acts.iter().map(|a| a.op).collect(),
            left_to_do: left_to_do(whole),
        }),
        other => return Err(Error::bug(format!("no step is called `{other}`"))),
    })
}

/// The one step of a kind, of a failover group.
fn fog_step(base: FogStep) -> Result<Arc<dyn Step>> {
    Ok(match base.id.kind() {
        "fog.lease" => Arc::new(fog::lease::Lease(base)),
        "fog.gate" => Arc::new(fog::gate::Gate(base)),
        "fog.create" => Arc::new(fog::create::Create(base)),
        "fog.seed" => Arc::new(fog::seed::Seed(base)),
        "fog.listeners" => Arc::new(fog::listeners::Listeners(base)),
        "fog.copies" => Arc::new(fog::copies::Copies(base)),
        "fog.update" => Arc::new(fog::update::Update(base)),
        "fog.failover" => Arc::new(fog::failover::Failover(base)),
        "fog.application" => Arc::new(fog::application::Application(base)),
        "fog.confirm" => Arc::new(fog::confirm::Confirm(base)),
        "network.connected" => Arc::new(fog::network::Connected(base)),
        "fog.stragglers" => Arc::new(fog::stragglers::Watch(base)),
        "drill.quiet" => Arc::new(fog::quiet::Quiet(base)),
        "secondary.gate" => Arc::new(fog::secondary::Gate(base)),
        "secondary.create" => Arc::new(fog::secondary::Create(base)),
        "fog.delete" => Arc::new(fog::delete::Delete(base)),
        "protect.unlinked" => Arc::new(fog::protect::unlinked::Unlinked(base)),
        "protect.backup" => Arc::new(fog::protect::backup::Backup(base)),
        "protect.secondary" => Arc::new(fog::protect::secondary::Secondary(base)),
        "protect.repoint" => Arc::new(fog::protect::repoint::Repoint(base)),
        "protect.milestone" => Arc::new(fog::protect::milestone::Milestone(base)),
        "drill.heartbeat" => Arc::new(fog::heartbeat::Heartbeat(base)),
        "drill.measure" => Arc::new(fog::drill::Measure(base)),
        "drill.settle" => Arc::new(fog::drill::Settle(base)),
        "drill.failback" => Arc::new(fog::drill::Failback(base)),
        "drill.home" => Arc::new(fog::drill::Home(base)),
        "drill.report" => Arc::new(fog::drill::Report(base)),
        other => return Err(Error::bug(format!("no step is called `{other}`"))),
    })
}

/// The one step of a kind.
fn step(base: LinkStep) -> Result<Arc<dyn Step>> {
    let pair = || PairStep {
        id: base.id.clone(),
        link: base.link.clone(),
        policy: base.policy.clone(),
        tools: base.tools.clone(),
    };
    Ok(match base.id.kind() {
        "create.master_key" => Arc::new(create::master_key::MasterKey(pair())),
        "create.certificate" => Arc::new(create::certificate::Certificate(pair())),
        "create.endpoint" => Arc::new(create::endpoint::Endpoint(pair())),
        "create.trust_source" => Arc::new(create::trust_source::TrustSource(pair())),
        "create.trust_roots" => Arc::new(create::trust_roots::TrustRoots(pair())),
        "create.trust_instance" => Arc::new(create::trust_instance::TrustInstance(pair())),
        "probe.to_target" => Arc::new(Try { base: pair(), toward: Toward::Target }),
        "probe.to_source" => Arc::new(Try { base: pair(), toward: Toward::Source }),
        "create.group" => Arc::new(create::group::Group(base)),
        "create.distributed" => Arc::new(create::distributed::Distributed(base)),
        "create.link" => Arc::new(create::link::Link(base)),
        "create.seed" => Arc::new(create::seed::Seed(base)),
        "cutover.lease" => Arc::new(cutover::lease::Lease(base)),
        "cutover.on_abort" => Arc::new(cutover::hook::OnAbort(base)),
        "cutover.before_fence" => Arc::new(cutover::hook::Hook(base, "before-fence")),
        "cutover.after_fence" => Arc::new(cutover::hook::Hook(base, "after-fence")),
        "cutover.after_switch" => Arc::new(cutover::hook::Hook(base, "after-switch")),
        "cutover.after_open" => Arc::new(cutover::hook::Hook(base, "after-open")),
        "cutover.flush" => Arc::new(cutover::flush::Flush(base)),
        "cutover.reconcile" => Arc::new(cutover::reconcile::Reconcile(base)),
        "cutover.heartbeat" => Arc::new(cutover::heartbeat::Heartbeat(base)),
        "cutover.gates" => Arc::new(cutover::gates::Gates(base)),
        "cutover.snapshot" => Arc::new(cutover::snapshot::Snapshot(base)),
        "cutover.close_target" => Arc::new(cutover::close_target::CloseTarget(base)),
        "cutover.synchronous" => Arc::new(cutover::synchronous::Synchronous(base)),
        "cutover.fence" => Arc::new(cutover::fence::Fence(base)),
        "cutover.catalogue" => Arc::new(cutover::catalogue::Catalogue(base)),
        "cutover.canary" => Arc::new(cutover::canary::Canary(base)),
        "cutover.late_writes" => Arc::new(cutover::late_writes::LateWrites(base)),
        "cutover.drain" => Arc::new(cutover::drain::Drain(base)),
        "cutover.switch" => Arc::new(cutover::switch::Switch::new(base)),
        "cutover.confirm" => Arc::new(cutover::confirm::Confirm(base)),
        "cutover.repoint" => Arc::new(cutover::repoint::Repoint(base)),
        "cutover.open" => Arc::new(cutover::open::Open(base)),
        "cutover.retire" => Arc::new(cutover::retire::Retire(base, Kept::StaysSecondary)),
        "cutover.release_source" => Arc::new(cutover::release_source::ReleaseSource(base)),
        "cutover.let_go" | "delete.let_go" => Arc::new(cutover::let_go::LetGo(base)),
        "delete.lease" => Arc::new(cutover::lease::Lease(base)),
        "delete.first_backup" => Arc::new(delete::first_backup::FirstBackup(base)),
        "delete.close_target" => Arc::new(delete::close::Close(base, Copy::Target)),
        "delete.close_source" => Arc::new(delete::close::Close(base, Copy::Source)),
        "delete.unlink" => Arc::new(delete::unlink::Unlink(base)),
        "delete.drop_copy" => Arc::new(delete::drop_copy::DropCopy(base)),
        "delete.retire" => Arc::new(cutover::retire::Retire(base, Kept::Goes)),
        "delete.groups" => Arc::new(delete::groups::Groups(base)),
        "delete.open_target" => Arc::new(delete::open::Open(base, Copy::Target)),
        "delete.open_source" => Arc::new(delete::open::Open(base, Copy::Source)),
        other => return Err(Error::bug(format!("no step is called `{other}`"))),
    })
}
