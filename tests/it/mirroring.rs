use crate::support::lab::Lab;
use crate::support::process::until;

/// The target changes only by what comes over the connection.
#[test]
fn a_cut_connection_freezes_the_target_and_a_restored_one_catches_up() {
    let lab = Lab::linked("migrate-2019", "--writers 2");
    let at_first = lab.entries("mi-a");
    until("rows to arrive", || (lab.entries("mi-a") > at_first).then_some(()));
    lab.fault("cut sql-a mi-a");
    // What had arrived may still be redone; after so many commits on the source that is over.
    lab.until_written(30);
    let (frozen, source) = (lab.entries("mi-a"), lab.entries("sql-a"));
    lab.until_written(30);
    assert_eq!(lab.entries("mi-a"), frozen, "the target changed without a connection");
    let now = lab.entries("sql-a");
    assert!(now > source && source > frozen, "source {source}, then {now}; target {frozen}");
    lab.fault("restore sql-a mi-a");
    until("the target to catch up", || (lab.entries("mi-a") >= now).then_some(()));
}
