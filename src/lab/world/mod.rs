//! State of the simulated servers.

pub mod access;
pub mod backend;
pub mod clock;
pub mod database;
pub mod ddl;
pub mod function;
pub mod hadr;
pub mod hadr_ddl;
pub mod hadr_views;
pub mod host;
pub mod instance;
pub mod log;
pub mod lsn;
pub mod messages;
pub mod options;
pub mod procedure;
pub mod security;
pub mod server;
pub mod session;
pub mod setup;
pub mod sha1;
pub mod storage;
#[cfg(test)]
pub mod testing;
pub mod values;
pub mod wall;
