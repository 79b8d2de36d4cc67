//! Plain values: no I/O, no clock.

pub mod ids;
pub mod lsn;
