//! The steps that take a link away without leaving a second writable copy (facts: mi-link 8.6, 14).

pub mod close;
pub mod drop_copy;
pub mod first_backup;
pub mod groups;
pub mod open;
pub mod unlink;
