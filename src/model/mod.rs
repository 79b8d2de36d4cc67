//! Plain values: no I/O, no clock.

pub mod certificate;
pub mod database;
pub mod endpoint;
pub mod group;
pub mod ids;
pub mod instance;
pub mod login;
pub mod lsn;
pub mod open;
pub mod session;
pub mod sweep;
