//! The transaction log of a database: what seeding does not carry travels as these blocks, as bytes.

use super::lsn::Lsn;
use crate::lab::tsql::value::Value;

/// One hardened unit of log: the work of one commit (or one DDL statement).
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LogBlock {
    /// Where it starts.
    pub lsn: Lsn,
    /// Where the next one will start (end of log after this block).
    pub end: Lsn,
    /// Unix time in 100 ns units (lab clock of the primary).
    pub commit_time: i128,
    /// Size in the log file.
    pub bytes: u32,
    /// Session that committed, for attribution; 0 for the system.
    pub spid: i32,
    /// True when made by a user's transaction, false for checkpoints and the like.
    pub user: bool,
    pub ops: Vec<Op>,
}

impl LogBlock {
    /// Its records are counted and not kept: it is far larger than what it carries.
    pub fn is_counted(&self) -> bool {
        self.bytes > 64 * 1024 && self.ops.iter().all(|o| matches!(o, Op::Internal(_)))
    }
}

/// A logged change. Applying the same ops to the same state gives the same state.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub enum Op {
    Insert {
        table: u32,
        row: u64,
        values: Vec<Value>,
    },
    Update {
        table: u32,
        row: u64,
        values: Vec<Value>,
    },
    Delete {
        table: u32,
        row: u64,
    },
    /// Any change of the schema or of database-level objects: the new definition, serialised by `world::schema`.
    Schema(Vec<u8>),
    /// Extended property set (`None` removes). `class` 0 database; name; value.
    ExtendedProperty {
        class: u8,
        major_id: i32,
        minor_id: i32,
        name: String,
        value: Option<Value>,
    },
    /// Checkpoint or other internal record.
    Internal(String),
}
