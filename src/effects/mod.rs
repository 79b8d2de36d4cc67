//! The one door: every change is written down before it is made, and its outcome after.

pub mod fault;
pub mod files;
pub mod hand;
pub mod lease;
pub mod mode;
pub mod operation;
pub mod perform;
pub mod sites;
