//! Where the application meets the lab: the demonstration, and the judging of it.

pub mod demo;
pub mod play;
