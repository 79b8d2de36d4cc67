//! What was written to a log after it should have stood still.

use serde::Deserialize;
use serde::Serialize;

/// A transaction that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCommit {
    pub transaction: Option<String>,
    /// As the server calls it: `user_transaction`, `INSERT`, or a name of its own work.
    pub name: Option<String>,
    /// Below 51: the server itself.
    pub session_id: Option<i32>,
    pub login: Option<String>,
    /// Local time of the server.
    pub ended: Option<String>,
}

/// Least session id of a user.
const FIRST_USER_SESSION: i32 = 51;

impl LogCommit {
    /// Not the server's own work. Without a session nobody knows, and that counts as somebody.
    pub fn is_user(&self) -> bool {
        self.session_id.is_none_or(|id| id >= FIRST_USER_SESSION)
    }
}

impl std::fmt::Display for LogCommit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unknown = "unknown";
        write!(
            f,
            "session {} (login {}, {}, committed {})",
            self.session_id.map_or(unknown.to_owned(), |s| s.to_string()),
            self.login.as_deref().unwrap_or(unknown),
            self.name.as_deref().unwrap_or("no name"),
            self.ended.as_deref().unwrap_or("at an unknown time"),
        )
    }
}

/// The log from some place on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogSince {
    pub records: i32,
    pub commits: Vec<LogCommit>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_nobody_owns_is_a_users() {
        let by = |session_id| LogCommit { transaction: None, name: None, session_id, login: None, ended: None };
        assert!(by(Some(57)).is_user() && by(None).is_user());
        assert!(!by(Some(11)).is_user());
    }
}
