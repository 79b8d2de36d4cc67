//! Failover groups of managed instances, and of databases of logical servers: geo-replication between two regions, and role
//! changes (facts: failover-groups).

mod failover;
mod hub;
mod receive;
mod servers;
#[cfg(test)]
mod servers_tests;
mod ship;
#[cfg(test)]
mod tests;
mod types;
mod wire;

pub use hub::Group;
pub use hub::Hub;
pub use servers::How;
pub use servers::ServerGroup;
pub use types::GeoCopy;
pub use types::GeoState;
pub use types::Settings;
pub use types::Trouble;
