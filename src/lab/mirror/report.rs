//! What connections leave behind: error log lines, `last_connect_error_*`, connection rows.

use super::channel::Counters;
use super::handshake::Failure;
use crate::lab::world::hadr::MirroringConnection;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use time::OffsetDateTime;
use uuid::Uuid;

/// Names of one connection between replicas.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    pub(super) group: String,
    pub(super) local: String,
    pub(super) local_id: Uuid,
    pub(super) remote: String,
    pub(super) remote_id: Uuid,
}

impl Ends {
    /// Local AG whose databases travel here: what happens on this connection concerns only them.
    pub(super) fn topic(&self, state: &InstanceState) -> String {
        let distributed = state.hadr.group(&self.group).is_some_and(|g| g.distributed);
        if distributed { self.local.to_lowercase() } else { self.group.to_lowercase() }
    }
}

/// Appends a line to the error log.
pub(super) fn log(state: &mut InstanceState, now: OffsetDateTime, text: impl Into<String>) {
    state.error_log.push((now, text.into()));
}

/// An error in the log is two lines: number, severity, state; then the text.
pub(super) fn log_error(state: &mut InstanceState, now: OffsetDateTime, number: i32, severity: u8, text: &str) {
    state.error_log.push((now, format!("Error: {number}, Severity: {severity}, State: 1.")));
    state.error_log.push((now, text.to_owned()));
}

/// A dial failed: the replica's row and the log say why.
pub(super) fn dial_failed(instance: &Instance, ends: &Ends, failure: &Failure, address: &str) {
    let now = instance.clock.now();
    let (number, text) = failure.describe(address);
    instance.with(|s| {
        let repeated = {
            let replica = s.hadr.group_mut(&ends.group).and_then(|g| g.replica_mut(&ends.remote));
            let Some(replica) = replica else { return };
            replica.connected = false;
            let same = replica.last_connect_error.as_ref().is_some_and(|e| e.0 == number && e.1 == text);
            replica.last_connect_error = Some((number, text.clone(), now));
            same
        };
        // one block of lines per reason, not per attempt
        if repeated {
            return;
        }
        let line = match failure {
            Failure::Ours(_) => {
                format!("Database Mirroring login attempt failed with error: '{text}'  [CLIENT: {address}]")
            }
            _ => format!("Database mirroring connection error {number} '{text}' for '{address}'."),
        };
        let head = if matches!(failure, Failure::Ours(_)) { 28048 } else { 1474 };
        log_error(s, now, head, 16, &line);
        log(
            s,
            now,
            format!(
                "A connection timeout has occurred while attempting to establish a connection to availability replica \
                 '{}' with id [{}]. Either a networking or firewall issue exists, or the endpoint address provided for \
                 the replica is not the database mirroring endpoint of the host server instance.",
                ends.remote, ends.remote_id
            ),
        );
    });
    instance.notify();
}

/// A partner was not let in, or did not let this side in.
pub(super) fn login_failed(instance: &Instance, failure: &Failure, client: &str) {
    let now = instance.clock.now();
    let text = match failure {
        // a port scan or a probe that says nothing is not worth a line
        Failure::Io(_) => return,
        Failure::Ours(r) | Failure::Theirs(r) => r.text.clone(),
    };
    instance.with(|s| {
        let line = format!("Database Mirroring login attempt failed with error: '{text}'  [CLIENT: {client}]");
        log_error(s, now, 28048, 16, &line);
    });
}

/// 35202: a connection stands.
pub(super) fn connected(state: &mut InstanceState, ends: &Ends, now: OffsetDateTime) {
    if let Some(r) = state.hadr.group_mut(&ends.group).and_then(|g| g.replica_mut(&ends.remote)) {
        r.connected = true;
    }
    let text = format!(
        "A connection for availability group '{}' from availability replica '{}' with id  [{}] to '{}' with id [{}] has \
         been successfully established.  This is an informational message only. No user action is required.",
        ends.group, ends.local, ends.local_id, ends.remote, ends.remote_id
    );
    log(state, now, text);
}

/// Why an established connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing heard for the session timeout (35206).
    Timeout,
    /// The other side closed it.
    Closed,
    /// This side's endpoint was stopped (35204).
    EndpointStopped,
    /// The group changed; the connection is not needed any more.
    Obsolete,
}

