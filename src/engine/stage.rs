//! Steps that may run side by side; a stage ends when all of its steps have.

use super::step::Step;
use std::sync::Arc;

/// A barrier: every step of a stage finishes before the next stage begins, so that a group of links crosses each line together.
pub struct Stage {
    /// `fence`, `drain`, `switch`, …: also the parts the outage is split into.
    pub name: String,
    pub steps: Vec<Arc<dyn Step>>,
}

/// At most this many steps of a stage at a time (facts: mi-link 6.5, 8 per instance at a time).
pub const CONCURRENT_STEPS_MAX: usize = 8;
