//! Looks at the network by itself, not through a server.

pub mod dns;
