//! Nights of failover groups: one operation from one seed, what goes wrong meanwhile, and whether everything holds.

pub mod deed;
pub mod night;
mod oracle;
pub mod process;
mod world;
