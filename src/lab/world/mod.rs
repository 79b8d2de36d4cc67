//! State of the simulated servers.

pub mod log;
pub mod lsn;
