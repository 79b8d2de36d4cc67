//! Steps that may run side by side; a stage ends when all of its steps have.

use super::step::Step;
use std::sync::Arc;

/// A barrier: every step of a stage finishes before the next stage begins, so that a group of links crosses each line together.
pub struct Stage {
    /// `fence`, `drain`, `switch`, …: also the parts the outage is split into.
    pub name: String,
    pub steps: Vec<Arc<dyn Step>>,
    /// Steps of one site at a time.
    pub at_a_time: usize,
}

/// Switches, creations and other heavy work: so many of one instance at a time (facts: mi-link 6.5, fail over 8 per instance at a
/// time).
pub const CONCURRENT_STEPS_MAX: usize = 8;
/// Steps that only send a few short statements: no batch has to wait for another while an application stands still.
pub const CONCURRENT_LIGHT_STEPS_MAX: usize = 64;
