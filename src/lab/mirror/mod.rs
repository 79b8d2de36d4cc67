//! Mirroring endpoints: handshake, seeding, log transport, redo, role changes, and the managed side of a link.

mod channel;
pub mod established;
mod failover;
mod handshake;
pub mod managed;
mod manager;
mod permission;
pub mod pki;
mod report;
pub(crate) mod roles;
mod source;
mod target;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tls;
mod trust;
pub mod url;
pub mod wire;
pub mod x509;

pub use failover::force;
pub use failover::planned;
pub use failover::to_secondary;
pub use manager::MANAGED_PORT;
pub use manager::start;
