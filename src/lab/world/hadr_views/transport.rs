//! Endpoints, listeners and connections.

use super::row::Builder;
use super::row::Row;
use super::row::datetime;
use crate::lab::mirror::MANAGED_PORT;
use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::MirroringEndpoint;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::server::BrokerEndpoint;

const STATES: [(u8, &str); 3] = [(0, "STARTED"), (1, "STOPPED"), (2, "DISABLED")];
const ENDPOINT_ROLES: [(u8, &str); 4] = [(0, "NONE"), (1, "PARTNER"), (2, "WITNESS"), (3, "ALL")];
const AUTH: [(u8, &str); 10] = [
    (1, "NTLM"),
    (2, "KERBEROS"),
    (3, "NEGOTIATE"),
    (4, "CERTIFICATE"),
    (5, "NTLM, CERTIFICATE"),
    (6, "KERBEROS, CERTIFICATE"),
    (7, "NEGOTIATE, CERTIFICATE"),
    (8, "CERTIFICATE, NTLM"),
    (9, "CERTIFICATE, KERBEROS"),
    (10, "CERTIFICATE, NEGOTIATE"),
];
const ALGORITHMS: [(u8, &str); 9] = [
    (0, "NONE"),
    (1, "RC4"),
    (2, "AES"),
    (3, "NONE, RC4"),
    (4, "NONE, AES"),
    (5, "RC4, AES"),
    (6, "AES, RC4"),
    (7, "NONE, RC4, AES"),
    (8, "NONE, AES, RC4"),
];
/// Endpoints every instance is born with: name, id, protocol, is it the admin's.
const BUILT_IN: [(&str, i32, u8, bool); 4] = [
    ("Dedicated Admin Connection", 1, 2, true),
    ("TSQL Local Machine", 2, 4, false),
    ("TSQL Named Pipes", 3, 3, false),
    ("TSQL Default TCP", 4, 2, false),
];
const PROTOCOLS: [(u8, &str); 3] = [(2, "TCP"), (3, "NAMED_PIPES"), (4, "SHARED_MEMORY")];
const TYPES: [(u8, &str); 3] = [(2, "TSQL"), (3, "SERVICE_BROKER"), (4, "DATABASE_MIRRORING")];
/// Port of the admin connection and of T-SQL.
const ADMIN_PORT: i32 = 1434;
const TSQL_PORT: i32 = 1433;

/// The mirroring endpoint; a managed instance has one from birth.
fn mirroring(state: &InstanceState, config: &InstanceConfig) -> Option<MirroringEndpoint> {
    if config.is_managed() {
        return state.hadr.service_identity.as_ref().map(|_| MirroringEndpoint {
            name: "database_mirroring_endpoint".to_owned(),
            endpoint_id: 65_536,
            principal_id: 1,
            state: 0,
            port: MANAGED_PORT,
            listener_ip: None,
            role: 3,
            connection_auth: 4,
            certificate_id: 256,
            encryption_algorithm: 2,
        });
    }
    state.hadr.endpoint.clone()
}

fn base(name: &str, id: i32, owner: i32, protocol: u8, kind: u8, state: u8, admin: bool) -> Builder {
    Builder::default()
        .put("name", name)
        .put("endpoint_id", id)
        .put("principal_id", owner)
        .code(("protocol", "protocol_desc"), Some(protocol), &PROTOCOLS)
        .code(("type", "type_desc"), Some(kind), &TYPES)
        .code(("state", "state_desc"), Some(state), &STATES)
        .put("is_admin_endpoint", admin)
}

fn own(e: &MirroringEndpoint) -> Builder {
    base(&e.name, e.endpoint_id, e.principal_id, 2, 4, e.state, false)
}

fn broker(b: &BrokerEndpoint) -> Builder {
    base(&b.name, b.id, b.owner, 2, 3, b.state, false)
}

pub(super) fn endpoints(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let mut rows: Vec<Row> = BUILT_IN
        .iter()
        .map(|(name, id, protocol, admin)| base(name, *id, 1, *protocol, 2, 0, *admin).build())
        .collect();
    rows.extend(mirroring(state, config).map(|e| own(&e).build()));
    rows.extend(state.server.broker.iter().map(|b| broker(b).build()));
    rows
}

