//! Things that go wrong on demand: throttling, lost answers, slow answers.

use hyper::http::Method;
use serde::Deserialize;
use serde::Serialize;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// What happens to a request that a rule catches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Answered without acting.
    Refuse {
        status: u16,
        code: String,
        #[serde(default)]
        message: String,
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// The connection closes and nothing was done.
    DropBefore,
    /// It was done, but nobody will hear of it.
    DropAfter,
    /// Done as usual, `ms` late.
    Delay { ms: u64 },
    /// The operation that the request starts ends in failure, having done nothing.
    FailOperation { code: String, message: String },
}

/// The next requests that match, and what they meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// `GET`, `PUT` …; none: any.
    #[serde(default)]
    pub method: Option<String>,
    /// Pattern over the path, `*` for any run, folded; none: any.
    #[serde(default)]
    pub path: Option<String>,
    /// Matching requests let through first.
    #[serde(default)]
    pub skip: u32,
    /// How many are caught, then the rule is gone.
    pub times: u32,
    pub action: FaultAction,
}

/// Rules in force, the oldest first.
#[derive(Default)]
pub struct Faults {
    rules: Mutex<Vec<FaultRule>>,
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn add(&self, rule: FaultRule) {
        self.rules().push(rule);
    }
    pub fn clear(&self) {
        self.rules().clear();
    }
    pub fn pending(&self) -> Vec<FaultRule> {
        self.rules().clone()
    }

    /// What this request meets, used up by asking.
    pub fn take(&self, method: &Method, path: &str) -> Option<FaultAction> {
        let mut rules = self.rules();
        let at = rules.iter_mut().position(|rule| {
            let fits = rule.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method.as_str()))
                && rule.path.as_deref().is_none_or(|p| super::access::covers(p, path));
            let skipped = fits && rule.skip > 0;
            rule.skip -= u32::from(skipped);
            fits && !skipped && rule.times > 0
        })?;
        rules[at].times -= 1;
        let action = rules[at].action.clone();
        rules.retain(|r| r.times > 0);
        Some(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_only_what_it_matches() {
        let faults = Faults::default();
        faults.add(FaultRule {
            method: Some("put".into()),
            path: Some("*/distributedavailabilitygroups/*".into()),
            skip: 1,
            times: 2,
            action: FaultAction::DropAfter,
        });
        let link = "/subscriptions/s/x/distributedAvailabilityGroups/d";
        assert_eq!(faults.take(&Method::GET, link), None);
        assert_eq!(faults.take(&Method::PUT, "/subscriptions"), None);
        assert_eq!(faults.take(&Method::PUT, link), None, "the skipped one");
        assert_eq!(faults.take(&Method::PUT, link), Some(FaultAction::DropAfter));
        assert_eq!(faults.take(&Method::PUT, link), Some(FaultAction::DropAfter));
        assert_eq!(faults.take(&Method::PUT, link), None);
        assert!(faults.pending().is_empty());
    }
}
