//! Plain values: no I/O, no clock.

pub mod around;
pub mod broker;
pub mod catalogue;
pub mod certificate;
pub mod claim;
pub mod database;
pub mod endpoint;
pub mod fact;
pub mod geo;
pub mod geo_server;
pub mod group;
pub mod ids;
pub mod instance;
pub mod log;
pub mod login;
pub mod lsn;
pub mod network;
pub mod new_instance;
pub mod object;
pub mod open;
pub mod proof;
pub mod resize;
pub mod session;
pub mod survey;
pub mod sweep;
