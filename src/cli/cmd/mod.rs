//! One command a file.

pub mod completions;
pub mod init;
pub mod man;
pub mod runs;
pub mod schema;
