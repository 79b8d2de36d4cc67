//! The steps that make links from nothing, shared work first.

use super::types::FORMAT;
use super::types::LinkPlan;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;
use super::types::PlannedStep;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use std::collections::BTreeSet;

/// Which of the steps are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything until the links are seeded.
    Whole,
    /// Master key and endpoint certificate of the source.
    Certificate,
    /// Those, and the mirroring endpoint.
    Endpoint,
    /// Public keys and roots, to the other side each.
    Exchange,
}

impl Part {
    fn wants(self, kind: &str) -> bool {
        let kinds: &[&str] = match self {
            Part::Whole => return true,
            Part::Certificate => &["create.master_key", "create.certificate"],
            Part::Endpoint => &["create.master_key", "create.certificate", "create.endpoint"],
            Part::Exchange => &["create.trust_roots", "create.trust_source", "create.trust_instance"],
        };
        kinds.contains(&kind)
    }
}

/// The steps of one part of a creation, in the same order.
pub fn part(links: Vec<LinkPlan>, policy: PlanPolicy, part: Part) -> Plan {
    let mut plan = build(links, policy);
    for stage in &mut plan.stages {
        stage.steps.retain(|s| part.wants(s.id.kind()));
    }
    plan.stages.retain(|s| !s.steps.is_empty());
    plan
}

/// Order of mi-link 2–6: keys, endpoint, trust both ways, groups, link, seeding.
pub fn build(links: Vec<LinkPlan>, policy: PlanPolicy) -> Plan {
    let mut stages = Vec::new();
    for kind in ["create.master_key", "create.certificate", "create.endpoint"] {
        stages.push(shared(kind, &links, |l| l.source.0.clone(), |l| &l.source));
    }
    stages.push(shared("create.trust_roots", &links, |l| l.source.0.clone(), |l| &l.source));
    let pair = |l: &LinkPlan| format!("{}@{}", l.source, l.target);
    stages.push(shared("create.trust_source", &links, pair, |l| &l.target));
    stages.push(shared("create.trust_instance", &links, pair, |l| &l.source));
    stages.push(each("create.group", &links, |l| &l.source));
    stages.push(each("create.distributed", &links, |l| &l.source));
    stages.push(each("create.link", &links, |l| &l.target));
    stages.push(each("create.seed", &links, |l| &l.target));
    Plan { format: FORMAT, kind: PlanKind::Create, links, objects: Vec::new(), fog: None, stages, policy }
}

fn stage_name(kind: &str) -> String {
    kind.split('.').next_back().unwrap_or(kind).to_owned()
}

fn shared(
    kind: &str,
    links: &[LinkPlan],
    key: impl Fn(&LinkPlan) -> String,
    site: impl Fn(&LinkPlan) -> &SiteId,
) -> PlannedStage {
    let mut seen = BTreeSet::new();
    let mut steps = Vec::new();
    for link in links {
        let key = key(link);
        if seen.insert(key.clone()) {
            steps.push(planned(StepId::new(format!("{kind}/{key}")), site(link), None));
        }
    }
    PlannedStage { name: stage_name(kind), steps }
}

/// One step a link.
pub(super) fn each(kind: &str, links: &[LinkPlan], site: impl Fn(&LinkPlan) -> &SiteId) -> PlannedStage {
    let steps = links
        .iter()
        .map(|l| planned(StepId::new(format!("{kind}/{}", l.name)), site(l), Some(l.name.clone())))
        .collect();
    PlannedStage { name: stage_name(kind), steps }
}

/// Words and previews come from the step itself, so that what is shown is what runs.
pub(super) fn planned(id: StepId, site: &SiteId, link: Option<LinkName>) -> PlannedStep {
    PlannedStep {
        id,
        site: site.clone(),
        link,
        summary: String::new(),
        undo: String::new(),
        crosses: None,
        preview: Vec::new(),
    }
}
