//! Who may do what on the servers of an estate, read out of the lab itself: what a rolled back run must leave as it found it.

use super::estate::Estate;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::lab::world::instance::InstanceState;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was shut within a database comes back on the other side only with its log.
const REDO_MAX: u32 = 200;

/// Line by line.
pub(super) type Picture = BTreeMap<String, String>;

fn server(id: &str, s: &InstanceState, into: &mut Picture) {
    let mut put = |what: String, value: String| into.insert(format!("{id}: {what}"), value);
    for p in s.security.principals.values().filter(|p| p.kind != 'R') {
        put(format!("login {} disabled", p.name), p.disabled.to_string());
    }
    for (key, grant) in &s.security.grants {
        let who = s.security.principals.get(&key.grantee).map_or_else(|| key.grantee.to_string(), |p| p.name.clone());
        put(format!("{} on {}/{} to {who}", key.permission, key.class, key.major_id), grant.state.to_string());
    }
    for job in s.server.jobs.values() {
        put(format!("job {} enabled", job.name), job.enabled.to_string());
    }
    for db in s.databases.values() {
        for p in db.data.principals.values().filter(|p| p.kind != 'R') {
            put(format!("{} user {}", db.name, p.name), p.kind.to_string());
        }
        for g in db.data.grants.iter().filter(|g| g.class == 0) {
            let who = db.data.principals.get(&g.grantee).map_or_else(|| g.grantee.to_string(), |p| p.name.clone());
            put(format!("{} {} to {who}", db.name, g.permission), g.state.to_string());
        }
        for (key, (name, _)) in &db.data.properties {
            if key.name.starts_with("milink_bar") {
                put(format!("{} property {name}", db.name), "there".to_owned());
            }
        }
    }
}

/// The servers as they are now.
pub(super) fn picture(estate: &Estate) -> Picture {
    let mut found = Picture::new();
    for (id, instance) in &estate.lab.instances {
        instance.with(|s| server(id, s, &mut found));
    }
    found
}

/// Fails with what differs, once the other side had time to redo it.
pub(super) async fn as_before(estate: &Estate, before: &Picture) -> Result<()> {
    let mut differs = Vec::new();
    for _ in 0..REDO_MAX {
        let now = picture(estate);
        let keys: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let changed = keys.into_iter().filter(|k| before.get(*k) != now.get(*k));
        differs = changed.map(|k| format!("{k}: {:?}, was {:?}", now.get(k), before.get(k))).collect();
        if differs.is_empty() {
            return Ok(());
        }
        pause(Duration::from_millis(50)).await;
    }
    Err(Error::new(Kind::Bug, format!("rolled back, and the catalogue is another: {}", differs.join("; "))))
}
