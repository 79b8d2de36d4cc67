//! `ALTER AVAILABILITY GROUP … JOIN`: this instance becomes a secondary of an ordinary group.

use super::make::new_group;
use super::make::new_replica;
use super::messages::error;
use super::options;
use super::options::syntax;
use super::options::word;
use crate::lab::mirror::roles;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use std::sync::Arc;
use std::time::Duration;

/// How long the primary may take to deliver the group's configuration (47106).
const DOWNLOAD: Duration = Duration::from_secs(30);

/// Offers this instance as a secondary and waits for the group's primary, which dials its replicas by itself.
pub(super) async fn local(instance: &Arc<Instance>, name: &str, list: &[DdlOption]) -> SqlResult<Vec<SqlError>> {
    let now = instance.clock.now();
    let config = &instance.config;
    let cluster_type = match options::get(list, "CLUSTER_TYPE").map(word).as_deref() {
        Some("NONE") => 2,
        Some("EXTERNAL") => 1,
        None => 0,
        Some(other) => return Err(syntax(other)),
    };
    instance.with(|s| {
        if s.hadr.group(name).is_some() {
            return Err(error(41106, &[&name]));
        }
        let mut group = Group { cluster_type, role: Role::Secondary, ..new_group(s, name) };
        group.replicas.push(new_replica(&config.server_name, "", now));
        s.hadr.groups.insert(name.to_lowercase(), group);
        Ok(())
    })?;
    instance.notify();
    let mut changed = instance.changed.subscribe();
    let met = async {
        loop {
            changed.mark_unchanged();
            let there = instance.with(|s| s.hadr.group(name).is_some_and(|g| g.replicas.iter().any(|r| r.connected)));
            if there || changed.changed().await.is_err() {
                return;
            }
        }
    };
    if tokio::time::timeout(DOWNLOAD, met).await.is_err() {
        instance.with(|s| {
            s.hadr.groups.remove(&name.to_lowercase());
            roles::refresh_access(s, config);
        });
        return Err(error(47106, &[&name]));
    }
    Ok(Vec::new())
}
