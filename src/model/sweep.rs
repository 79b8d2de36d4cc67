//! One look at an instance: what a watcher reads in one round trip.

use super::database::DatabaseState;
use super::database::Updateability;
use super::group::Replica;
use super::group::ReplicaDatabase;
use super::group::Seeding;
use super::login::Login;
use serde::Serialize;
use time::OffsetDateTime;

/// Everything of one instance that changes from second to second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    pub server_name: Option<String>,
    /// The server's own clock, UTC.
    pub now: OffsetDateTime,
    /// User databases.
    pub databases: Vec<WatchedDatabase>,
    /// Ends of distributed groups.
    pub replicas: Vec<Replica>,
    /// Databases of distributed groups.
    pub rows: Vec<ReplicaDatabase>,
    /// Newest first.
    pub seedings: Vec<Seeding>,
    /// Every principal that can log in.
    pub logins: Vec<Login>,
    /// End of the mirroring endpoint's certificate; none: no endpoint, no certificate, or hidden.
    pub certificate_expires: Option<OffsetDateTime>,
}

/// A user database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchedDatabase {
    pub name: String,
    pub state: DatabaseState,
    pub is_read_only: bool,
    pub updateability: Option<Updateability>,
    pub log_reuse_wait: Option<String>,
    /// Sum over its log files of what they may grow to; 0: until the disk is full.
    pub log_max_kb: Option<i64>,
    pub log_used_kb: Option<i64>,
    pub log_size_kb: Option<i64>,
}

impl WatchedDatabase {
    /// The engine would take a write now, if somebody were let in.
    pub fn accepts_writes(&self) -> bool {
        self.state == DatabaseState::Online && self.updateability == Some(Updateability::ReadWrite)
    }
}

/// A database user that could be a way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchedUser {
    pub name: String,
    pub kind: String,
    /// Upper-case hex with `0x`.
    pub sid: Option<String>,
    pub principal_id: i32,
    pub authentication_type: Option<i32>,
}

/// Who is known inside one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseUsers {
    pub database: String,
    pub users: Vec<WatchedUser>,
    /// The `guest` user holds CONNECT: every login reaches the database.
    pub guest_enabled: bool,
}

impl DatabaseUsers {
    /// Could any of these logins, or a user that needs none, get in and write now? Sysadmins are not applications.
    pub fn lets_in(&self, logins: &[Login]) -> bool {
        let mapped = |l: &Login| self.users.iter().any(|u| u.sid.as_deref() == Some(l.sid.as_str()));
        let by_login = logins
            .iter()
            .any(|l| !l.is_sysadmin && !l.is_internal() && l.may_connect() && (mapped(l) || l.has_control_server));
        by_login || self.guest_enabled || self.users.iter().any(|u| u.is_contained(logins))
    }
}

impl WatchedUser {
    /// Logs in without a server login (facts: cutover-night 2.4): escapes login bars.
    fn is_contained(&self, logins: &[Login]) -> bool {
        let known = || logins.iter().any(|l| Some(l.sid.as_str()) == self.sid.as_deref());
        self.principal_id > 4
            && (self.authentication_type == Some(2) || (matches!(self.kind.as_str(), "E" | "X") && !known()))
    }
}

/// Whether a failover group protects what is on a managed instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSweep {
    pub group: String,
    /// Whole on both sides, both listeners right; `None`: unknown.
    pub protects: Option<bool>,
    /// Why not, or why it is unknown.
    pub why: Option<String>,
    pub databases: Vec<String>,
    /// When a run proved it first; `None`: nobody wrote it down.
    pub protected_from: Option<OffsetDateTime>,
}
