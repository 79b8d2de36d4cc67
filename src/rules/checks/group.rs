//! Availability groups of the source.

use super::case::Case;
use super::case::Judged;
use super::case::fail;
use super::case::none_of;
use super::case::pass;
use super::case::same;
use crate::model::fact::Unknown;
use std::collections::BTreeSet;

/// A single-database link wants a group that holds its database and no other.
pub(super) fn alone(c: &Case<'_>) -> Judged {
    let groups = c.source.groups.get()?;
    let local = || groups.databases.iter().filter(|r| !r.is_distributed);
    let name = |r: &crate::model::group::ReplicaDatabase| r.database.clone().unwrap_or_default();
    let of: BTreeSet<&str> = local().filter(|r| same(&name(r), &c.link.database)).map(|r| r.group.as_str()).collect();
    let Some(group) = of.first() else { return pass("in no group yet") };
    let others: BTreeSet<String> =
        local().filter(|r| r.group == *group).map(name).filter(|n| !same(n, &c.link.database)).collect();
    if !others.is_empty() {
        let others: Vec<String> = others.into_iter().collect();
        return fail(format!("group {group} also holds {}", others.join(", ")));
    }
    if same(group, &c.link.group) {
        pass(format!("alone in {group}"))
    } else {
        fail(format!("it is in group {group}, and the estate says {}", c.link.group))
    }
}

/// The names that `link create` will use are free, or this link's own.
pub(super) fn names(c: &Case<'_>) -> Judged {
    let groups = c.source.groups.get()?;
    let mut taken = Vec::new();
    for r in &groups.replicas {
        let dag = same(&r.group, c.link.name.as_str());
        let ag = same(&r.group, &c.link.group);
        if dag && !r.is_distributed {
            taken.push(format!("{} is a local group", r.group));
        }
        if ag && r.is_distributed {
            taken.push(format!("{} is a distributed group", r.group));
        }
    }
    let holds: BTreeSet<String> = groups
        .databases
        .iter()
        .filter(|r| !r.is_distributed && same(&r.group, &c.link.group))
        .filter_map(|r| r.database.clone())
        .filter(|d| !same(d, &c.link.database))
        .collect();
    taken.extend(holds.into_iter().map(|d| format!("{} holds {d}", c.link.group)));
    taken.sort();
    taken.dedup();
    none_of(&taken, "free, or this link's own")
}

/// Replication of this database is not paused, here or there.
pub(super) fn suspended(c: &Case<'_>) -> Judged {
    let mut found = Vec::new();
    for server in [c.source, c.target] {
        let rows: Result<_, Unknown> = server.groups.get();
        for r in &rows?.databases {
            let own = r.database.as_deref().is_some_and(|d| same(d, &c.link.database));
            if own && r.is_suspended == Some(true) {
                found.push(format!(
                    "{} on {} ({})",
                    r.group,
                    server.site,
                    r.suspend_reason.as_deref().unwrap_or("no reason told")
                ));
            }
        }
    }
    none_of(&found, "no")
}
