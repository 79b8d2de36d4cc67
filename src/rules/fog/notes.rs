//! What is said beside how a group stands: its policy in words, advice, what is open.

use super::activity::LoggedFailover;
use super::decide::Action;
use super::prerequisites::Row;
use crate::model::geo::GroupView;
use serde::Serialize;

/// The policy as Azure shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicySaid {
    /// `Manual`, `Automatic`; null: Azure does not say.
    pub api: Option<String>,
    pub words: &'static str,
    pub grace_minutes: Option<u32>,
    pub read_only_failover: Option<bool>,
    /// `Geo`, `Standby`; null: not told.
    pub secondary_type: Option<String>,
}

impl PolicySaid {
    pub fn of(view: &GroupView) -> Self {
        let is = |word: &str| view.policy.as_deref().is_some_and(|p| p.eq_ignore_ascii_case(word));
        let words = if is("Manual") {
            "customer managed: only you fail over"
        } else if is("Automatic") {
            "Microsoft managed: forced, for all such groups of the region at once"
        } else {
            "unknown"
        };
        Self {
            api: view.policy.clone(),
            words,
            grace_minutes: view.grace_minutes,
            read_only_failover: view.read_only_failover,
            secondary_type: view.secondary_type.clone(),
        }
    }
}

/// The roles are not where the estate file wants them: failing back is always by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reminder {
    pub primary_now: String,
    pub home: String,
    /// RFC 3339; null: not by a run of this journal.
    pub since: Option<String>,
    pub for_s: Option<i64>,
    /// By the call that may lose data; null: not by a run of this journal.
    pub forced: Option<bool>,
    /// The activity log's newest failover of the group, where this journal knows none; null: not asked, or none there.
    pub logged: Option<LoggedFailover>,
    /// Smaller than home: how much.
    pub smaller: Option<String>,
    pub command: String,
}

/// All of it; empty where nothing is to be said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// Null: there is no group, or it cannot be read.
    pub policy: Option<PolicySaid>,
    pub action: Option<Action>,
    pub reminder: Option<Reminder>,
    /// Failovers by Microsoft in the activity logs of both sides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_microsoft: Vec<LoggedFailover>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Row>,
}
