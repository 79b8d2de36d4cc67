//! What happens around the databases of a server.

use serde::Serialize;

/// The oldest write transaction of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OldWriter {
    pub database: String,
    pub seconds: i64,
}

/// Sessions that another server opened here through a linked server of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    pub host: Option<String>,
    pub login: String,
    pub sessions: i64,
}

/// Log backups of a database in two weeks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogBackups {
    pub database: String,
    pub count: i64,
    pub largest_bytes: i64,
    /// From the end of the first to the end of the last.
    pub span_s: i64,
    /// Since the end of the last.
    pub age_s: i64,
}

/// How full the log of a database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogSpace {
    pub database: String,
    pub used_kb: i64,
    /// What it may grow to; `None`: as far as the disk goes.
    pub limit_kb: Option<i64>,
    /// `log_reuse_wait_desc`: what keeps it from being used again.
    pub waits_for: Option<String>,
}

/// A port that something else than mirroring listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherPort {
    pub endpoint: String,
    /// `SERVICE_BROKER`, `TSQL` …
    pub kind: String,
    pub port: i64,
}

impl LogBackups {
    /// Bytes a second while the largest of them was gathered, if it was gathered in the usual time.
    pub fn peak(&self) -> Option<i64> {
        let between = (self.count - 1).max(0);
        if between == 0 || self.span_s <= 0 {
            return None;
        }
        Some(self.largest_bytes.saturating_mul(between) / self.span_s)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Around {
    pub writers: Vec<OldWriter>,
    pub callers: Vec<Caller>,
    /// Names of groups that have a listener.
    pub listeners: Vec<String>,
    pub log_backups: Vec<LogBackups>,
    pub log_space: Vec<LogSpace>,
    /// Processors that the operating system shows.
    pub processors: Option<i64>,
    pub other_ports: Vec<OtherPort>,
    /// Databases that ship their log to somewhere.
    pub log_shipping: Vec<String>,
}

/// A server object that is only named: its kind and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// `alert`, `proxy`, `mail_profile`, `linked_login`.
    pub kind: String,
    pub name: String,
}
