//! A whole estate, on loopback sockets with its files and its control door, or on pipes within the process.

pub mod control;
mod dns;
mod fact;
pub mod files;
pub mod listen;
pub mod pipes;
pub mod record;
pub mod start;
pub mod tls;
pub mod verdict;