/// 35206 or 35204, then 35267 for each database.
pub(super) fn disconnected(
    state: &mut InstanceState,
    ends: &Ends,
    databases: &[String],
    primary_side: bool,
    lost: Lost,
    now: OffsetDateTime,
) {
    if let Some(r) = state.hadr.group_mut(&ends.group).and_then(|g| g.replica_mut(&ends.remote)) {
        r.connected = false;
        let error = match lost {
            Lost::Timeout => Some((35206, "A connection timeout has occurred on a previously established connection.")),
            Lost::EndpointStopped => Some((35204, "The database mirroring endpoint was either disabled or stopped.")),
            Lost::Closed => Some((10054, "An existing connection was forcibly closed by the remote host.")),
            Lost::Obsolete => None,
        };
        if let Some((number, text)) = error {
            r.last_connect_error = Some((number, text.to_owned(), now));
        }
    }
    let text = match lost {
        Lost::Timeout => Some(format!(
            "A connection timeout has occurred on a previously established connection to availability replica '{}' with \
             id [{}].  Either a networking or a firewall issue exists or the availability replica has transitioned to \
             the resolving role.",
            ends.remote, ends.remote_id
        )),
        Lost::EndpointStopped => Some(format!(
            "The connection between server instances '{}' with id [{}] and '{}' with id [{}] has been disabled because \
             the database mirroring endpoint was either disabled or stopped. Restart the endpoint by using the ALTER \
             ENDPOINT Transact-SQL statement with STATE = STARTED.",
            ends.local, ends.local_id, ends.remote, ends.remote_id
        )),
        Lost::Closed | Lost::Obsolete => None,
    };
    if let Some(text) = text {
        log(state, now, text);
    }
    let (own, other) = if primary_side { ("primary", "secondary") } else { ("secondary", "primary") };
    for db in databases {
        let text = format!(
            "Always On Availability Groups connection with {other} database terminated for {own} database '{db}' on the \
             availability replica '{}' with Replica ID: {{{}}}. This is an informational message only. No user action \
             is required.",
            ends.remote, ends.remote_id
        );
        log(state, now, text);
    }
}

/// 35266: log of a database flows.
pub(super) fn database_connected(
    state: &mut InstanceState,
    ends: &Ends,
    db: &str,
    primary_side: bool,
    now: OffsetDateTime,
) {
    let (own, other) = if primary_side { ("primary", "secondary") } else { ("secondary", "primary") };
    let text = format!(
        "Always On Availability Groups connection with {other} database established for {own} database '{db}' on the \
         availability replica '{}' with Replica ID: {{{}}}. This is an informational message only. No user action is \
         required.",
        ends.remote, ends.remote_id
    );
    log(state, now, text);
}

/// A row of `dm_db_mirroring_connections` that lives as long as this value.
pub(super) struct ConnectionRow {
    instance: Arc<Instance>,
    id: Uuid,
    counters: Arc<Counters>,
}

impl ConnectionRow {
    pub(super) fn new(
        instance: &Arc<Instance>,
        peer: &str,
        encrypted: bool,
        accept: bool,
        counters: Arc<Counters>,
    ) -> Self {
        let id = crate::base::random::uuid();
        let row = MirroringConnection {
            connection_id: id,
            login_state: "ONLINE".to_owned(),
            peer: peer.to_owned(),
            connect_time: instance.clock.now(),
            encrypted,
            bytes_sent: 0,
            bytes_received: 0,
            is_accept: accept,
        };
        instance.with(|s| s.hadr.connections.push(row));
        Self { instance: instance.clone(), id, counters }
    }

    /// Brings the row's counters up to date.
    pub(super) fn refresh(&self) {
        let (sent, received) =
            (self.counters.sent.load(Ordering::Relaxed), self.counters.received.load(Ordering::Relaxed));
        self.instance.with(|s| {
            if let Some(row) = s.hadr.connections.iter_mut().find(|c| c.connection_id == self.id) {
                (row.bytes_sent, row.bytes_received) = (sent, received);
            }
        });
    }
}

impl Drop for ConnectionRow {
    fn drop(&mut self) {
        self.instance.with(|s| s.hadr.connections.retain(|c| c.connection_id != self.id));
    }
}
