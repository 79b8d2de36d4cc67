//! One database on one instance: its data, its log, its state.

use super::log::LogBlock;
use super::log::Op;
use super::lsn::Lsn;
use super::options::DatabaseOptions;
use super::storage::Data;
use super::storage::SchemaOp;
use std::collections::BTreeMap;
use std::collections::VecDeque;
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
    /// Readable secondary that lets in only sessions with ApplicationIntent=ReadOnly: 978 for others, writes get 3906.
    ReadIntentOnly,
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
    pub options: DatabaseOptions,
    /// Committed content: persistent maps, cheap to clone.
    pub data: Data,
    /// Blocks not yet truncated, oldest first.
    pub log: VecDeque<Arc<LogBlock>>,
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
    /// What its log file may grow to; `None`: until the disk is full, and the lab's disks never are.
    pub log_limit: Option<u64>,
    /// Changes with every change of `data`: cached views of open transactions compare it.
    pub version: u64,
    /// Greatest row id handed out, committed or not.
    pub last_row: u64,
    /// Identity values handed out, committed or not, by table.
    pub identities: BTreeMap<u32, i64>,
    pub last_checkpoint: Lsn,
    pub last_log_backup_time: Option<OffsetDateTime>,
    /// Oldest log a running backup or transaction needs besides replicas.
    pub replicated_from: Option<Lsn>,
    /// Part in a failover group; set by `geo` only.
    pub geo: Option<crate::lab::geo::GeoCopy>,
}

/// What seeding sends: a transactionally consistent copy as of `lsn`, O(1) to take.
#[derive(Clone)]
pub struct SeedImage {
    pub lsn: Lsn,
    pub data: Data,
    pub options: DatabaseOptions,
    pub size_bytes: u64,
    pub last_commit_lsn: Lsn,
    pub last_commit_time: Option<OffsetDateTime>,
}

/// Log file sequence a new database starts with, and the size of its virtual log files.
const FIRST_VLF: u32 = 37;
const SECTOR: u32 = 512;
/// Largest block whose records are counted: 2 MiB.
const COUNTED_BLOCK: u64 = 2 << 20;
const VLF_SECTORS: u32 = 64 * 1024 * 1024 / SECTOR;
/// Data file overhead of an empty database: 8 MB as `model` gives it.
const EMPTY_BYTES: u64 = 8 * 1024 * 1024;

