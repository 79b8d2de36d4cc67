//! A whole migration from each version to each kind of instance; the way it goes is the table's.

use crate::effects::fault::Point;
use crate::sim::play::case;
use crate::sim::play::case::Case;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Place;
use crate::sim::play::paths;

#[test]
fn every_version_and_tier_cuts_over_its_own_way() {
    for ends in paths::ALL {
        let case = Case { ends: Some(ends), ..Case::of(ends.scenario, 5) };
        let played = case::run(&case).unwrap_or_else(|e| panic!("{ends:?}: {e}"));
        assert!(played.committed, "{ends:?}\n{}", played.trace.join("\n"));
        // Where the link is kept, the old copy follows its new primary; else it is retired.
        let retired = played.trace.iter().any(|l| l.contains("cutover.retire/ledger ends: Done"));
        assert_eq!(retired, ends.scenario == "migrate-2019", "{ends:?}\n{}", played.trace.join("\n"));
    }
}

#[test]
fn every_version_and_tier_goes_on_after_a_death_in_the_switch_and_before_it() {
    for ends in paths::ALL {
        for (step, point) in [("cutover.switch", Point::AfterAct), ("cutover.drain", Point::StepDone)] {
            let place = Place { step: format!("{step}/ledger"), point, nth: 0 };
            let case = Case { ends: Some(ends), blow: Some((place, Blow::Die)), ..Case::of(ends.scenario, 5) };
            let played = case::run(&case).unwrap_or_else(|e| panic!("{ends:?} {step}: {e}"));
            assert!(played.struck && played.committed, "{ends:?} {step}\n{}", played.trace.join("\n"));
        }
    }
}
