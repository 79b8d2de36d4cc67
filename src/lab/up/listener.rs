//! The application and the listeners of a failover group.

use super::record::DatabaseRecord;
use super::start::Running;
use super::start::Wire;
use crate::lab::geo::Hub;
use crate::lab::geo::Settings;
use crate::lab::scenario::types::FailoverGroup;
use crate::lab::workload::alias::Address;
use crate::lab::workload::alias::AliasTable;
use crate::lab::workload::names::Asked;
use crate::lab::workload::names::Names;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often an application that was never pointed anywhere looks where its group is.
const LISTENER_EVERY: Duration = Duration::from_millis(50);

/// The application connects by the listener: where that leads, there it goes.
pub(super) async fn follow_listeners(
    hub: Arc<Hub>,
    alias: Arc<AliasTable>,
    databases: Vec<DatabaseRecord>,
    addresses: BTreeMap<String, Address>,
    stop: CancellationToken,
) {
    loop {
        let now = alias.all();
        // What was pointed at a listener finds its way by that name.
        let by_name = |d: &&DatabaseRecord| now.get(&d.name).is_some_and(|a| a.listener.is_some());
        for d in databases.iter().filter(|d| !by_name(d)) {
            let server = hub.group_of_database(&d.source, &d.name).map(|g| g.primary().config.id.clone());
            // Where it is now may have moved on to a group without the instance where it began.
            let here = now.get(&d.name).map_or(&d.source, |a| &a.server);
            let group = || hub.of(here).or_else(|| hub.of(&d.source));
            let primary = server.or_else(|| Some(group()?.primary().config.id.clone()));
            if let Some(address) = primary.and_then(|id| addresses.get(&id)) {
                alias.repoint(&d.name, address.clone());
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LISTENER_EVERY) => {}
        }
    }
}

/// A group that is there from the beginning: made as the service makes it.
pub(super) async fn stand(hub: &Arc<Hub>, group: &FailoverGroup) -> io::Result<()> {
    let settings = Settings { automatic: false, grace_minutes: None, read_only_failover: false, standby: false };
    let failed = |why| io::Error::other(format!("failover group {} did not come up: {why:?}", group.name));
    hub.register(&group.name, &group.primary, &group.secondary, settings).map_err(failed)?;
    hub.complete(&group.name).await.map_err(failed)
}

/// Whom the application asks for names, and what it may be told.
pub(super) fn names(
    wire: Wire,
    server: Option<&str>,
    hub: &Arc<Hub>,
    instances: &BTreeMap<String, Arc<Instance>>,
    addresses: &BTreeMap<String, Address>,
) -> Option<Names> {
    let asked = match wire {
        Wire::Pipes => Asked::Zone(hub.clone()),
        Wire::Sockets => Asked::Server(server?.parse().ok()?),
    };
    let by_host = instances
        .iter()
        .filter_map(|(id, i)| Some((i.config.host.to_lowercase(), addresses.get(id)?.clone())))
        .collect();
    Some(Names { asked, by_host })
}

/// The address of an application that connects by a listener; `None`: there is no such listener now.
pub(super) fn address(hub: &Hub, name: &str) -> Option<Address> {
    /// Listeners answer on no other port.
    const PORT: u16 = 1433;
    let host = hub.resolve(name)?;
    let group = hub.all().into_iter().find(|g| g.primary().config.host.eq_ignore_ascii_case(&host))?;
    let server = group.primary().config.id.clone();
    Some(Address { server, host: name.to_owned(), port: PORT, listener: Some(name.to_owned()) })
}

impl Running {
    /// Where each database of the application is now: listeners are followed.
    pub fn current(&self) -> BTreeMap<String, String> {
        super::listener::current(&self.alias, &self.hub)
    }
}

pub(super) fn current(alias: &AliasTable, hub: &Hub) -> BTreeMap<String, String> {
    let server = |a: Address| match a.listener.as_deref().and_then(|name| address(hub, name)) {
        Some(now) => now.server,
        None => a.server,
    };
    alias.all().into_iter().map(|(d, a)| (d, server(a))).collect()
}
