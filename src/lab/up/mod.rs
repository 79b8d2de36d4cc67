//! A whole estate on loopback sockets, with its files and its control door.

pub mod control;
mod fact;
pub mod files;
pub mod record;
pub mod start;
pub mod tls;
pub mod verdict;
