//! Who may log in.

use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// State of CONNECT SQL for a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectSql {
    Granted,
    Denied,
    /// No row of its own.
    None,
}

/// A server principal that can log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub name: String,
    /// `S` SQL, `U` Windows login, `G` Windows group, `E` Entra login, `X` Entra group.
    pub kind: String,
    /// Upper-case hex with `0x`.
    pub sid: String,
    pub is_disabled: bool,
    pub is_sysadmin: bool,
    /// Holds CONTROL SERVER, so DENY CONNECT SQL does not reach it for certain.
    pub has_control_server: bool,
    pub connect_sql: ConnectSql,
    pub default_database: Option<String>,
    /// The user it is mapped to in the database that was asked about.
    pub user: Option<String>,
}

impl Login {
    /// `ALTER LOGIN … DISABLE` answers 15151 for groups; DENY is the way (facts: cutover-night 2.4).
    pub fn is_group(&self) -> bool {
        matches!(self.kind.as_str(), "G" | "X")
    }
    /// Known to a Windows domain: a managed instance has no such login.
    pub fn is_windows(&self) -> bool {
        matches!(self.kind.as_str(), "U" | "G")
    }
    /// Nothing bars it from connecting as things stand.
    pub fn may_connect(&self) -> bool {
        !self.is_disabled && (self.is_sysadmin || self.has_control_server || self.connect_sql == ConnectSql::Granted)
    }
    /// One of the server's own (`##MS_…##`).
    pub fn is_internal(&self) -> bool {
        self.name.starts_with("##") && self.name.ends_with("##")
    }
}

/// A database user that logs in without a server login: escapes login bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainedUser {
    pub name: String,
    pub kind: String,
    pub sid: Option<String>,
    /// CONNECT on the database.
    pub connect: ConnectSql,
}

/// Principals that could write in one database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DatabaseLogins {
    pub logins: Vec<Login>,
    pub contained: Vec<ContainedUser>,
    /// Every user with CONNECT on the database as it stands, those of `contained` included.
    #[serde(default)]
    pub connects: BTreeMap<String, ConnectSql>,
    /// The `guest` user holds CONNECT: every login reaches the database.
    pub guest_enabled: bool,
}
