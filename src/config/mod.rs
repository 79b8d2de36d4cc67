//! The estate file: its shape, reading it, and the settled configuration.

pub mod create;
pub mod duration;
pub mod failover_group;
pub mod layout;
pub mod load;
mod not_yet;
pub mod problem;
pub mod resolve;
pub mod schema;
pub mod secret;
pub mod server;
pub mod types;
mod validate;

pub use crate::base::nearest::nearest;
pub use load::load;
pub use types::Config;

#[cfg(test)]
mod tests;
