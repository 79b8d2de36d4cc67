//! Hybrid replication manager for the Azure SQL Managed Instance link.
#![forbid(unsafe_code)]

#[cfg(feature = "lab")]
pub mod lab;
