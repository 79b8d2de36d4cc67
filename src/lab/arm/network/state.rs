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

/// A subnet, as far as a managed instance cares.
pub struct Seat {
    pub location: String,
    pub is_delegated: bool,
    /// It has a security group and a route table.
    pub is_guarded: bool,
    pub addresses: u64,
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

    /// What a new managed instance finds in a subnet; `None`: there is no such one.
    pub fn subnet(&self, id: &str) -> Option<Seat> {
        let (network, name) = id.rsplit_once("/subnets/").or_else(|| id.rsplit_once("/Subnets/"))?;
        let inner = self.inner();
        let network = inner.networks.get(&taken_apart(network, "virtualNetworks")?)?;
        let subnet = &network.properties.subnets.iter().find(|s| s.name.eq_ignore_ascii_case(name))?.properties;
        let service = |d: &Value| d["properties"]["serviceName"].as_str().map(str::to_ascii_lowercase);
        let bits = |p: &str| p.rsplit_once('/').and_then(|(_, bits)| bits.parse::<u32>().ok()).filter(|b| *b <= 32);
        Some(Seat {
            location: network.location.clone(),
            is_delegated: subnet
                .delegations
                .iter()
                .any(|d| service(d).as_deref() == Some("microsoft.sql/managedinstances")),
            is_guarded: subnet.network_security_group.is_some() && subnet.route_table.is_some(),
            addresses: subnet.prefixes().filter_map(bits).map(|b| 1_u64 << (32 - b)).sum(),
        })
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
