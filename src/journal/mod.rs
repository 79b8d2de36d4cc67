//! The journal: intents, outcomes and evidence of every run, durable and hash-chained.

mod chain;
pub mod drilled;
pub mod export;
pub mod fold;
pub mod history;
pub mod memory;
pub mod protected;
pub mod record;
pub mod roles;
mod schema;
pub mod sqlite;
pub mod store;
pub mod switched;
pub mod verify;

pub use fold::RunState;
pub use fold::fold;
pub use memory::MemoryJournal;
pub use sqlite::SqliteJournal;
pub use store::Journal;

#[cfg(test)]
mod tests;
