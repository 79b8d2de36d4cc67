//! Plans become steps: each step id has exactly one step.

pub mod catalog;
pub mod create;
pub mod cutover;
pub mod delete;
pub mod fog;
mod held;
pub mod hooks;
pub mod link_step;
pub mod objects;
pub mod probe;
pub mod tools;
