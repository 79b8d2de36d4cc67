//! State of the simulated servers.

pub mod database;
pub mod hadr;
pub mod hadr_ddl;
pub mod hadr_views;
pub mod instance;
pub mod log;
pub mod lsn;
pub mod messages;
pub mod options;
pub mod security;
pub mod server;
pub mod session;
pub mod setup;
pub mod storage;
