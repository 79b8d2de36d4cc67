//! Steps on a failover group.

pub mod application;
pub mod base;
pub mod beats;
pub mod confirm;
pub mod copies;
pub mod create;
pub mod delete;
pub mod drill;
pub mod failover;
pub mod gate;
pub mod heartbeat;
pub mod lease;
pub mod listeners;
pub mod network;
pub mod protect;
pub mod quiet;
pub mod runbook;
pub mod secondary;
pub mod seed;
pub mod stragglers;
pub mod update;
