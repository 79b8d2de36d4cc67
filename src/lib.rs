//! Hybrid replication manager for the Azure SQL Managed Instance link.

pub mod arm;
pub mod base;
pub mod cli;
pub mod config;
pub mod journal;
pub mod model;
pub mod pki;
pub mod report;
pub mod rules;
pub mod sql;

#[cfg(feature = "lab")]
pub mod lab;
