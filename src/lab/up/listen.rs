//! The doors of an estate: TDS for every instance, ARM for the managed ones.

use super::pipes;
use super::power::Inlet;
use super::record::ArmRecord;
use super::record::LoginRecord;
use super::record::ServerRecord;
use super::start::Wire;
use super::start::other;
use super::tls::LabTls;
use crate::lab::arm::config::ArmConfig;
use crate::lab::arm::config::Principal;
use crate::lab::arm::config::Token;
use crate::lab::arm::estate::Estate;
use crate::lab::arm::estate::Managed;
use crate::lab::arm::network::Networks;
use crate::lab::arm::network::seed::Tenant;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::servers::Servers;
use crate::lab::arm::servers::state::LogicalHost;
use crate::lab::geo::Hub;
use crate::lab::mirror::pki::LabPki;
use crate::lab::scenario::secrets;
use crate::lab::scenario::types::ManagedInstance;
use crate::lab::scenario::types::Scenario;
use crate::lab::tds::backend::Backend;
use crate::lab::tds::serve as tds;
use crate::lab::tsql::exec::column_value;
use crate::lab::tsql::session::EngineSession;
use crate::lab::workload::alias::Address;
use crate::lab::world::backend::InstanceBackend;
use crate::lab::world::clock::LabClock;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where clients find an instance whose host is an address of the lab's own network.
const PIPE_PORT: u16 = 1433;
/// Where ARM is, on the lab's own network.
pub const ARM_HOST: &str = "management.azure.lab";

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

/// Lets clients in.
pub(super) async fn tds(
    scenario: &Scenario,
    instance: &Arc<Instance>,
    tls: &LabTls,
    wire: Wire,
    stop: &CancellationToken,
) -> io::Result<(ServerRecord, Inlet, CancellationToken)> {
    let config = tds::TdsConfig {
        tls: tds::TdsTls::new(tls.chain.clone(), tls.key()).map_err(other)?,
        force_encryption: false,
        login_timeout: Duration::from_secs(15),
        default_packet_size: 4096,
    };
    let backend = InstanceBackend::new(
        instance.clone(),
        Arc::new(|host, cx, killed| Box::new(EngineSession::new(host, cx, killed))),
    )
    .evaluating(Arc::new(column_value));
    let (config, backend): (_, Arc<dyn Backend>) = (Arc::new(config), Arc::new(backend));
    let open = stop.child_token();
    let (shared, door) = (config.clone(), backend.clone());
    let (host, port) = match wire {
        Wire::Sockets => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let port = listener.local_addr()?.port();
            tokio::spawn(tds::serve(listener, config, backend, open.clone()));
            ("127.0.0.1".to_owned(), port)
        }
        Wire::Pipes => {
            let host = instance.config.host.clone();
            let listener = instance.network.listen(&host, PIPE_PORT).await?;
            tokio::spawn(pipes::serve(listener, config, backend, open.clone()));
            (host, PIPE_PORT)
        }
    };
    let id = instance.config.id.clone();
    let logins = scenario
        .logins
        .iter()
        .filter(|l| l.instance == id)
        .map(|l| LoginRecord {
            name: l.name.clone(),
            password: l.password.clone().unwrap_or_default(),
            sysadmin: l.server_roles.iter().any(|r| r == "sysadmin"),
            application: l.application,
        })
        .collect();
    let inlet = Inlet { config: shared, backend: door, wire, instance: instance.clone(), host: host.clone(), port };
    let record = ServerRecord {
        kind: match (instance.config.is_logical(), instance.config.is_managed()) {
            (true, _) => "logical-server",
            (_, true) => "managed-instance",
            _ => "sql-server",
        }
        .to_owned(),
        server_name: instance.config.server_name.clone(),
        address: Address { server: id.clone(), host, port, listener: None },
        logins,
        id,
    };
    Ok((record, inlet, open))
}

