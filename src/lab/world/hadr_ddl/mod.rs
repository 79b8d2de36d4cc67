//! DDL of the availability layer: endpoints, groups, `SET HADR` (facts: sql-server-hadr c).

mod alter;
mod broker;
mod capability;
mod create;
mod database;
mod dispatch;
mod distributed;
mod endpoint;
mod join;
mod make;
mod messages;
mod options;
mod removal;
mod specs;
#[cfg(test)]
mod tests;

pub use capability::link_capable;
pub(crate) use database::movement;
pub use dispatch::execute;
pub use endpoint::endpoint_certificate;
pub use make::new_group;
pub use make::new_replica;
pub use messages::error;
