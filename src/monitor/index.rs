//! A sweep by name, so that the join of hundreds of links looks each thing up once.

use crate::model::database::Role;
use crate::model::group::Replica;
use crate::model::group::ReplicaDatabase;
use crate::model::group::Seeding;
use crate::model::sweep::Sweep;
use crate::model::sweep::WatchedDatabase;
use std::collections::HashMap;
use uuid::Uuid;

/// Names compare without case.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    pub(super) sweep: Sweep,
    databases: HashMap<String, usize>,
    replicas: HashMap<String, Vec<usize>>,
    rows: HashMap<String, Vec<usize>>,
    seedings_by_group: HashMap<Uuid, Vec<usize>>,
    seedings_by_name: HashMap<String, Vec<usize>>,
}

fn group<T>(items: &[T], key: impl Fn(&T) -> Option<String>) -> HashMap<String, Vec<usize>> {
    let mut by: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        if let Some(key) = key(item) {
            by.entry(key.to_lowercase()).or_default().push(i);
        }
    }
    by
}

impl Indexed {
    pub(super) fn new(sweep: Sweep) -> Self {
        let mut seedings_by_group: HashMap<Uuid, Vec<usize>> = HashMap::new();
        for (i, s) in sweep.seedings.iter().enumerate() {
            if let Some(id) = s.group_id {
                seedings_by_group.entry(id).or_default().push(i);
            }
        }
        Self {
            databases: sweep.databases.iter().enumerate().map(|(i, d)| (d.name.to_lowercase(), i)).collect(),
            replicas: group(&sweep.replicas, |r| Some(r.group.clone())),
            rows: group(&sweep.rows, |r| Some(r.group.clone())),
            seedings_by_group,
            seedings_by_name: group(&sweep.seedings, |s| s.database.clone()),
            sweep,
        }
    }

    pub(super) fn database(&self, name: &str) -> Option<&WatchedDatabase> {
        self.databases.get(&name.to_lowercase()).map(|i| &self.sweep.databases[*i])
    }

    /// Both ends of a distributed group, as this server has them.
    pub(super) fn ends(&self, link: &str) -> impl Iterator<Item = &Replica> {
        self.replicas.get(&link.to_lowercase()).into_iter().flatten().map(|i| &self.sweep.replicas[*i])
    }

    pub(super) fn own_end(&self, link: &str) -> Option<&Replica> {
        self.ends(link).find(|r| r.is_local == Some(true))
    }

    /// The partner's, as a primary knows it; on a secondary it has no state.
    pub(super) fn other_end(&self, link: &str) -> Option<&Replica> {
        self.ends(link).find(|r| r.is_local == Some(false))
    }

    /// Inner none: not in the group, or the group is not here.
    pub(super) fn role(&self, link: &str) -> Option<Role> {
        self.own_end(link).and_then(|r| r.role.clone())
    }

    pub(super) fn row(&self, link: &str, database: &str, local: bool) -> Option<&ReplicaDatabase> {
        let mut rows = self.rows.get(&link.to_lowercase()).into_iter().flatten().map(|i| &self.sweep.rows[*i]);
        rows.find(|r| r.is_local == local && r.database.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(database)))
    }

    /// Seedings of a link's database, newest first.
    pub(super) fn seedings(&self, link: &str, database: &str) -> Vec<&Seeding> {
        let group = self.ends(link).next().map(|r| r.group_id);
        let of_group = group.and_then(|id| self.seedings_by_group.get(&id));
        let named = |s: &&Seeding| s.database.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(database));
        let found = of_group.or_else(|| self.seedings_by_name.get(&database.to_lowercase()));
        found.into_iter().flatten().map(|i| &self.sweep.seedings[*i]).filter(named).collect()
    }
}
