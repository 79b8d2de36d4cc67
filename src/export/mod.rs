//! Snapshots for others: metrics, JSON over HTTP, a status page. Nothing here can change anything.

mod api;
pub mod board;
mod guard;
pub mod metrics;
pub mod page;
pub mod server;
