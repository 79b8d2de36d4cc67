//! Hybrid replication manager for the Azure SQL Managed Instance link.

pub mod base;
pub mod config;
pub mod journal;
pub mod model;

#[cfg(feature = "lab")]
pub mod lab;
