//! What somebody may ask of a running run.

use super::cancel::Cancel;
use super::hold::Hold;

/// Handed in by whoever starts a run.
#[derive(Clone, Default)]
pub struct Steering {
    pub cancel: Cancel,
    pub hold: Hold,
    /// Orders of other terminals are heard too.
    pub listens: bool,
}

impl Steering {
    /// Steered from this process and from other terminals of the same state directory.
    pub fn open(cancel: Cancel) -> Self {
        Self { cancel, hold: Hold::new(), listens: true }
    }
}

impl From<Cancel> for Steering {
    /// Steered from this process alone.
    fn from(cancel: Cancel) -> Self {
        Self { cancel, hold: Hold::new(), listens: false }
    }
}
