//! Rules as data: embedded tables and their loaders.

pub mod direction;
pub mod link_error;
pub mod version;
