//! Failover groups of managed instances: geo-replication of all user databases between two regions, and role changes
//! (facts: failover-groups).

mod failover;
mod hub;
mod receive;
mod ship;
#[cfg(test)]
mod tests;
mod types;
mod wire;

pub use hub::Group;
pub use hub::Hub;
pub use types::GeoCopy;
pub use types::GeoState;
pub use types::Settings;
pub use types::Trouble;
