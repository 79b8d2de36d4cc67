//! The lab: a simulated estate that speaks the real protocols.
//!
//! Written from the documented behaviour of the servers, never from milink's own client code.

pub mod catalog;
pub mod mirror;
pub mod net;
pub mod tds;
pub mod tsql;
pub mod world;
