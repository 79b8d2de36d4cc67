//! Connection strings: made for a group's listeners, led over to them, found in files (facts: failover-groups 4).

pub mod convert;
pub mod make;
pub mod names;
pub mod parse;
pub mod scan;
