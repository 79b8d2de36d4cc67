//! Background work of an instance's availability layer: the endpoint's listener and one dialler per remote replica.

use super::report;
use super::roles;
use super::source;
use super::target;
use crate::lab::net::Listener;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Port of a managed instance's endpoint, fixed (facts: mi-link 4).
pub const MANAGED_PORT: u16 = 5022;
/// Topic of those who look only when roles, groups or endpoints may have changed: none of its own, so nothing less wakes them.
const CONFIGURATION: &str = "\0configuration";
/// Pause before a taken port is tried again.
const REBIND: Duration = Duration::from_secs(5);

/// Starts the availability layer of an instance. Everything ends with `instance.shutdown`.
pub fn start(instance: &Arc<Instance>) {
    instance.network.add_host(&instance.config.host);
    instance.with(|s| {
        s.hadr.kept = true;
        s.hadr.connections.clear();
        s.hadr.seedings.clear();
        s.hadr.listening = None;
        for g in s.hadr.groups.values_mut() {
            g.generation = 0;
            for r in &mut g.replicas {
                r.connected = false;
            }
            for p in &mut g.progress {
                p.sync_state = 0;
            }
        }
        roles::refresh_access(s, &instance.config);
        roles::refresh_sync(s);
    });
    tokio::spawn(listen(instance.clone()));
    tokio::spawn(supervise(instance.clone()));
    super::managed::start(instance);
}

/// Port the endpoint should listen on now.
fn wanted_port(instance: &Instance) -> Option<u16> {
    if instance.with(|s| s.hadr.away) {
        return None;
    }
    if instance.config.is_managed() {
        return instance.with(|s| s.hadr.service_identity.is_some()).then_some(MANAGED_PORT);
    }
    instance.with(|s| s.hadr.endpoint.as_ref().filter(|e| e.state == 0).map(|e| e.port))
}

async fn bind(instance: &Instance, port: u16, complained: &mut bool) -> Option<Listener> {
    let now = instance.clock.now();
    match instance.network.listen(&instance.config.host, port).await {
        Ok(listener) => {
            *complained = false;
            instance.with(|s| {
                s.hadr.listening = Some((port, now));
                report::log(s, now, format!("Server is listening on [ 'any' <ipv4> {port} ]."));
                report::log(s, now, "The Database Mirroring endpoint is now listening for connections.");
            });
            instance.notify();
            Some(listener)
        }
        Err(e) => {
            if !std::mem::replace(complained, true) {
                let (number, text) = if e.kind() == std::io::ErrorKind::AddrInUse {
                    let text = format!(
                        "The Database Mirroring endpoint cannot listen on port {port} because it is in use by another \
                         process."
                    );
                    (9692, text)
                } else {
                    let text =
                        "The Database Mirroring endpoint cannot listen for connections due to the following error";
                    (9693, format!("{text}: '{e}'."))
                };
                instance.with(|s| report::log_error(s, now, number, 16, &text));
                instance.notify();
            }
            None
        }
    }
}

/// Keeps the listener as the endpoint says.
async fn listen(instance: Arc<Instance>) {
    let connections = TaskTracker::new();
    let mut changed = instance.changed.subscribe_to(CONFIGURATION);
    let mut bound: Option<(u16, Listener)> = None;
    let mut complained = false;
    loop {
        changed.mark_unchanged();
        let wanted = wanted_port(&instance);
        if bound.as_ref().map(|b| b.0) != wanted {
            if bound.take().is_some() {
                let now = instance.clock.now();
                instance.with(|s| {
                    s.hadr.listening = None;
                    report::log(s, now, "The Database Mirroring endpoint has stopped listening for connections.");
                });
            }
            if let Some(port) = wanted {
                bound = bind(&instance, port, &mut complained).await.map(|l| (port, l));
            }
        }
        let retry = wanted.is_some() && bound.is_none();
        tokio::select! {
            biased;
            () = instance.shutdown.cancelled() => return,
            accepted = accept(&mut bound) => {
                if let Ok((stream, client)) = accepted {
                    let work = target::serve(instance.clone(), stream, client);
                    let shutdown = instance.shutdown.clone();
                    connections.spawn(async move { shutdown.run_until_cancelled(work).await });
                }
            }
            _ = changed.changed() => {}
            () = tokio::time::sleep(REBIND), if retry => {}
        }
    }
}

async fn accept(bound: &mut Option<(u16, Listener)>) -> std::io::Result<(crate::lab::net::BoxStream, String)> {
    match bound {
        Some((_, listener)) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Remote replicas this instance must dial now.
fn remotes(instance: &Instance) -> Vec<(String, String)> {
    instance.with(|s| {
        let mut out = Vec::new();
        for g in s.hadr.groups.values() {
            let leads = g.role == Role::Primary || (g.role == Role::Resolving && g.failover.is_some());
            let Some(local) = roles::local_name(s, &instance.config, g).filter(|_| leads) else { continue };
            for r in g.replicas.iter().filter(|r| !r.name.eq_ignore_ascii_case(&local)) {
                out.push((g.name.clone(), r.name.clone()));
            }
        }
        out
    })
}

/// Keeps one dialler per remote replica.
async fn supervise(instance: Arc<Instance>) {
    let mut changed = instance.changed.subscribe_to(CONFIGURATION);
    let mut running: BTreeMap<(String, String), (CancellationToken, tokio::task::JoinHandle<()>)> = BTreeMap::new();
    loop {
        changed.mark_unchanged();
        running.retain(|_, (_, task)| !task.is_finished());
        let wanted = remotes(&instance);
        for (key, (cancel, _)) in &running {
            if !wanted.contains(key) {
                // a session ends by itself; only the pause between two dials is cut short
                cancel.cancel();
            }
        }
        for key in wanted {
            if !running.contains_key(&key) && can_dial(&instance, &key) {
                let cancel = instance.shutdown.child_token();
                let task = tokio::spawn(source::run(instance.clone(), key.0.clone(), key.1.clone(), cancel.clone()));
                running.insert(key, (cancel, task));
            }
        }
        tokio::select! {
            biased;
            () = instance.shutdown.cancelled() => return,
            changed = changed.changed() => if changed.is_err() { return },
        }
    }
}

/// An endpoint that is stopped dials nobody.
fn can_dial(instance: &Instance, _key: &(String, String)) -> bool {
    instance.with(|s| {
        let open = instance.config.is_managed() || s.hadr.endpoint.as_ref().is_some_and(|e| e.state == 0);
        open && !s.hadr.away
    })
}
