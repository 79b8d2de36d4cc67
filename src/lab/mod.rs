//! The lab: a simulated estate that speaks the real protocols.
//!
//! Written from the documented behaviour of the servers, never from milink's own client code.

pub mod arm;
pub mod catalog;
pub mod geo;
pub mod mirror;
pub mod net;
pub mod scenario;
pub mod tds;
pub mod tsql;
pub mod up;
pub mod verdict;
pub mod workload;
pub mod world;
