//! One database on one instance: its data, its log, its state. (Skeleton of the contract; owner: storage.)

use super::log::LogBlock;
use super::lsn::Lsn;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// `sys.databases.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DatabaseState {
    Online = 0,
    Restoring = 1,
    Recovering = 2,
    RecoveryPending = 3,
    Suspect = 4,
    Emergency = 5,
    Offline = 6,
}

/// Whether and how the availability layer lets sessions in. Set by `world::hadr` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Not in a group, or primary: reads and writes.
    #[default]
    ReadWrite,
    /// Readable secondary / forwarder: writes get 3906.
    ReadOnly,
    /// Secondary that refuses readers: 976.
    NotReadable,
    /// RESOLVING: 983.
    Resolving,
}

/// How far the partner that a synchronous commit waits for has hardened.
#[derive(Debug, Clone, Default)]
pub struct SyncCommit {
    /// Commits wait while this is true and `hardened` is below their end of log.
    pub wait: bool,
    pub hardened: Lsn,
}

pub struct Database {
    pub id: i32,
    pub name: String,
    pub guid: Uuid,
    pub create_date: OffsetDateTime,
    pub state: DatabaseState,
    pub access: Access,
    pub sync: SyncCommit,
    /// The SET options and other columns of sys.databases that are not derived.
    pub options: super::options::DatabaseOptions,
    /// Committed content: persistent maps, cheap to clone.
    pub data: super::storage::Data,
    /// Blocks not yet truncated, oldest first.
    pub log: std::collections::VecDeque<Arc<LogBlock>>,
    /// End of log: where the next block will start. (`end_of_log_lsn`)
    pub log_end: Lsn,
    /// On a secondary: log received and hardened; redo may be behind. On a primary equal to `log_end`.
    pub hardened: Lsn,
    /// Redone so far (everything below); `last_redone_lsn`.
    pub redone: Lsn,
    pub last_commit_lsn: Lsn,
    pub last_commit_time: Option<OffsetDateTime>,
    /// AG (by lower-case name) the database is in on this instance.
    pub ag: Option<String>,
    pub group_database_id: Option<Uuid>,
    pub log_bytes_used: u64,
    pub log_bytes_size: u64,
}

/// What seeding sends: a transactionally consistent copy as of `lsn`, O(1) to take.
#[derive(Clone)]
pub struct SeedImage {
    pub lsn: Lsn,
    pub data: super::storage::Data,
    pub options: super::options::DatabaseOptions,
    pub size_bytes: u64,
    pub last_commit_lsn: Lsn,
    pub last_commit_time: Option<OffsetDateTime>,
}
// Contract of the methods (owner: storage, in this file or world/storage*.rs):
//   impl Database {
//     pub fn size_bytes(&self) -> u64;                        // data size as sys.master_files tells
//     pub fn seed_image(&self) -> SeedImage;
//     pub fn blocks_from(&self, lsn: Lsn) -> Option<Vec<Arc<LogBlock>>>;  // None: truncated (1408)
//     pub fn harden(&mut self, block: Arc<LogBlock>);         // secondary: append received block to the log
//     pub fn redo(&mut self, block: &LogBlock);               // secondary: apply ops, move `redone`, last_commit_*
//     pub fn append_internal(&mut self, what: &str, now: OffsetDateTime) -> Arc<LogBlock>; // checkpoint etc.
//   }
//   impl SeedImage {
//     pub fn to_chunks(&self, chunk_bytes: usize) -> impl Iterator<Item = Vec<u8>>;  // real bytes of the real content, total about size_bytes
//     pub struct SeedAssembler; fn push(&mut self, chunk: &[u8]) ; fn finish(self) -> Result<SeedImage, String>
//   }
//   impl InstanceState {
//     pub fn database(&self, name:&str) -> Option<&Database>; database_mut
//     pub fn create_restoring(&mut self, name:&str, now) -> SqlResult<&mut Database>;  // seeding target: RESTORING
//     pub fn kill_sessions_in(&mut self, database:&str, except: Option<i32>);     // role change: roll back, cancel
//   }
