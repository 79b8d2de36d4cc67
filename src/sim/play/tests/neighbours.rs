//! Two cutovers at once whose databases share a login.

use crate::sim::play::neighbours;

const SEEDS: u64 = 12;

#[test]
fn two_cutovers_that_share_a_login_do_not_open_each_others_fence() {
    let mut turned_away = 0;
    for seed in 0..SEEDS {
        let told = neighbours::run(seed, &[]);
        assert!(told.violation.is_none(), "seed {seed}: {:?}\n{}", told.violation, told.trace.join("\n"));
        turned_away += told.turned_away;
    }
    assert!(turned_away > 0, "the two never met");
}

#[test]
fn without_claims_the_oracle_sees_it() {
    let sabotage = vec!["cutover.claims".to_owned()];
    let caught = (0..SEEDS).find(|seed| neighbours::run(*seed, &sabotage).violation.is_some());
    assert!(caught.is_some(), "nobody noticed that logins were not set apart");
}

#[test]
fn a_cutover_of_the_same_link_takes_over_what_a_lost_one_had_set_apart() {
    neighbours::lost_for_good(1).unwrap_or_else(|e| panic!("{}", e.chain()));
}
