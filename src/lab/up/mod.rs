//! A whole estate, on loopback sockets with its files and its control door, or on pipes within the process.

pub mod agent;
pub mod control;
mod dns;
pub mod fact;
mod fault;
pub mod files;
pub mod listen;
mod listener;
pub mod local;
pub mod pipes;
mod power;
mod powershell;
pub mod record;
pub mod start;
mod straggle;
#[cfg(test)]
mod tests;
mod timetable;
pub mod tls;
pub mod verdict;
