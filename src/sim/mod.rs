//! Where the application meets the lab: the demonstration, and the judging of it.

pub mod demo;
mod demo_report;
mod last_mile;
pub mod play;
