//! Every step × every way to go wrong × resume. The cells are made from the points that a clean run passes, so a new step
//! is covered by itself.

use crate::effects::fault::Point;
use crate::sim::play::case;
use crate::sim::play::case::Case;
use crate::sim::play::case::Played;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Place;
use crate::sim::play::tests::cells;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

const SEED: u64 = 11;

fn clean(scenario: &str, turn: Option<Place>) -> Played {
    let case = Case { scenario: scenario.to_owned(), seed: SEED, turn, blow: None };
    case::run(&case).unwrap_or_else(|e| panic!("{e}"))
}

/// First and last passing of each point by each step: what lies between is the same statement for another login or session.
fn ends(part: &[Place]) -> Vec<Place> {
    let (mut first, mut last) = (BTreeMap::new(), BTreeMap::new());
    for p in part {
        first.entry((&p.step, p.point)).or_insert(p.nth);
        last.insert((&p.step, p.point), p.nth);
    }
    let edge = |p: &&Place| first[&(&p.step, p.point)] == p.nth || last[&(&p.step, p.point)] == p.nth;
    part.iter().filter(edge).cloned().collect()
}

/// What lies between two neighbours of these tells nothing new of most steps; `MILINK_SWEEP=all` plays them too.
fn is_usual(point: Point) -> bool {
    let all = std::env::var("MILINK_SWEEP").is_ok_and(|v| v == "all");
    all || !matches!(point, Point::BeforeIntent | Point::AfterOutcome)
}

fn of(places: &[Place]) -> Vec<(Place, Blow)> {
    let mut cells = Vec::new();
    for place in places.iter().filter(|p| is_usual(p.point)) {
        cells.push((place.clone(), Blow::Die));
        if !matches!(place.point, Point::StepDone | Point::UndoDone) {
            cells.push((place.clone(), Blow::Fail));
        }
        if place.point == Point::StepDone {
            cells.push((place.clone(), Blow::Twice));
        }
    }
    cells
}

/// Plays all; gives how many committed and went back.
fn sweep(scenario: &str, turn: Option<&Place>, cells: Vec<(Place, Blow)>) -> (usize, usize) {
    let total = cells.len();
    let committed = cells::sweep(cells, |place, blow| {
        let blow = Some((place.clone(), blow));
        let played = case::run(&Case { scenario: scenario.to_owned(), seed: SEED, turn: turn.cloned(), blow })?;
        Ok((played.struck, played.committed))
    });
    (committed, total - committed)
}

fn forward(scenario: &str) {
    let whole = clean(scenario, None);
    assert!(whole.committed);
    let steps: BTreeSet<&str> = whole.passed.iter().map(|p| p.step.as_str()).collect();
    assert!(steps.len() > 9 && steps.contains("cutover.switch/ledger"), "{steps:?}");
    let (committed, back) = sweep(scenario, None, of(&ends(&whole.passed)));
    assert!(committed > 20 && back > 10, "{committed} committed, {back} rolled back");
}

/// The run goes back just before the switch; then its way back is struck.
fn backward(scenario: &str) {
    let turn = Place { step: "cutover.switch/ledger".to_owned(), point: Point::BeforeIntent, nth: 0 };
    let back = clean(scenario, Some(turn.clone()));
    assert!(!back.committed);
    let from = back.passed.iter().position(|p| *p == turn).unwrap();
    let undo = &back.passed[from + 1..];
    assert!(undo.iter().any(|p| p.step == "cutover.fence/ledger"), "{undo:?}");
    let (committed, _) = sweep(scenario, Some(&turn), of(&ends(undo)));
    assert_eq!(committed, 0);
}

#[test]
fn every_step_of_a_one_way_cutover() {
    forward("migrate-2019");
}

#[test]
fn every_step_of_a_two_way_cutover() {
    forward("two-way-2022");
}

#[test]
fn every_undo_of_a_one_way_cutover() {
    backward("migrate-2019");
}

#[test]
fn every_undo_of_a_two_way_cutover() {
    backward("two-way-2022");
}