pub(super) fn tcp_endpoints(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let mut rows: Vec<Row> = BUILT_IN
        .iter()
        .filter(|b| b.2 == 2)
        .map(|(name, id, protocol, admin)| {
            // the built-in ones take their port from the configuration and show 0 here
            base(name, *id, 1, *protocol, 2, 0, *admin).put("port", 0).put("is_dynamic_port", true).build()
        })
        .collect();
    rows.extend(mirroring(state, config).map(|e| {
        own(&e)
            .put("port", i32::from(e.port))
            .put("is_dynamic_port", false)
            .put("ip_address", e.listener_ip.clone())
            .build()
    }));
    let tcp = |b: &BrokerEndpoint| broker(b).put("port", i32::from(b.port)).put("is_dynamic_port", false).build();
    rows.extend(state.server.broker.iter().map(tcp));
    rows
}

pub(super) fn mirroring_endpoints(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let row = |e: MirroringEndpoint| {
        own(&e)
            .code(("role", "role_desc"), Some(e.role), &ENDPOINT_ROLES)
            .put("is_encryption_enabled", e.encryption_algorithm != 0)
            .code(("connection_auth", "connection_auth_desc"), Some(e.connection_auth), &AUTH)
            .put("certificate_id", e.certificate_id)
            .code(("encryption_algorithm", "encryption_algorithm_desc"), Some(e.encryption_algorithm), &ALGORITHMS)
            .build()
    };
    mirroring(state, config).into_iter().map(row).collect()
}

pub(super) fn connections(state: &InstanceState, instance: &Instance) -> Vec<Row> {
    let now = instance.clock.now();
    state
        .hadr
        .connections
        .iter()
        .map(|c| {
            let algorithm = if c.encrypted { (2, "AES") } else { (0, "NONE") };
            Builder::default()
                .put("connection_id", c.connection_id)
                .put("transport_stream_id", c.connection_id)
                .put("state", Value::SmallInt(3))
                .put("state_desc", "CONNECTED")
                .put("connect_time", datetime(c.connect_time))
                .put("login_time", datetime(c.connect_time))
                .put("authentication_method", "Certificate")
                .put("last_activity_time", datetime(now))
                .put("is_accept", c.is_accept)
                .put("login_state", Value::SmallInt(13))
                .put("login_state_desc", c.login_state.as_str())
                .put("encryption_algorithm", Value::SmallInt(algorithm.0))
                .put("encryption_algorithm_desc", algorithm.1)
                .put("receives_posted", Value::SmallInt(1))
                .put("is_receive_flow_controlled", false)
                .put("sends_posted", Value::SmallInt(0))
                .put("is_send_flow_controlled", false)
                .put("total_bytes_sent", c.bytes_sent)
                .put("total_bytes_received", c.bytes_received)
                .put("total_fragments_sent", c.bytes_sent / 8192)
                .put("total_fragments_received", c.bytes_received / 8192)
                .put("total_sends", c.bytes_sent / 8192)
                .put("total_receives", c.bytes_received / 8192)
                .put("address", c.peer.as_str())
                .build()
        })
        .collect()
}

pub(super) fn listeners(state: &InstanceState) -> Vec<Row> {
    let started = state.server.started;
    let row = |id: i32, ip: &str, port: i32, kind: (i16, &str), since: time::OffsetDateTime| {
        Builder::default()
            .put("listener_id", id)
            .put("ip_address", ip)
            .put("is_ipv4", true)
            .put("port", port)
            .put("type", Value::SmallInt(kind.0))
            .put("type_desc", kind.1)
            .put("state", Value::SmallInt(0))
            .put("state_desc", "ONLINE")
            .put("start_time", datetime(since))
            .build()
    };
    let mut rows =
        vec![row(1, "0.0.0.0", TSQL_PORT, (0, "TSQL"), started), row(2, "127.0.0.1", ADMIN_PORT, (0, "TSQL"), started)];
    if let Some((port, since)) = state.hadr.listening {
        rows.push(row(3, "0.0.0.0", i32::from(port), (2, "Database Mirroring"), since));
    }
    rows
}
