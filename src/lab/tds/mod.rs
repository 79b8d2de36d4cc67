//! Server half of TDS.

pub mod backend;
