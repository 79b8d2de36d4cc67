//! What stands beside databases and is not replicated: logins, jobs, linked servers, credentials (facts: mi-link 15).

use serde::Deserialize;
use serde::Serialize;

/// A server principal that can log in, or a server role of the user's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLogin {
    pub name: String,
    /// `S` SQL, `U` Windows, `G` Windows group, `E` Entra, `X` Entra group, `R` role.
    pub kind: String,
    /// Upper-case hex with `0x`.
    pub sid: String,
    pub is_disabled: bool,
    pub default_database: Option<String>,
    pub default_language: Option<String>,
    pub is_policy_checked: bool,
    pub is_expiration_checked: bool,
    /// Its password hash can be read by this session.
    pub has_hash: bool,
    /// Server roles it is a member of, sorted.
    pub roles: Vec<String>,
    /// `GRANT VIEW SERVER STATE`: on the server itself, sorted.
    pub permissions: Vec<String>,
}

impl ServerLogin {
    /// One of the server's own: `##MS_…##`, `NT SERVICE\…`, `sa`.
    pub fn is_internal(&self) -> bool {
        let upper = self.name.to_uppercase();
        self.sid == "0x01"
            || upper.starts_with("##")
            || upper.starts_with("NT SERVICE\\")
            || upper.starts_with("NT AUTHORITY\\")
    }
    pub fn is_windows(&self) -> bool {
        matches!(self.kind.as_str(), "U" | "G")
    }
    pub fn is_role(&self) -> bool {
        self.kind == "R"
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    pub name: String,
    pub subsystem: String,
    pub command: String,
    pub database: Option<String>,
    pub on_success: i32,
    pub on_fail: i32,
    pub has_proxy: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub name: String,
    pub is_enabled: bool,
    pub frequency: i32,
    pub interval: i32,
    pub subday: i32,
    pub subday_interval: i32,
    pub start_date: i32,
    pub start_time: i32,
}

/// An Agent job with what hangs on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentJob {
    pub name: String,
    pub is_enabled: bool,
    pub owner: Option<String>,
    pub description: Option<String>,
    pub operator: Option<String>,
    pub steps: Vec<JobStep>,
    pub schedules: Vec<Schedule>,
}

impl AgentJob {
    pub fn touches(&self, database: &str) -> bool {
        self.steps.iter().any(|s| s.database.as_deref().is_some_and(|d| d.eq_ignore_ascii_case(database)))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    pub name: String,
    pub email: Option<String>,
    pub is_enabled: bool,
}

/// The Agent's part of msdb.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub jobs: Vec<AgentJob>,
    pub operators: Vec<Operator>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedServer {
    pub name: String,
    pub product: Option<String>,
    pub provider: Option<String>,
    pub data_source: Option<String>,
    pub catalog: Option<String>,
    pub is_rpc_out: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub name: String,
    pub identity: Option<String>,
}

/// Ways from this server to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    pub linked_servers: Vec<LinkedServer>,
    pub credentials: Vec<Credential>,
}

/// A user of a database that can stand for a login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseUser {
    pub name: String,
    pub kind: String,
    pub sid: Option<String>,
    /// 1 instance (a login), 2 database (contained), 3 Windows, 4 external.
    pub authentication: i32,
    /// Login of the same SID on this server.
    pub login: Option<String>,
}
