//! A lab in a process of its own, and milink beside it as a user runs it.

pub mod arm;
pub mod lab;
pub mod mutants;
pub mod play;
pub mod process;
pub mod sql;