/// Subnets, rules and routes of the scenario's instances.
fn networks(scenario: &Scenario) -> Networks {
    let azure = &scenario.azure;
    let names: Vec<String> = scenario.managed_instances.iter().map(ManagedInstance::fqdn).collect();
    let tenants: Vec<Tenant<'_>> = scenario
        .managed_instances
        .iter()
        .zip(&names)
        .map(|(m, fqdn)| Tenant {
            name: &m.name,
            fqdn,
            resource_group: m.resource_group.as_deref().unwrap_or(&azure.resource_group),
            region: m.region.as_deref().unwrap_or(&azure.region),
        })
        .collect();
    let servers: Vec<&str> = scenario.sql_servers.iter().map(|s| s.host.as_str()).collect();
    Networks::seed(azure, &tenants, &servers)
}

/// Azure's half.
#[expect(clippy::too_many_arguments, reason = "all parts of an estate meet here, once")]
pub(super) async fn arm(
    scenario: &Scenario,
    instances: &BTreeMap<String, Arc<Instance>>,
    hub: Arc<Hub>,
    pki: &LabPki,
    tls: &LabTls,
    wire: Wire,
    clock: LabClock,
    stop: &CancellationToken,
) -> io::Result<(Arc<ArmServer>, ArmRecord)> {
    let managed = scenario
        .managed_instances
        .iter()
        .filter_map(|m| Some(Managed::new(instances.get(&m.id)?.clone(), m)))
        .collect();
    let logical = scenario
        .servers
        .iter()
        .filter_map(|s| Some(LogicalHost::new(instances.get(&s.id)?.clone(), s, &scenario.databases)))
        .collect();
    let networks = Arc::new(networks(scenario));
    if let Some(instance) = instances.values().next() {
        instance.network.set_wires(networks.clone());
    }
    let estate = Estate {
        networks,
        servers: Servers { azure: scenario.azure.clone(), hub: hub.clone(), hosts: logical },
        azure: scenario.azure.clone(),
        managed,
        hub,
        roots: vec![("CN=milink Lab Root CA".to_owned(), pki.root_der.clone())],
    };
    let azure = &scenario.azure;
    let mut config = ArmConfig::new(
        &azure.tenant,
        &azure.subscription,
        &azure.region,
        Arc::new({
            let clock = clock.clone();
            move || clock.now()
        }),
    );
    let token = hex(&secrets::random());
    config.retry_after_s = scenario.timing.arm_retry_after_s.max(1);
    config.token_lifetime = Duration::from_secs(scenario.timing.token_lifetime_s);
    config.tokens.push(Token {
        value: token.clone(),
        principal: Principal {
            client_id: "2f1d7c0a-93d4-4e58-a9a5-8d5d1a0a7c11".to_owned(),
            object_id: "e0f8a4b2-6c1e-4b43-9b0e-5f1f5d7f6a22".to_owned(),
        },
        audience: "https://management.core.windows.net/".to_owned(),
        expires: clock.now() + Duration::from_secs(scenario.timing.token_lifetime_s),
    });
    let server = ArmServer::new(Arc::new(estate), config);
    let (endpoint, identity_endpoint) = match wire {
        Wire::Sockets => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let identity = TcpListener::bind("127.0.0.1:0").await?;
            let addresses = (
                format!("https://127.0.0.1:{}", listener.local_addr()?.port()),
                format!("http://{}/msi/token", identity.local_addr()?),
            );
            tokio::spawn(server.clone().listen(listener, Arc::new(tls.https().map_err(other)?), stop.clone()));
            tokio::spawn(server.clone().serve_identity(identity, stop.clone()));
            addresses
        }
        Wire::Pipes => (format!("https://{ARM_HOST}"), String::new()),
    };
    let record = ArmRecord {
        endpoint,
        identity_endpoint,
        tenant: azure.tenant.clone(),
        subscription: azure.subscription.clone(),
        resource_group: azure.resource_group.clone(),
        token,
    };
    Ok((server, record))
}
