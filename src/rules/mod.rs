//! Rules as data: embedded tables and their loaders.

pub mod builds;
pub mod checks;
pub mod compat;
pub mod connection;
pub mod direction;
pub mod errors;
pub mod fog;
pub mod limits;
pub mod link_error;
pub mod network;
pub mod seeding;
pub mod topics;
pub mod version;
