//! What must be true before a link is made, a database moved, a failover forced: rules as data, judged over one survey.

mod agent;
mod around;
mod azure;
pub mod case;
mod certificate;
mod database;
mod drill;
mod endpoint;
mod group;
mod instance;
mod judges;
mod link;
mod login;
mod managed;
mod network;
pub mod page;
mod permission;
pub mod registry;
#[cfg(test)]
mod tests;
pub mod verdict;
