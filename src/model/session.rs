//! Sessions, transactions, jobs and locks.

use crate::model::lsn::Lsn;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// A session that uses a database or holds something in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserSession {
    /// -2: an orphaned distributed transaction, killed by its unit of work.
    pub session_id: i32,
    pub unit_of_work: Option<Uuid>,
    pub login: Option<String>,
    pub original_login: Option<String>,
    pub host: Option<String>,
    pub program: Option<String>,
    pub status: Option<String>,
    pub database: Option<String>,
    pub open_transactions: i32,
    pub login_at: Option<OffsetDateTime>,
    pub last_request_start: Option<OffsetDateTime>,
    /// Log written by its open transactions in the database: what a rollback must undo.
    pub log_bytes: i64,
    pub command: Option<String>,
    /// Of the running request; meaningful for a rollback.
    pub percent_complete: Option<f64>,
    pub estimated_completion_ms: Option<i64>,
}

/// A session whose login may not connect any more: a bar ends no session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarredSession {
    pub session_id: i32,
    pub login: Option<String>,
    pub original_login: Option<String>,
    pub program: Option<String>,
    /// It has no login of its own: a group let it in.
    pub by_group: bool,
}

/// An open transaction that is in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTransaction {
    pub transaction_id: i64,
    pub name: Option<String>,
    pub started: Option<OffsetDateTime>,
    /// 1 read/write, 2 read-only, 3 system.
    pub kind: i32,
    pub log_records: i64,
    pub log_bytes: i64,
    pub begin_lsn: Option<Lsn>,
    /// None: no session holds it (orphaned or system).
    pub session_id: Option<i32>,
    pub is_user: bool,
    pub unit_of_work: Option<Uuid>,
}

impl OpenTransaction {
    /// It has written something that is not committed yet.
    pub fn has_written(&self) -> bool {
        self.begin_lsn.is_some() || self.log_records > 0
    }
}

/// An Agent job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub job_id: Uuid,
    pub name: String,
    pub is_enabled: bool,
    pub is_running: bool,
    pub owner: Option<String>,
    pub category: Option<String>,
    /// Databases its T-SQL steps start in.
    pub databases: Vec<String>,
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseHolder {
    pub session_id: i32,
    pub login: Option<String>,
    pub host: Option<String>,
    pub program: Option<String>,
    pub since: Option<OffsetDateTime>,
}

/// `session 53 (lab_admin on vm, milink cutover-…)`
impl std::fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "session {} ({} on {}, {})",
            self.session_id,
            self.login.as_deref().unwrap_or("unknown login"),
            self.host.as_deref().unwrap_or("unknown host"),
            self.program.as_deref().unwrap_or("unknown program"),
        )
    }
}
