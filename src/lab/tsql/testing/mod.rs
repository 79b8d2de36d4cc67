//! A small host in memory, and a session that prints what it sends.

mod host;
mod session;

pub(crate) use host::MemoryHost;
pub(crate) use session::Bench;
