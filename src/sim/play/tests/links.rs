//! Every step of the runs around a cutover × every way to go wrong × the same command again.

use crate::effects::fault::Point;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Place;
use crate::sim::play::links;
use crate::sim::play::links::Case;
use crate::sim::play::links::Op;
use crate::sim::play::tests::cells;
use std::collections::BTreeSet;

const SEED: u64 = 11;

/// The first passing of each point: the next of a step is the same statement for another object.
fn cells_of(passed: &[Place]) -> Vec<(Place, Blow)> {
    let first: BTreeSet<&Place> = passed.iter().filter(|p| p.nth == 0).collect();
    let usual = first.into_iter().filter(|p| !matches!(p.point, Point::BeforeIntent | Point::AfterOutcome));
    let both = usual.flat_map(|place| {
        let other = if place.point == Point::StepDone { Blow::Twice } else { Blow::Fail };
        [Blow::Die, other].map(|blow| (place.clone(), blow))
    });
    both.collect()
}

fn sweep(op: Op, steps_at_least: usize) {
    let clean = links::run(&Case { op, seed: SEED, blow: None }).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(clean.processes, 1);
    let steps: BTreeSet<&str> = clean.passed.iter().map(|p| p.step.as_str()).collect();
    assert!(steps.len() >= steps_at_least, "{steps:?}");
    let again = cells::sweep(cells_of(&clean.passed), |place, blow| {
        let played = links::run(&Case { op, seed: SEED, blow: Some((place.clone(), blow)) })?;
        Ok((played.struck, played.processes > 1))
    });
    assert!(again > steps_at_least, "{again} were gone on with");
}

#[test]
fn every_step_of_the_creation_of_a_link() {
    sweep(Op::Create, 10);
}

#[test]
fn every_step_of_the_deletion_of_a_link() {
    sweep(Op::Delete, 6);
}

#[test]
fn every_step_of_the_deletion_of_a_link_that_was_kept() {
    sweep(Op::DeleteKept, 7);
}

#[test]
fn every_step_of_bringing_objects_over() {
    sweep(Op::Objects, 2);
}
