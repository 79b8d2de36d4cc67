//! Server objects brought to a target, one step each.

pub mod object;
