//! The lab's network: virtual addresses (`10.0.1.8:5022`, `mi.zone.database.windows.net:5022`) over loopback sockets or
//! in-memory pipes, with partitions, latency and bandwidth between two hosts.

mod fabric;
mod network;
mod node;
mod pump;
#[cfg(test)]
mod tests;

pub use fabric::Path;
pub use network::BoxStream;
pub use network::ByteStream;
pub use network::Listener;
pub use network::Network;
pub use network::Wires;
pub use node::Node;
pub use node::REDIRECT;
