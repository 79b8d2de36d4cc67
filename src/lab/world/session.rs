//! Sessions of an instance: rows of the session DMVs, open transactions, locks.

use super::instance::InstanceState;
use super::log::Op;
use super::lsn::Lsn;
use super::storage::Data;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod locks;
#[cfg(test)]
mod tests;

pub use locks::Lock;
pub use locks::LockMode;
pub use locks::LockOwner;
pub use locks::LockTable;
pub use locks::Outcome;
pub use locks::Resource;
pub use locks::Waiter;

/// First session id of users.
const FIRST_SPID: i32 = 51;
/// Greatest session id: `session_id` is a smallint.
const LAST_SPID: i32 = 32_767;

/// One session.
#[derive(Debug, Clone)]
pub struct SessionState {
    pub spid: i32,
    /// Server principal; 0 for a contained user.
    pub principal_id: i32,
    pub login: String,
    pub sid: Vec<u8>,
    /// Logins of the Windows groups it is in.
    pub groups: Vec<i32>,
    /// Contained user: its database and principal there.
    pub contained: Option<(String, i32)>,
    pub host_name: String,
    pub program_name: String,
    pub client_interface: String,
    pub client_address: String,
    pub client_pid: u32,
    pub encrypted: bool,
    pub packet_size: u32,
    pub connection_id: Uuid,
    pub login_time: OffsetDateTime,
    pub request_start: OffsetDateTime,
    pub request_end: Option<OffsetDateTime>,
    /// Command word and text while a request runs.
    pub request: Option<(String, String)>,
    pub last_text: String,
    /// Spelled as in the catalogue.
    pub database: String,
    pub login_database: String,
    pub read_only_intent: bool,
    pub lock_timeout_ms: i32,
    pub trace_flags: BTreeSet<i32>,
    pub transaction: Option<Transaction>,
    /// Wait type, since when, resource, blocking session.
    pub waiting: Option<(&'static str, OffsetDateTime, String, i32)>,
    pub requests: i64,
    pub writes: i64,
    pub reads: i64,
    /// The server ended it: nothing it does counts any more.
    pub dead: bool,
    pub killed: CancellationToken,
}

/// An open transaction.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub id: i64,
    pub began: OffsetDateTime,
    pub name: String,
    /// `@@TRANCOUNT`; 0 for the implicit transaction around one statement.
    pub nesting: i32,
    pub doomed: bool,
    /// Work per database, by lower-case name.
    pub work: BTreeMap<String, Work>,
    /// Name, number of ops per database at that point.
    pub savepoints: Vec<(String, BTreeMap<String, usize>)>,
}

/// What a transaction did in one database.
#[derive(Debug, Clone, Default)]
pub struct Work {
    pub ops: Vec<Op>,
    pub bytes: u64,
    pub began: Option<OffsetDateTime>,
    pub begin_lsn: Lsn,
    /// Committed version, ops applied, content as this transaction sees it.
    pub cache: Option<(u64, usize, Data)>,
}

/// All sessions.
#[derive(Debug)]
pub struct SessionTable {
    pub sessions: BTreeMap<i32, SessionState>,
    pub next_transaction: i64,
    pub locks: LockTable,
}

impl Default for SessionTable {
    fn default() -> Self {
        Self { sessions: BTreeMap::new(), next_transaction: 1000, locks: LockTable::default() }
    }
}

impl SessionTable {
    /// Lowest free session id.
    pub fn free_spid(&self) -> i32 {
        (FIRST_SPID..=LAST_SPID).find(|s| !self.sessions.contains_key(s)).unwrap_or(i32::MAX)
    }
    /// A live session.
    pub fn get(&self, spid: i32) -> Option<&SessionState> {
        self.sessions.get(&spid)
    }
    /// A live session.
    pub fn get_mut(&mut self, spid: i32) -> Option<&mut SessionState> {
        self.sessions.get_mut(&spid)
    }
    /// Drops a session's transaction and what it locked; session-owned applocks stay.
    pub fn rollback(&mut self, spid: i32) {
        if let Some(s) = self.sessions.get_mut(&spid) {
            s.transaction = None;
        }
        self.locks.release_transaction(spid);
    }
    /// The session is gone: open work is rolled back, every lock freed.
    pub fn end(&mut self, spid: i32) {
        self.rollback(spid);
        self.locks.release_all(spid);
        self.sessions.remove(&spid);
    }
    /// Ends a session from the server's side: rolled back now, closed by its connection.
    pub fn kill(&mut self, spid: i32) -> bool {
        self.rollback(spid);
        self.locks.release_all(spid);
        let Some(s) = self.sessions.get_mut(&spid) else { return false };
        s.dead = true;
        s.killed.cancel();
        true
    }
}

impl InstanceState {
    /// Role change: sessions that use the database (as current database, or by uncommitted work in it) are rolled back and
    /// ended; sessions in other databases survive (facts: sql-server-hadr f 1).
    pub fn kill_sessions_in(&mut self, database: &str, except: Option<i32>) {
        let lower = database.to_lowercase();
        let hit: Vec<i32> = self
            .sessions
            .sessions
            .values()
            .filter(|s| Some(s.spid) != except)
            .filter(|s| {
                s.database.to_lowercase() == lower
                    || s.transaction.as_ref().is_some_and(|t| t.work.contains_key(&lower))
            })
            .map(|s| s.spid)
            .collect();
        for spid in hit {
            self.sessions.kill(spid);
        }
    }
}
