//! A safeguard left out must be seen: else the oracle, or the nights, are blind.

use crate::effects::fault::Mutant;
use crate::effects::fault::Point;
use crate::sim::play::mishap::Due;
use crate::sim::play::mishap::Mishap;
use crate::sim::play::night;
use crate::sim::play::night::Twist;
use std::time::Duration;

/// Nights in which a mutant must be caught.
const SEEDS: u64 = 12;

/// The first of so many nights in which the mutant is caught; the same night without the mutant must end well. A sysadmin whom no
/// bar stops, and whose path is cut for just as long as the window lasts, may write after the token all the same: the run stops and
/// names the commits, and the simulated operator goes on. Such a night says nothing about the mutant, and is passed over.
#[track_caller]
fn is_caught(twist: &Twist) {
    let whole = Twist { sabotage: Vec::new(), mutant: None, ..twist.clone() };
    let telling = |seed: u64| !twist.straggler || night::run(seed, &whole).violation.is_none();
    let seed = (0..SEEDS).find(|seed| night::run(*seed, twist).violation.is_some() && telling(*seed));
    let seed = seed.unwrap_or_else(|| panic!("not caught in {SEEDS} nights: {twist:?}"));
    let told = night::run(seed, &whole);
    assert!(told.violation.is_none(), "seed {seed}: {:?}\n{}", told.violation, told.trace.join("\n"));
}

fn due(mishap: Mishap, kind: &str, point: Point) -> Option<Due> {
    let lasts = Duration::from_secs(30);
    Some(Due { mishap, kind: kind.to_owned(), point, skip: 0, delay: Duration::ZERO, lasts })
}

fn calm_night() -> Option<Due> {
    due(Mishap::Burst, "cutover.gates", Point::StepStarted)
}

#[test]
fn without_a_fence() {
    let twist = Twist { sabotage: vec!["cutover.fence".to_owned()], first: calm_night(), ..Twist::default() };
    is_caught(&twist);
}

#[test]
fn without_a_stability_window() {
    let twist = Twist {
        sabotage: vec!["cutover.drain.stable".to_owned()],
        straggler: true,
        first: calm_night(),
        ..Twist::default()
    };
    is_caught(&twist);
}

#[test]
fn with_acts_before_their_intents() {
    let first = due(Mishap::Crash, "cutover.switch", Point::AfterAct);
    let twist = Twist { mutant: Some(Mutant::ActFirst), first, ..Twist::default() };
    is_caught(&twist);
}
