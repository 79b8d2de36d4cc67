//! Intent and a fresh inventory in, an ordered list of what is missing out. Pure.

pub mod create;
pub mod cutover;
pub mod delete;
pub mod fog;
pub mod fog_runbook;
pub mod forms;
pub mod names;
pub mod network;
pub mod objects;
pub mod probe;
pub mod types;
