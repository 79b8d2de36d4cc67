//! A small host in memory, and a session that prints what it sends.

mod check;
mod host;
mod session;

pub(crate) use check::check;
pub(crate) use host::MemoryHost;
pub(crate) use session::Bench;
