use super::row::datetime;
use super::row::health;
use crate::lab::tsql::value::Value;
use time::macros::datetime;

#[test]
fn datetimes_fall_on_thirds_of_centiseconds() {
    let ticks = |v: Value| match v {
        Value::DateTime { days, ticks } => (days, ticks),
        other => panic!("{other:?}"),
    };
    assert_eq!(ticks(datetime(datetime!(0001-01-02 00:00:00.005 UTC))), (1, 66_667));
    assert_eq!(ticks(datetime(datetime!(0001-01-01 00:00:00.001 UTC))), (0, 0));
    // the last instant of a day belongs to the next
    assert_eq!(ticks(datetime(datetime!(0001-01-01 23:59:59.9999 UTC))), (1, 0));
}

#[test]
fn an_asynchronous_copy_is_healthy_at_synchronizing() {
    assert_eq!([health(0, false, false), health(1, false, false), health(2, false, false)], [0, 2, 2]);
    assert_eq!([health(0, false, true), health(1, false, true), health(2, false, true)], [0, 1, 2]);
    assert_eq!(health(2, true, true), 0);
}
