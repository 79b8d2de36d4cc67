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

fn caught(twist: &Twist) -> Vec<String> {
    let mut said = Vec::new();
    for seed in 0..SEEDS {
        if let Some(why) = night::run(seed, twist).violation {
            said.push(format!("seed {seed}: {why}"));
            break;
        }
    }
    said
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
    assert!(!caught(&twist).is_empty());
}

#[test]
fn without_a_stability_window() {
    let twist = Twist {
        sabotage: vec!["cutover.drain.stable".to_owned()],
        straggler: true,
        first: calm_night(),
        ..Twist::default()
    };
    assert!(!caught(&twist).is_empty());
}

#[test]
fn with_acts_before_their_intents() {
    let first = due(Mishap::Crash, "cutover.switch", Point::AfterAct);
    let twist = Twist { mutant: Some(Mutant::ActFirst), first, ..Twist::default() };
    assert!(!caught(&twist).is_empty());
}

#[test]
fn without_looking_at_the_fencing_number() {
    let first = due(Mishap::SleepAndAbort, "cutover.switch", Point::BeforeAct);
    let twist = Twist { mutant: Some(Mutant::NoFenceCheck), first: first.clone(), ..Twist::default() };
    let said = caught(&twist);
    assert!(!said.is_empty());
    // The same nights with the safeguard in.
    assert_eq!(caught(&Twist { first, ..Twist::default() }), Vec::<String>::new());
}