impl Database {
    /// A new, empty database.
    pub fn new(id: i32, name: &str, options: DatabaseOptions, data: Data, now: OffsetDateTime) -> Self {
        let start = Lsn { file: FIRST_VLF, block: 16, slot: 1 };
        Self {
            id,
            name: name.to_owned(),
            guid: crate::base::random::uuid(),
            create_date: now,
            state: DatabaseState::Online,
            access: Access::ReadWrite,
            sync: SyncCommit::default(),
            options,
            data,
            log: VecDeque::new(),
            log_end: start,
            hardened: start,
            redone: start,
            last_commit_lsn: start,
            last_commit_time: Some(now),
            ag: None,
            group_database_id: None,
            log_bytes_used: 0,
            log_bytes_size: EMPTY_BYTES,
            log_limit: None,
            version: 0,
            last_row: 0,
            identities: BTreeMap::new(),
            last_checkpoint: start,
            last_log_backup_time: None,
            replicated_from: None,
            geo: None,
        }
    }
    /// master, tempdb, model, msdb.
    pub fn is_system(&self) -> bool {
        self.id <= 4
    }
    /// Data size in bytes, as `sys.master_files` tells.
    pub fn size_bytes(&self) -> u64 {
        let content = self.data.bytes() * 5 / 4;
        let used = EMPTY_BYTES.max(content) + self.options.ballast_bytes;
        used.div_ceil(64 * 1024) * 64 * 1024
    }
    /// A consistent copy as of the end of log.
    pub fn seed_image(&self) -> SeedImage {
        SeedImage {
            lsn: self.log_end,
            data: self.data.clone(),
            options: self.options.clone(),
            size_bytes: self.size_bytes(),
            last_commit_lsn: self.last_commit_lsn,
            last_commit_time: self.last_commit_time,
        }
    }
    /// Replaces the content by what seeding brought.
    pub fn load_seed(&mut self, image: SeedImage) {
        let files = std::mem::take(&mut self.options.files);
        self.options = DatabaseOptions { files, ..image.options };
        self.last_row = image.data.last_row;
        self.data = image.data;
        self.identities.clear();
        self.version += 1;
        self.log.clear();
        self.log_bytes_used = 0;
        (self.log_end, self.hardened, self.redone) = (image.lsn, image.lsn, image.lsn);
        self.last_commit_lsn = image.last_commit_lsn;
        self.last_commit_time = image.last_commit_time;
    }
    /// Oldest block still in the log; the end of log if there is none.
    pub fn log_start(&self) -> Lsn {
        self.log.front().map_or(self.log_end, |b| b.lsn)
    }
    /// Blocks at and after `lsn`; `None` if some of them are truncated (1408).
    pub fn blocks_from(&self, lsn: Lsn) -> Option<Vec<Arc<LogBlock>>> {
        if lsn < self.log_start() {
            return None;
        }
        let first = self.log.partition_point(|b| b.lsn < lsn);
        Some(self.log.iter().skip(first).cloned().collect())
    }
    /// The block that starts at `lsn`, if it is (still) in the log.
    pub fn block_at(&self, lsn: Lsn) -> Option<Arc<LogBlock>> {
        let at = self.log.partition_point(|b| b.lsn < lsn);
        self.log.get(at).filter(|b| b.lsn == lsn).cloned()
    }
    /// Secondary: appends a received block to the log. Redo is separate. A block already here is ignored.
    pub fn harden(&mut self, block: Arc<LogBlock>) {
        if block.lsn < self.log_end {
            return;
        }
        self.log_end = block.end;
        self.hardened = block.end;
        self.account(&block);
        self.log.push_back(block);
    }
    /// Secondary: applies a hardened block.
    pub fn redo(&mut self, block: &LogBlock) {
        if block.lsn < self.redone {
            return;
        }
        self.apply(&block.ops);
        self.redone = block.end;
        if block.user {
            self.last_commit_lsn = commit_lsn(block);
            self.last_commit_time = OffsetDateTime::from_unix_timestamp_nanos(block.commit_time * 100).ok();
        }
    }
    /// Appends a block that no user made (checkpoint and the like).
    pub fn append_internal(&mut self, what: &str, now: OffsetDateTime) -> Arc<LogBlock> {
        self.append(vec![Op::Internal(what.to_owned())], 0, false, now)
    }
    /// Primary: hardens ops as one block and applies them.
    pub fn append(&mut self, ops: Vec<Op>, spid: i32, user: bool, now: OffsetDateTime) -> Arc<LogBlock> {
        let raw = 72 + ops.iter().map(op_bytes).sum::<u64>();
        self.append_sized(raw, ops, spid, user, now)
    }
    /// Log of work whose records are counted and not kept, such as the rebuild of an index: it takes room in the log and time
    /// on the wire, and changes no row.
    pub fn append_counted(&mut self, what: &str, mut bytes: u64, now: OffsetDateTime) {
        while bytes > 0 {
            let piece = bytes.min(COUNTED_BLOCK);
            self.append_sized(piece, vec![Op::Internal(what.to_owned())], 0, false, now);
            bytes -= piece;
        }
    }
    fn append_sized(&mut self, raw: u64, ops: Vec<Op>, spid: i32, user: bool, now: OffsetDateTime) -> Arc<LogBlock> {
        let sectors = (raw.div_ceil(u64::from(SECTOR)) as u32).max(1);
        let lsn = self.log_end.block_id();
        let next = lsn.block + sectors;
        let end = if next >= VLF_SECTORS {
            Lsn { file: lsn.file + 1, block: 16, slot: 1 }
        } else {
            Lsn { file: lsn.file, block: next, slot: 1 }
        };
        let block = Arc::new(LogBlock {
            lsn,
            end,
            commit_time: now.unix_timestamp_nanos() / 100,
            bytes: sectors * SECTOR,
            spid,
            user,
            ops,
        });
        self.apply(&block.ops);
        (self.log_end, self.hardened, self.redone) = (end, end, end);
        if user {
            self.last_commit_lsn = commit_lsn(&block);
            self.last_commit_time = Some(now);
        }
        self.account(&block);
        self.log.push_back(Arc::clone(&block));
        block
    }
    /// Drops log below `lsn` (exclusive); the caller knows that nobody needs it.
    pub fn truncate_log(&mut self, lsn: Lsn) {
        while self.log.front().is_some_and(|b| b.end <= lsn) {
            if let Some(b) = self.log.pop_front() {
                self.log_bytes_used = self.log_bytes_used.saturating_sub(u64::from(b.bytes));
            }
        }
    }
    /// Name of the state as the server writes it.
    pub fn state_desc(&self) -> &'static str {
        match self.state {
            DatabaseState::Online => "ONLINE",
            DatabaseState::Restoring => "RESTORING",
            DatabaseState::Recovering => "RECOVERING",
            DatabaseState::RecoveryPending => "RECOVERY_PENDING",
            DatabaseState::Suspect => "SUSPECT",
            DatabaseState::Emergency => "EMERGENCY",
            DatabaseState::Offline => "OFFLINE",
        }
    }
    fn apply(&mut self, ops: &[Op]) {
        for op in ops {
            if let Op::Schema(bytes) = op
                && let Some(SchemaOp::Options(options)) = SchemaOp::decode(bytes)
            {
                let files = std::mem::take(&mut self.options.files);
                self.options = DatabaseOptions { files, ..*options };
            } else {
                self.data.apply(op);
            }
        }
        self.last_row = self.last_row.max(self.data.last_row);
        self.version += 1;
    }
    fn account(&mut self, block: &LogBlock) {
        self.log_bytes_used += u64::from(block.bytes);
        while self.log_bytes_used > self.log_bytes_size * 9 / 10 {
            let grown = self.log_bytes_size + 64 * 1024 * 1024;
            match self.log_limit {
                Some(limit) if grown > limit => {
                    self.log_bytes_size = self.log_bytes_size.max(limit);
                    return;
                }
                _ => self.log_bytes_size = grown,
            }
        }
    }
    /// Would so many bytes of log still fit (9002)?
    pub fn log_has_room(&self, bytes: u64) -> bool {
        self.log_limit.is_none_or(|limit| self.log_bytes_used + bytes <= limit)
    }
    /// Caps the log file; it never shrinks below what is used.
    pub fn limit_log(&mut self, limit: Option<u64>) {
        self.log_limit = limit;
        if let Some(limit) = limit {
            self.log_bytes_size = limit.max(self.log_bytes_used);
        }
    }
}

/// LSN of the commit record: last slot of its block.
fn commit_lsn(block: &LogBlock) -> Lsn {
    Lsn { slot: (block.ops.len() + 2).min(usize::from(u16::MAX)) as u16, ..block.lsn }
}

/// Size of a change in the log: record header and the values.
pub(super) fn op_bytes(op: &Op) -> u64 {
    match op {
        Op::Insert { values, .. } => 96 + super::storage::row_bytes(values),
        Op::Update { values, .. } => 112 + super::storage::row_bytes(values),
        Op::Delete { .. } => 128,
        Op::Schema(b) => 400 + b.len() as u64,
        Op::ExtendedProperty { name, .. } => 240 + 2 * name.len() as u64,
        Op::Internal(_) => 96,
    }
}
