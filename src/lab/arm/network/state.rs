//! The networks of a lab.

use super::shape::Group;
use super::shape::Network;
use super::shape::Table;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// A resource with a group and a place of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Top<T> {
    pub(super) name: String,
    pub(super) resource_group: String,
    pub(super) location: String,
    pub(super) tags: Value,
    pub(super) properties: T,
}

/// Resource group and name, folded.
pub(super) type Key = (String, String);

pub(super) fn key(resource_group: &str, name: &str) -> Key {
    (resource_group.to_ascii_lowercase(), name.to_ascii_lowercase())
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) networks: BTreeMap<Key, Top<Network>>,
    pub(super) groups: BTreeMap<Key, Top<Group>>,
    pub(super) tables: BTreeMap<Key, Top<Table>>,
    /// Address of each host that the lab calls by name, the name folded.
    pub(super) hosts: BTreeMap<String, Ipv4Addr>,
}

/// All of `Microsoft.Network`.
#[derive(Debug, Default)]
pub struct Networks {
    pub(super) subscription: String,
    inner: Mutex<Inner>,
}

impl Networks {
    pub(super) fn new(subscription: &str, inner: Inner) -> Self {
        Self { subscription: subscription.to_owned(), inner: Mutex::new(inner) }
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Address of a host that a network of the lab holds.
    pub(super) fn ip(&self, host: &str) -> Option<Ipv4Addr> {
        let found = self.inner().hosts.get(&host.to_ascii_lowercase()).copied();
        found.or_else(|| host.parse().ok())
    }

    /// Resource id of `kind` (`virtualNetworks` …).
    pub(super) fn id(&self, resource_group: &str, kind: &str, name: &str) -> String {
        id(&self.subscription, resource_group, kind, name)
    }
}

pub(super) fn id(subscription: &str, resource_group: &str, kind: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Network/{kind}/{name}")
}

/// Group and name out of a resource id of `kind`, any letter case; what lies below it is left out.
pub(super) fn taken_apart(id: &str, kind: &str) -> Option<Key> {
    let parts: Vec<String> = id.split('/').filter(|s| !s.is_empty()).map(str::to_ascii_lowercase).collect();
    let after = |word: &str| {
        let at = parts.iter().position(|p| *p == word)?;
        parts.get(at + 1).cloned()
    };
    Some((after("resourcegroups")?, after(&kind.to_ascii_lowercase())?))
}
