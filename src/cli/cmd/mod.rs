//! One command a file.

mod app;
pub mod completions;
pub mod cutover;
pub mod init;
pub mod link;
pub mod man;
mod plan_text;
pub mod runs;
pub mod schema;
