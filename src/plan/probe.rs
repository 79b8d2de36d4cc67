//! Ports tried from both ends, a pair of servers once.

use super::create::planned;
use super::types::FORMAT;
use super::types::LinkPlan;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;
use crate::model::ids::StepId;
use std::collections::BTreeSet;

/// Kinds of the two steps.
pub const TO_TARGET: &str = "probe.to_target";
pub const TO_SOURCE: &str = "probe.to_source";

/// Id of the step of a kind for a pair.
pub fn step_id(kind: &str, source: &str, target: &str) -> StepId {
    StepId::new(format!("{kind}/{source}@{target}"))
}

/// Both directions side by side.
pub fn build(links: Vec<LinkPlan>, policy: PlanPolicy) -> Plan {
    let mut seen = BTreeSet::new();
    let mut steps = Vec::new();
    for l in &links {
        if seen.insert((l.source.clone(), l.target.clone())) {
            steps.push(planned(step_id(TO_TARGET, &l.source.0, &l.target.0), &l.source, None));
            steps.push(planned(step_id(TO_SOURCE, &l.source.0, &l.target.0), &l.target, None));
        }
    }
    let stages = vec![PlannedStage { name: "probe".to_owned(), steps }];
    Plan { format: FORMAT, kind: PlanKind::Probe, links, objects: Vec::new(), fog: None, stages, policy }
}
