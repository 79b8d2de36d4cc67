//! Who may do what: effective permissions, and locks that stand in the way of everybody.

use super::config::Principal;
use super::error::ArmError;
use super::error::ArmResult;
use hyper::http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// One entry of the permissions list (facts: arm-api 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Permission {
    pub actions: Vec<String>,
    #[serde(default)]
    pub not_actions: Vec<String>,
}

/// A management lock on a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    pub name: String,
    /// `/subscriptions/…`: the scope it was put on.
    pub scope: String,
    /// `CanNotDelete`, `ReadOnly`.
    pub level: String,
}

#[derive(Default)]
struct Rules {
    permissions: Vec<Permission>,
    locks: Vec<Lock>,
    /// Group and the instance (by its id) that is its primary.
    failover_groups: Vec<(String, String)>,
}

/// Rules of the subscription, the same for every principal.
pub struct Access {
    rules: Mutex<Rules>,
}

impl Default for Access {
    /// An owner's rights and no locks.
    fn default() -> Self {
        let owner = Permission { actions: vec!["*".to_owned()], not_actions: Vec::new() };
        Self { rules: Mutex::new(Rules { permissions: vec![owner], ..Rules::default() }) }
    }
}

impl Access {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Replaces what every caller may do.
    pub fn set_permissions(&self, permissions: Vec<Permission>) {
        self.rules().permissions = permissions;
    }
    pub fn set_locks(&self, locks: Vec<Lock>) {
        self.rules().locks = locks;
    }

    pub fn set_failover_groups(&self, groups: Vec<(String, String)>) {
        self.rules().failover_groups = groups;
    }
    /// List of the groups of a region; `path` is that of the list.
    pub fn failover_groups_body(&self, path: &str) -> Value {
        let one = |(name, instance): &(String, String)| {
            json!({"id": format!("{path}/{name}"), "name": name, "type": "Microsoft.Sql/locations/instanceFailoverGroups",
                "properties": {"replicationRole": "Primary", "replicationState": "CATCH_UP", "secondaryType": "Geo",
                    "managedInstancePairs": [{"primaryManagedInstanceId": instance}]}})
        };
        json!({"value": self.rules().failover_groups.iter().map(one).collect::<Vec<_>>()})
    }

    /// 403 `AuthorizationFailed` unless some entry allows `action`.
    pub fn authorize(&self, principal: &Principal, action: &str, scope: &str) -> ArmResult<()> {
        let allowed =
            self.rules().permissions.iter().any(|p| {
                p.actions.iter().any(|a| covers(a, action)) && !p.not_actions.iter().any(|a| covers(a, action))
            });
        if allowed {
            return Ok(());
        }
        Err(ArmError::new(
            StatusCode::FORBIDDEN,
            "AuthorizationFailed",
            format!(
                "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
                principal.client_id, principal.object_id
            ),
        )
        .from_gateway())
    }

    /// 409 `ScopeLocked` when a lock on the scope or above it forbids this kind of change.
    pub fn check_locks(&self, action: &str, scope: &str) -> ArmResult<()> {
        let delete = action.ends_with("/delete");
        let change = delete || action.ends_with("/write") || action.ends_with("/action");
        let scope = scope.to_ascii_lowercase();
        let hit = self
            .rules()
            .locks
            .iter()
            .find(|lock| {
                let over = lock.scope.to_ascii_lowercase();
                let inside = scope.strip_prefix(&over).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                inside && change && (delete || lock.level.eq_ignore_ascii_case("ReadOnly"))
            })
            .cloned();
        let Some(lock) = hit else { return Ok(()) };
        let what = if delete { "delete" } else { "write" };
        Err(ArmError::conflict(
            "ScopeLocked",
            format!(
                "The scope '{scope}' cannot perform {what} operation because following scope(s) are locked: '{}'. Please remove the lock and try again.",
                lock.scope
            ),
        )
        .from_gateway())
    }

    /// Body of the permissions call.
    pub fn permissions_body(&self) -> Value {
        let entries: Vec<Value> = self
            .rules()
            .permissions
            .iter()
            .map(
                |p| json!({"actions": p.actions, "notActions": p.not_actions, "dataActions": [], "notDataActions": []}),
            )
            .collect();
        json!({"value": entries})
    }

    /// Locks seen from `scope`: on it, above it and below it.
    pub fn locks_body(&self, scope: &str) -> Value {
        let scope = scope.to_ascii_lowercase();
        let near = |other: &str| {
            let other = other.to_ascii_lowercase();
            let under =
                |long: &str, short: &str| long.strip_prefix(short).is_some_and(|r| r.is_empty() || r.starts_with('/'));
            under(&scope, &other) || under(&other, &scope)
        };
        let value: Vec<Value> = self
            .rules()
            .locks
            .iter()
            .filter(|l| near(&l.scope))
            .map(|l| {
                json!({"properties": {"level": l.level}, "name": l.name, "type": "Microsoft.Authorization/locks",
                "id": format!("{}/providers/Microsoft.Authorization/locks/{}", l.scope, l.name)})
            })
            .collect();
        json!({"value": value})
    }
}

/// `*` matches any run of characters; letters compare folded (facts: arm-api 9).
pub fn covers(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else { return false };
    let Some(last) = pattern.contains('*').then(|| parts.next_back().unwrap_or_default()) else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_runs() {
        for (pattern, action, want) in [
            ("*", "a/b", true),
            ("Microsoft.Sql/*/read", "microsoft.sql/managedInstances/links/read", true),
            ("Microsoft.Sql/*/read", "microsoft.sql/managedInstances/write", false),
            ("*/read", "x/read", true),
            ("a/b", "a/b/c", false),
            ("a*b*c", "a-b-b-c", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(covers(pattern, action), want, "{pattern} {action}");
        }
    }

    #[test]
    fn locks_reach_down_and_not_sideways() {
        let access = Access::default();
        access.set_locks(vec![Lock {
            name: "l".into(),
            scope: "/subscriptions/S/resourceGroups/r".into(),
            level: "CanNotDelete".into(),
        }]);
        assert_eq!(
            access.check_locks("x/delete", "/subscriptions/s/resourcegroups/R/y").unwrap_err().code,
            "ScopeLocked"
        );
        assert!(access.check_locks("x/write", "/subscriptions/s/resourcegroups/R/y").is_ok());
        assert!(access.check_locks("x/delete", "/subscriptions/s/resourcegroups/r2").is_ok());
    }
}
