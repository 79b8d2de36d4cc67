//! Failover groups: what must be true before one is made, and what may be done when (facts: failover-groups 1 to 3).

pub mod activity;
pub mod closer;
pub mod decide;
pub mod ha;
pub mod in_memory;
pub mod lag;
pub mod logins;
pub mod names;
pub mod network;
#[cfg(test)]
pub(crate) mod network_tests;
pub mod notes;
pub mod pairs;
pub mod policy;
pub mod prerequisites;
pub mod rights;
pub mod runbook;
pub mod secondary;
pub mod seeding;
pub mod servers;
#[cfg(test)]
mod servers_tests;
pub mod service_key;
pub mod state;
#[cfg(test)]
mod tests;
