//! The journal: intents, outcomes and evidence of every run, durable and hash-chained.

pub mod record;
pub mod store;
