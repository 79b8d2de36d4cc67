//! What two instances of a group say to each other. The vendor's format is not public: this one is the lab's own.

use crate::lab::mirror::wire::Fork;
use crate::lab::world::log::LogBlock;
use crate::lab::world::lsn::Lsn;
use serde::Deserialize;
use serde::Serialize;
use std::sync::Arc;
use uuid::Uuid;

/// First port of the redirect range, which geo-replication uses (facts: failover-groups 1.2).
pub(super) const PORT: u16 = 11_000;

/// The primary's first words about one database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) group: String,
    pub(super) database: String,
    pub(super) link: Uuid,
    /// Full name of the sender.
    pub(super) from: String,
    pub(super) forks: Vec<Fork>,
    pub(super) end: Lsn,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Reply {
    /// Log from here on is wanted.
    From(Lsn),
    /// The whole content is wanted.
    Seed,
    Refused(String),
}

/// From the primary, after the reply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Down {
    /// Bytes, and how many more they stand for.
    Chunk(Vec<u8>, u64),
    SeedEnd {
        forks: Vec<Fork>,
    },
    Block(Arc<LogBlock>),
}

/// From the secondary: hardened and redone up to here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Ack {
    pub(super) hardened: Lsn,
    /// Unix time of the newest commit, in 100 ns.
    pub(super) commit_time: Option<i128>,
}
