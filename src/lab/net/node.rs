//! The node that holds a managed instance: callers of the instance's mirroring endpoint are handed on to it (facts: mi-link 13.1).

/// Port of a node's mirroring endpoint, one of 11000 to 11999.
pub const REDIRECT: u16 = 11_002;
/// How the names of managed instances end.
const MANAGED: &str = ".database.windows.net";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// What follows the node's name in its host name.
    pub cluster: String,
}

impl Node {
    /// Of the instance that is called so; `None`: that is no managed instance.
    pub fn of(fqdn: &str) -> Option<Self> {
        let lower = fqdn.to_ascii_lowercase();
        let own = lower.strip_suffix(MANAGED)?;
        if own.ends_with(".worker") {
            return None;
        }
        let (instance, zone) = own.split_once('.')?;
        Some(Self { name: "DB1".to_owned(), cluster: format!("{instance}.{zone}.worker{MANAGED}") })
    }
    pub fn host(&self) -> String {
        format!("{}.{}", self.name.to_ascii_lowercase(), self.cluster)
    }
}
