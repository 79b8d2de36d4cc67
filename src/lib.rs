//! Hybrid replication manager for the Azure SQL Managed Instance link.

pub mod base;
pub mod journal;
pub mod model;
pub mod rules;

#[cfg(feature = "lab")]
pub mod lab;
