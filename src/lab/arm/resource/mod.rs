//! The resources, one file each, and the table that leads to them.

pub(super) mod certificate;
pub(super) mod database;
mod dispatch;
pub(super) mod failover_group;
pub(super) mod instance;
mod kept;
pub(super) mod link;
mod link_body;
mod link_old;
pub(super) mod metadata;
pub(super) mod operation;
mod protector;
pub(super) mod subscription;

pub(super) use dispatch::dispatch;
pub(super) use dispatch::not_allowed;
