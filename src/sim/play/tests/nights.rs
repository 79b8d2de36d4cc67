use crate::sim::play::night;
use crate::sim::play::night::Twist;

#[test]
fn the_first_nights_end_well() {
    for seed in 0..5 {
        let told = night::run(seed, &Twist::default());
        assert!(told.violation.is_none(), "seed {seed}: {:?}\n{}", told.violation, told.trace.join("\n"));
    }
}

#[test]
fn a_seed_plays_the_same_night_again() {
    let trace = || night::run(3, &Twist::default()).trace;
    assert_eq!(trace(), trace());
}

/// Each of them went back once while the switch whose answer was lost was under way.
#[test]
fn nights_that_once_ended_badly() {
    for seed in [100_344, 101_275, 101_436, 101_990, 102_016] {
        let told = night::run(seed, &Twist::default());
        assert!(told.violation.is_none(), "seed {seed}: {:?}\n{}", told.violation, told.trace.join("\n"));
    }
}
