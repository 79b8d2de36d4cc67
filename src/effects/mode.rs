//! Whether changes may be made at all.

/// `Observe` shows a change and refuses it; dry runs use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Observe,
    Apply,
}
