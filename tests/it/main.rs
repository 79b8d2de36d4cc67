//! All integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

/// The command line: exit code, stdout and stderr together.
mod cli;
/// Estate files, good and bad.
mod config;
/// Several processes, one journal; damage found.
mod journal;
/// Answers that need no server.
mod offline;
/// The rules of this source tree.
mod tidy;
