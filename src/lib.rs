//! Hybrid replication manager for the Azure SQL Managed Instance link.

pub mod arm;
pub mod base;
pub mod journal;
pub mod model;
pub mod pki;
pub mod sql;

#[cfg(feature = "lab")]
pub mod lab;
