//! Permissions and locks (facts: arm-api 9, cutover-night 5).

use serde::Deserialize;
use serde::Serialize;

/// One entry of the permission list; what it allows less what it excludes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PermissionEntry {
    pub actions: Vec<String>,
    pub not_actions: Vec<String>,
}

impl PermissionEntry {
    fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|p| matches(p, action)) && !self.not_actions.iter().any(|p| matches(p, action))
    }
}

/// Some entry allows the action.
pub fn allows(entries: &[PermissionEntry], action: &str) -> bool {
    entries.iter().any(|entry| entry.allows(action))
}

/// `*` stands for any run of characters; case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let action = action.to_ascii_lowercase();
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// A resource lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: LockProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LockProperties {
    /// `CanNotDelete`, `ReadOnly`.
    pub level: Option<String>,
    pub notes: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_run() {
        let delete = "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete";
        for good in
            ["*", "microsoft.sql/*", "Microsoft.Sql/*/delete", "Microsoft.Sql/managedInstances/*/delete", delete]
        {
            assert!(matches(good, delete), "{good}");
        }
        for bad in ["*/read", "Microsoft.Sql", "Microsoft.Sql/*/delete/x", "", "Microsoft.Network/*"] {
            assert!(!matches(bad, delete), "{bad}");
        }
        assert!(!matches("a*ab", "ab"), "pieces may not overlap");
        let entry = PermissionEntry { actions: vec!["*".into()], not_actions: vec!["*/delete".into()] };
        assert!(!allows(std::slice::from_ref(&entry), delete));
        assert!(allows(&[entry], "Microsoft.Sql/managedInstances/read"));
    }
}
