//! Facts of both sides, read at once; what could not be read stays unknown.

pub mod azure;
pub mod fog;
pub mod fog_network;
pub mod fog_servers;
pub mod link;
pub mod listener;
pub mod network;
pub mod new_instance;
pub mod survey;
pub mod trust;
pub mod trust_findings;
pub mod watch;

pub use crate::model::fact;
