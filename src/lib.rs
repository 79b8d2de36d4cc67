//! Hybrid replication manager for the Azure SQL Managed Instance link.

pub mod app;
pub mod arm;
pub mod base;
pub mod cli;
pub mod config;
pub mod control;
pub mod effects;
pub mod engine;
pub mod export;
pub mod inventory;
pub mod journal;
pub mod model;
pub mod monitor;
pub mod pki;
pub mod plan;
pub mod probe;
pub mod report;
pub mod rules;
pub mod sql;
pub mod tui;
pub mod workflow;

#[cfg(feature = "lab")]
pub mod lab;
#[cfg(feature = "lab")]
pub mod sim;
