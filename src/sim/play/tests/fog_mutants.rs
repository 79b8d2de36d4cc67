//! Of each promise of a group one safeguard left out: it must be seen, else the oracle is blind.

use crate::effects::fault::Point;
use crate::sim::play::fog_night::deed::Deed;
use crate::sim::play::fog_night::night;
use crate::sim::play::fog_night::night::Twist;
use crate::sim::play::mishap::Due;
use crate::sim::play::mishap::Mishap;
use std::time::Duration;

/// Nights in which a mutant must be caught.
const SEEDS: u64 = 12;

/// Caught in one of so many nights, by that word; the same night without the mutant ends well.
#[track_caller]
fn is_caught(deed: Deed, parts: &[&str], kind: &str, point: Point, word: &str) {
    let first = Due {
        mishap: Mishap::Crash,
        kind: kind.to_owned(),
        point,
        skip: 0,
        delay: Duration::ZERO,
        lasts: Duration::ZERO,
    };
    let sabotage = parts.iter().map(|p| (*p).to_owned()).collect();
    let twist = Twist { sabotage, deed: Some(deed), first: Some(first) };
    let mut said = Vec::new();
    for seed in 0..SEEDS {
        let told = night::run(seed, &twist);
        if !told.violation.as_ref().is_some_and(|why| why.contains(word)) {
            said.push(told.violation);
            continue;
        }
        let whole = night::run(seed, &Twist { sabotage: Vec::new(), ..twist.clone() });
        assert!(whole.violation.is_none(), "seed {seed}: {:?}\n{}", whole.violation, whole.trace.join("\n"));
        return;
    }
    panic!("{parts:?} is not caught in {SEEDS} nights: {said:#?}");
}

#[test]
fn a_put_that_is_sent_again() {
    is_caught(Deed::Create, &["fog.create", "fog.gate"], "fog.create", Point::AfterOutcome, "were accepted");
}

#[test]
fn a_failover_that_is_repeated() {
    is_caught(Deed::Planned, &["fog.failover"], "fog.failover", Point::AfterOutcome, "asked for");
}

#[test]
fn a_way_home_that_is_repeated() {
    is_caught(Deed::Drill, &["drill.failback"], "drill.failback", Point::AfterOutcome, "RequestOnPrimary");
}

#[test]
fn a_planned_failover_by_the_call_that_loses() {
    is_caught(Deed::Planned, &["fog.failover.lossless"], "fog.gate", Point::StepDone, "lost");
}

#[test]
fn a_copy_that_is_left_behind_open() {
    is_caught(Deed::ChangeSecondary, &["runbook.fence"], "runbook.gate", Point::StepDone, "at once");
}

#[test]
fn a_group_that_is_said_to_be_made_and_is_not() {
    is_caught(Deed::Delete, &["fog.delete"], "fog.gate", Point::StepDone, "the group should be");
}
