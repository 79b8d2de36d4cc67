//! Azure Resource Manager, emulated: the calls of Microsoft.Sql that a Managed Instance link needs, as the service answers
//! them (facts: arm-api, az-cli). State lives behind [`provider::Provider`].

pub mod access;
pub mod activity;
pub mod auth;
pub mod body;
mod change;
pub mod config;
pub mod error;
pub mod estate;
#[cfg(test)]
mod fake;
pub mod fault;
pub mod heard;
pub mod ids;
pub mod network;
pub mod oauth;
pub mod operation;
pub mod provider;
mod resource;
pub mod route;
pub mod serve;
#[cfg(test)]
mod serve_tests;
pub mod server;
pub mod servers;
#[cfg(test)]
mod tests;
pub mod throttle;
pub mod version;
pub mod view;

pub use config::ArmConfig;
pub use error::ArmError;
pub use provider::Provider;
pub use server::ArmServer;
