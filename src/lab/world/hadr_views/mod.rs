//! Catalogue views and DMVs of the availability layer: who sees what (facts: sql-server-hadr b), and how long log is held.

mod catalog;
mod databases;
mod hold;
mod provide;
mod row;
mod seeding;
mod states;
#[cfg(test)]
mod tests;
mod transport;

pub use hold::log_hold;
pub use hold::seeding_databases;
pub use provide::provide;
