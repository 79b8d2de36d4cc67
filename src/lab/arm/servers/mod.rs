//! `Microsoft.Sql/servers`: logical servers of Azure SQL Database, their databases, elastic pools, replication links and
//! failover groups (facts: arm-api 7, failover-groups 9).

pub mod address;
pub mod change;
mod check;
mod dispatch;
mod show;
mod spec;
pub mod state;

pub use address::ServerTarget;
pub use change::ServerChange;
pub(super) use dispatch::dispatch;
pub(super) use dispatch::outcome;
pub use state::Servers;
