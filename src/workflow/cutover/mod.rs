//! The gated switch: fence the writers, prove it, drain, switch, confirm, open, retire the old copy.

pub mod bars;
pub mod claims;
pub mod close_target;
pub mod confirm;
pub mod drain;
pub mod fence;
pub mod flush;
pub mod gates;
pub mod hook;
pub mod inside;
pub mod jobs;
pub mod lease;
pub mod let_go;
pub mod open;
pub mod position;
pub mod reconcile;
pub mod release_source;
pub mod repoint;
pub mod retire;
pub mod snapshot;
pub mod switch;
pub mod synchronous;
pub mod token;
