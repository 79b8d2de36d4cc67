//! Every step on a failover group × every way to go wrong × resume; no request is ever sent twice.

use crate::app::fog::FogOp;
use crate::app::fog_runbook::RunbookAsk;
use crate::effects::fault::Point;
use crate::model::ids::SiteId;
use crate::model::resize::InstanceSetting;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Place;
use crate::sim::play::groups;
use crate::sim::play::groups::Case;
use crate::sim::play::tests::cells;
use std::collections::BTreeSet;

const SEED: u64 = 11;

/// Each of these begins with a whole migration, or goes over and back: between its changes, dying at the start of a step tells
/// enough. `MILINK_SWEEP=all` plays the rest too.
fn is_long(case: &Case) -> bool {
    let all = std::env::var("MILINK_SWEEP").is_ok_and(|v| v == "all");
    !all && (case.servers || matches!(case.op, FogOp::Protect | FogOp::Drill | FogOp::ForcedDrill | FogOp::Runbook))
}

fn of(case: &Case, passed: &[Place]) -> Vec<(Place, Blow)> {
    // A beat is like the next: the first of each point tells all.
    let first: BTreeSet<&Place> = passed.iter().filter(|p| p.nth == 0).collect();
    let mut cells = Vec::new();
    if is_long(case) {
        for place in first {
            match place.point {
                Point::StepStarted => cells.push((place.clone(), Blow::Die)),
                Point::AfterAct => cells.extend([Blow::Die, Blow::Fail].map(|b| (place.clone(), b))),
                _ => {}
            }
        }
        return cells;
    }
    for place in first.into_iter().filter(|p| !matches!(p.point, Point::BeforeIntent | Point::AfterOutcome)) {
        cells.push((place.clone(), Blow::Die));
        if place.point == Point::StepDone {
            cells.push((place.clone(), Blow::Twice));
        } else {
            cells.push((place.clone(), Blow::Fail));
        }
    }
    cells
}

fn sweep(op: FogOp, steps_at_least: usize) {
    sweep_of(&Case { op, ask: None, servers: false, seed: SEED, blow: None }, steps_at_least);
}

fn sweep_of_servers(op: FogOp, steps_at_least: usize) {
    sweep_of(&Case { op, ask: None, servers: true, seed: SEED, blow: None }, steps_at_least);
}

fn runbook(ask: RunbookAsk, steps_at_least: usize) {
    let case = Case { op: FogOp::Runbook, ask: Some(ask), servers: false, seed: SEED, blow: None };
    sweep_of(&case, steps_at_least);
}

fn sweep_of(case: &Case, steps_at_least: usize) {
    let clean = groups::run(case).unwrap_or_else(|e| panic!("{e}"));
    assert!(clean.committed);
    let steps: BTreeSet<&str> = clean.passed.iter().map(|p| p.step.as_str()).collect();
    assert!(steps.len() >= steps_at_least, "{steps:?}");
    let committed = cells::sweep(of(case, &clean.passed), |place, blow| {
        let played = groups::run(&Case { blow: Some((place.clone(), blow)), ..case.clone() })?;
        Ok((played.struck, played.committed))
    });
    assert!(committed > steps_at_least);
}

#[test]
fn every_step_of_a_creation() {
    sweep(FogOp::Create, 5);
}

#[test]
fn every_step_of_a_second_instance() {
    sweep(FogOp::Secondary, 2);
}

#[test]
fn every_step_of_a_planned_failover() {
    sweep(FogOp::Failover, 5);
}

#[test]
fn every_step_of_a_deletion() {
    sweep(FogOp::Delete, 3);
}

#[test]
fn every_step_of_a_drill() {
    sweep(FogOp::Drill, 11);
}

#[test]
fn every_step_of_a_forced_failover() {
    sweep(FogOp::ForcedFailover, 5);
}

#[test]
fn every_step_of_the_way_from_the_last_link_to_the_listener() {
    sweep(FogOp::Protect, 9);
}

#[test]
fn every_step_of_a_forced_drill() {
    sweep(FogOp::ForcedDrill, 11);
}

#[test]
fn every_step_of_a_change_of_the_secondary() {
    runbook(RunbookAsk::ChangeSecondary(SiteId::from("mi-c")), 9);
}

#[test]
fn every_step_of_a_change_of_the_primary() {
    runbook(RunbookAsk::ChangePrimary(SiteId::from("mi-c")), 18);
}

#[test]
fn every_step_of_a_rename() {
    runbook(RunbookAsk::Rename("fog-journal".to_owned()), 11);
}

#[test]
fn every_step_of_scaling_up_and_of_a_newer_policy() {
    runbook(RunbookAsk::Resize(InstanceSetting::VCores(16), false), 5);
    runbook(RunbookAsk::Resize(InstanceSetting::UpdatePolicy("AlwaysUpToDate".to_owned()), false), 5);
}

#[test]
fn every_step_of_another_tier_and_of_the_next_generation() {
    runbook(RunbookAsk::Resize(InstanceSetting::Sku("BC_Gen5".to_owned()), false), 5);
    runbook(RunbookAsk::Resize(InstanceSetting::NextGen(true), true), 5);
}

/// The path between two subnets, of which both halves of the peering are missing.
#[test]
fn every_step_of_the_path_between_the_subnets() {
    sweep(FogOp::Network, 3);
}

#[test]
fn every_step_of_a_creation_between_servers() {
    sweep_of_servers(FogOp::Create, 5);
}

#[test]
fn every_step_of_a_failover_between_servers() {
    sweep_of_servers(FogOp::Failover, 5);
    sweep_of_servers(FogOp::ForcedFailover, 5);
    sweep_of_servers(FogOp::PlannedFirst, 5);
}

#[test]
fn every_step_of_a_deletion_between_servers() {
    sweep_of_servers(FogOp::Delete, 3);
}
