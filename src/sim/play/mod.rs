//! Whole runs in virtual time: the same application and the same lab, on pipes, a paused clock and one seed.

pub mod azure;
pub mod bulk;
pub mod case;
mod catalogue;
pub mod estate;
pub mod faults;
pub mod fog_night;
pub mod gate;
pub mod groups;
pub mod hooks;
pub mod line;
pub mod links;
pub mod mishap;
mod names;
pub mod neighbours;
pub mod night;
pub mod operator;
pub mod outage;
pub mod paths;
pub mod runtime;
pub mod seeds;
pub mod trace;
pub mod watch;
pub mod world;

#[cfg(test)]
mod tests;
