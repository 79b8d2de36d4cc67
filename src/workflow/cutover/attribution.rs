//! Who wrote to a log that should have stood still (facts: cutover-night 3 and 4).

use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::model::log::LogSince;
use crate::plan::types::LinkPlan;
use crate::sql::query::log;

/// So many are told by name.
const TOLD_MAX: usize = 3;

/// What stands in the log from a place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The server's own work only: checkpoints and the like.
    System(i32),
    /// Somebody committed.
    Users(LogSince),
    /// It cannot be read, and that is never nothing.
    Unknown(String),
}

/// Reads the log of the source from `start` (as `database::log_end` gave it).
pub async fn since(cx: &Context, link: &LinkPlan, start: &str) -> Result<Written> {
    match cx.effects.read(&link.source, log::since(&link.database, start)).await {
        Ok(found) if found.commits.iter().any(crate::model::log::LogCommit::is_user) => Ok(Written::Users(found)),
        Ok(found) => Ok(Written::System(found.records)),
        // Not let in, or not understood: the server answered. A lost connection is looked at again by whoever asks.
        Err(e) if e.server_number().is_some() => Ok(Written::Unknown(e.chain())),
        Err(e) => Err(e),
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System(records) => write!(f, "{records} log records of the server itself, no commit of a user"),
            Self::Unknown(why) => write!(f, "nobody can say who ({why})"),
            Self::Users(found) => {
                let users: Vec<_> = found.commits.iter().filter(|c| c.is_user()).collect();
                let told: Vec<_> = users.iter().take(TOLD_MAX).map(ToString::to_string).collect();
                write!(f, "{}: {}", text::count(users.len(), "commit"), told.join("; "))?;
                if users.len() > told.len() { write!(f, "; and {} more", users.len() - told.len()) } else { Ok(()) }
            }
        }
    }
}
