//! Statements that change the server, one family a file.

mod availability;
mod backup;
mod certificate;
mod database;
mod dispatch;
mod endpoint;
mod options;
mod permission;
mod principal;

pub(super) use dispatch::statement;
pub(super) use dispatch::unsupported_words;
