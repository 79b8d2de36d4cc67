//! One task per remote replica: dial, come to terms, ship until the connection ends, dial again.

use super::session;
use crate::lab::mirror::handshake;
use crate::lab::mirror::handshake::Failure;
use crate::lab::mirror::report;
use crate::lab::mirror::report::Ends;
use crate::lab::mirror::roles;
use crate::lab::mirror::url::EndpointUrl;
use crate::lab::mirror::wire;
use crate::lab::mirror::wire::DbIdent;
use crate::lab::mirror::wire::DbPosition;
use crate::lab::mirror::wire::Open;
use crate::lab::mirror::wire::OpenReply;
use crate::lab::mirror::wire::Purpose;
use crate::lab::mirror::wire::ReplicaConfig;
use crate::lab::net::BoxStream;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsStream;
use tokio_util::sync::CancellationToken;

/// Bound of the exchange of OPEN and its answer.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything one dial needs.
pub(super) struct Plan {
    pub(super) ends: Ends,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) open: Open,
    pub(super) session_timeout: Duration,
}

/// A connection both sides agreed on.
pub(super) struct Agreed {
    pub(super) stream: TlsStream<BoxStream>,
    pub(super) encrypted: bool,
    pub(super) remote_role: Role,
    pub(super) positions: Vec<DbPosition>,
}

/// What to dial for a remote replica of a group; `None` when there is nothing to dial (any more).
pub(super) fn plan(state: &mut InstanceState, instance: &Instance, group: &str, remote: &str) -> Option<Plan> {
    let names = roles::databases_of(state, group);
    let local = roles::local_name(state, &instance.config, state.hadr.group(group)?)?;
    let started = instance.config.is_managed() || state.hadr.endpoint.as_ref().is_some_and(|e| e.state == 0);
    let away = state.hadr.away;
    let g = state.hadr.group_mut(group)?;
    let leads = g.role == Role::Primary || (g.role == Role::Resolving && g.failover.is_some());
    if !leads || !started || away {
        return None;
    }
    let databases = names.iter().map(|n| DbIdent { name: n.clone(), group_database_id: g.database_id(n) }).collect();
    let (own, other) = (g.own(&local)?.clone(), g.own(remote)?.clone());
    let url = EndpointUrl::parse(&other.endpoint_url)?;
    let seconds = own.session_timeout_s.max(other.session_timeout_s);
    let open = Open {
        purpose: Purpose::Data,
        group: g.name.clone(),
        distributed: g.distributed,
        group_id: g.group_id,
        from: own.name.clone(),
        to: other.name.clone(),
        server: url.server.clone(),
        replicas: g.replicas.iter().map(|r| (r.name.clone(), r.replica_id)).collect(),
        role: g.role as u8,
        databases,
        synchronous: own.availability_mode == 1 && other.availability_mode == 1,
        session_timeout_s: seconds,
        major: instance.config.major(),
        configuration: if g.distributed { Vec::new() } else { g.replicas.iter().map(configuration).collect() },
    };
    let ends = Ends {
        group: g.name.clone(),
        local: own.name,
        local_id: own.replica_id,
        remote: other.name,
        remote_id: other.replica_id,
    };
    let session_timeout = Duration::from_secs(u64::try_from(seconds).unwrap_or(10));
    Some(Plan { ends, host: url.host, port: url.port, open, session_timeout })
}

fn configuration(r: &Replica) -> ReplicaConfig {
    ReplicaConfig {
        name: r.name.clone(),
        replica_id: r.replica_id,
        endpoint_url: r.endpoint_url.clone(),
        availability_mode: r.availability_mode,
        failover_mode: r.failover_mode,
        seeding_mode: r.seeding_mode,
        session_timeout_s: r.session_timeout_s,
        backup_priority: r.backup_priority,
        primary_allow: r.primary_allow,
        secondary_allow: r.secondary_allow,
    }
}

async fn agree(instance: &Instance, plan: &Plan) -> Result<Agreed, Failure> {
    let mut opened = handshake::dial(instance, &plan.host, plan.port).await?;
    let talk = async {
        wire::send(&mut opened.stream, &plan.open).await?;
        wire::receive::<OpenReply, _>(&mut opened.stream).await
    };
    let reply = tokio::time::timeout(OPEN_TIMEOUT, talk)
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))?
        .0;
    match reply {
        OpenReply::Refused(refusal) => Err(Failure::Theirs(refusal)),
        OpenReply::Accepted { role, databases, .. } => Ok(Agreed {
            stream: opened.stream,
            encrypted: opened.encrypted,
            remote_role: Role::from_value(role),
            positions: databases,
        }),
    }
}

/// Keeps a remote replica connected for as long as this instance leads the group.
pub(in crate::lab::mirror) async fn run(
    instance: Arc<Instance>,
    group: String,
    remote: String,
    cancel: CancellationToken,
) {
    let (first, longest) = instance.with(|s| s.hadr.tuning.redial);
    let mut pause = first;
    loop {
        let Some(plan) = instance.with(|s| plan(s, &instance, &group, &remote)) else { return };
        let address = format!("{}:{}", plan.host, plan.port);
        let attempt = async {
            match agree(&instance, &plan).await {
                Ok(agreed) => {
                    session::run(&instance, &plan, agreed).await;
                    true
                }
                Err(failure) => {
                    report::dial_failed(&instance, &plan.ends, &failure, &address);
                    false
                }
            }
        };
        let was_up = tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            up = attempt => up,
        };
        pause = if was_up { first } else { (pause * 2).min(longest) };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
