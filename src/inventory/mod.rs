//! Facts of both sides, read at once; what could not be read stays unknown.

pub mod fact;
pub mod link;
pub mod trust;
pub mod trust_findings;
pub mod watch;
