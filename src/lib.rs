//! Hybrid replication manager for the Azure SQL Managed Instance link.

#[cfg(feature = "lab")]
pub mod lab;
