//! What somebody may ask of a running run.

use super::cancel::Cancel;
use super::hold::Hold;
use crate::effects::hand::Hand;
use std::sync::Arc;

/// Handed in by whoever starts a run.
#[derive(Clone, Default)]
pub struct Steering {
    pub cancel: Cancel,
    pub hold: Hold,
    /// Orders of other terminals are heard too.
    pub listens: bool,
    /// Who runs the statements of a manual run.
    pub hand: Option<Arc<dyn Hand>>,
}

impl Steering {
    /// Steered from this process and from other terminals of the same state directory.
    pub fn open(cancel: Cancel) -> Self {
        Self { cancel, hold: Hold::new(), listens: true, hand: None }
    }
    /// With somebody who runs statements, should the run be a manual one.
    #[must_use]
    pub fn with_hand(mut self, hand: Arc<dyn Hand>) -> Self {
        self.hand = Some(hand);
        self
    }
}

impl From<Cancel> for Steering {
    /// Steered from this process alone.
    fn from(cancel: Cancel) -> Self {
        Self { cancel, hold: Hold::new(), listens: false, hand: None }
    }
}
