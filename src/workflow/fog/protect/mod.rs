//! The second half of a migration: from the last link to an application on the listener (facts: failover-groups 1.4).

pub mod backup;
mod links;
pub mod milestone;
pub mod repoint;
pub mod secondary;
pub mod unlinked;
