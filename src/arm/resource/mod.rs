//! Resources as the service shows them: every member optional, every enumeration open.

pub mod access;
pub mod activity;
pub mod certificate;
pub mod database;
pub mod failover_group;
mod fields;
pub mod instance;
pub mod link;
pub mod network;
pub mod server;
