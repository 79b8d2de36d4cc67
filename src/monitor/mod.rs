//! Watching links: collectors, their fold into one immutable snapshot, and what is judged from it.

pub mod aged;
pub mod handle;
pub mod history;
pub mod snapshot;
