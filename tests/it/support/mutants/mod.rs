//! The tables of conditions: how each is broken in the lab's own state, and mended. A statement or command that a finding
//! offers as its remedy is what mends it; the table's own acts are for those that offer none.

mod after;
mod all;
mod before;
mod both_ways;
mod instances;
mod own;
mod rights;
mod types;

pub use after::AFTER;
pub use all::tables;
pub use before::DATABASE;
pub use both_ways::BOTH_WAYS_AFTER;
pub use both_ways::BOTH_WAYS_BEFORE;
pub use both_ways::SEVERAL;
pub use instances::INSTANCES;
pub use own::OWN;
pub use rights::RIGHTS;
pub use types::Act;
pub use types::Mutant;
pub use types::NEW;
pub use types::NIGHT;
pub use types::WATCH;
