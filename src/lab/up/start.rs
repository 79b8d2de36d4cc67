//! Brings a scenario up: instances, listeners, ARM, files; then the application's writers.

use super::control;
use super::files;
use super::record::ArmRecord;
use super::record::ControlRecord;
use super::record::DatabaseRecord;
use super::record::LEDGER;
use super::record::LabRecord;
use super::record::LoginRecord;
use super::record::SAMPLES;
use super::record::ServerRecord;
use super::tls::LabTls;
use crate::lab::arm::config::ArmConfig;
use crate::lab::arm::config::Principal;
use crate::lab::arm::config::Token;
use crate::lab::arm::estate::Estate;
use crate::lab::arm::estate::Managed;
use crate::lab::arm::server::ArmServer;
use crate::lab::mirror;
use crate::lab::mirror::pki::LabPki;
use crate::lab::net::Network;
use crate::lab::net::Path as NetPath;
use crate::lab::scenario::build;
use crate::lab::scenario::secrets;
use crate::lab::scenario::types::Scenario;
use crate::lab::tds::serve as tds;
use crate::lab::tsql::exec::column_value;
use crate::lab::tsql::session::EngineSession;
use crate::lab::verdict::sample;
use crate::lab::workload;
use crate::lab::workload::alias::Address;
use crate::lab::workload::alias::AliasTable;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::TcpDialer;
use crate::lab::workload::client::Tls;
use crate::lab::workload::ledger::Ledger;
use crate::lab::workload::run::Clock;
use crate::lab::workload::run::Workload;
use crate::lab::workload::run::WorkloadSpec;
use crate::lab::world::backend::InstanceBackend;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::LabClock;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How the lab is brought up.
pub struct UpOptions {
    pub dir: PathBuf,
    /// Executable that the estate's repoint hook calls.
    pub milink: PathBuf,
    pub now: OffsetDateTime,
}

/// A running estate. Dropping it ends it.
pub struct Running {
    pub record: LabRecord,
    pub instances: BTreeMap<String, Arc<Instance>>,
    pub network: Arc<Network>,
    pub alias: Arc<AliasTable>,
    pub arm: Arc<ArmServer>,
    pub ledger: Arc<Ledger>,
    pub dir: PathBuf,
    scenario: Scenario,
    ca_pem: Vec<u8>,
    clock: Clock,
    stop: CancellationToken,
    writers: Option<Workload>,
    sampler: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        for instance in self.instances.values() {
            instance.shutdown.cancel();
        }
    }
}

fn other(e: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(e)
}

/// Starts everything but the writers.
pub async fn up(mut scenario: Scenario, options: UpOptions) -> io::Result<Running> {
    std::fs::create_dir_all(&options.dir)?;
    secrets::fill(&mut scenario, &mut secrets::random);
    let stop = CancellationToken::new();
    let clock = LabClock::starting_at(options.now);
    let network = Network::tcp();
    for path in &scenario.paths {
        let host = |id: &str| host_of(&scenario, id);
        network.set_path(
            &host(&path.a),
            &host(&path.b),
            NetPath {
                latency: Duration::from_secs_f64(path.latency_ms / 1000.0),
                bytes_per_second: (path.bandwidth_mib_per_s * f64::from(1 << 20)) as u64,
            },
        );
    }
    let pki = LabPki::new(options.now).map_err(other)?;
    let names =
        scenario.managed_instances.iter().map(crate::lab::scenario::types::ManagedInstance::fqdn).collect::<Vec<_>>();
    let tls = LabTls::new(&names, options.now).map_err(other)?;
    let mut instances = BTreeMap::new();
    let mut servers = Vec::new();
    for (config, mut state) in build::instances(&scenario, options.now).map_err(other)? {
        state.hadr.tuning.redo_delay = Duration::from_millis(scenario.timing.redo_delay_ms);
        state.hadr.tuning.first_full_backup_delay = Duration::from_millis(scenario.timing.first_full_backup_ms);
        state.hadr.tuning.role_change = Duration::from_millis(scenario.timing.failover_switch_ms);
        if config.is_managed() {
            state.hadr.service_identity = Some(pki.issue_mi(&config.host, options.now).map_err(other)?);
        }
        let id = config.id.clone();
        let instance = Instance::new(config, state, network.clone(), clock);
        mirror::start(&instance);
        servers.push(listen(&scenario, &instance, &tls, &stop).await?);
        instances.insert(id, instance);
    }
    let (arm, arm_record) = start_arm(&scenario, &instances, &pki, &tls, clock, &stop).await?;
    let databases = databases(&scenario);
    let addresses: BTreeMap<String, Address> = servers.iter().map(|s| (s.id.clone(), s.address.clone())).collect();
    let first = databases
        .iter()
        .filter_map(|d| Some((d.name.clone(), addresses.get(&d.source)?.clone())))
        .collect::<BTreeMap<_, _>>();
    let alias = Arc::new(AliasTable::new(first));
    let control_listener = TcpListener::bind("127.0.0.1:0").await?;
    let control = ControlRecord {
        endpoint: format!("http://{}", control_listener.local_addr()?),
        token: hex(&secrets::random()),
    };
    let record = LabRecord {
        schema_version: 1,
        scenario: scenario.name.clone(),
        floor_terms: floor(&scenario),
        writers: scenario.workload.writers,
        servers,
        arm: arm_record,
        databases,
        control,
    };
    let door = control::Door {
        token: record.control.token.clone(),
        alias: alias.clone(),
        addresses,
        hosts: instances.iter().map(|(id, i)| (id.clone(), i.config.host.clone())).collect(),
        network: network.clone(),
        arm: arm.clone(),
        instances: instances.clone(),
    };
    tokio::spawn(control::serve(control_listener, Arc::new(door), stop.clone()));
    let dir = options.dir.canonicalize()?;
    files::write(&dir, &scenario, &record, &tls.ca_pem, &pki.root_der, &options.milink)?;
    record.write(&dir)?;
    let ledger = Arc::new(Ledger::append_to(&dir.join(LEDGER))?);
    let workload_clock = Clock::start(Arc::new(move || clock.now()));
    Ok(Running {
        record,
        instances,
        network,
        alias,
        arm,
        ledger,
        dir,
        scenario,
        ca_pem: tls.ca_pem.into_bytes(),
        clock: workload_clock,
        stop,
        writers: None,
        sampler: None,
    })
}

fn host_of(scenario: &Scenario, id: &str) -> String {
    let sql = scenario.sql_servers.iter().find(|s| s.id == id).map(|s| s.host.clone());
    let managed = || {
        scenario.managed_instances.iter().find(|m| m.id == id).map(super::super::scenario::types::ManagedInstance::fqdn)
    };
    sql.or_else(managed).unwrap_or_else(|| id.to_owned())
}

async fn listen(
    scenario: &Scenario,
    instance: &Arc<Instance>,
    tls: &LabTls,
    stop: &CancellationToken,
) -> io::Result<ServerRecord> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
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
    tokio::spawn(tds::serve(listener, Arc::new(config), Arc::new(backend), stop.clone()));
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
    Ok(ServerRecord {
        kind: if instance.config.is_managed() { "managed-instance" } else { "sql-server" }.to_owned(),
        server_name: instance.config.server_name.clone(),
        address: Address { server: id.clone(), host: "127.0.0.1".to_owned(), port },
        logins,
        id,
    })
}

async fn start_arm(
    scenario: &Scenario,
    instances: &BTreeMap<String, Arc<Instance>>,
    pki: &LabPki,
    tls: &LabTls,
    clock: LabClock,
    stop: &CancellationToken,
) -> io::Result<(Arc<ArmServer>, ArmRecord)> {
    let managed = scenario
        .managed_instances
        .iter()
        .filter_map(|m| Some(Managed::new(instances.get(&m.id)?.clone(), m)))
        .collect();
    let estate = Estate {
        azure: scenario.azure.clone(),
        managed,
        roots: vec![("CN=milink Lab Root CA".to_owned(), pki.root_der.clone())],
    };
    let azure = &scenario.azure;
    let mut config = ArmConfig::new(&azure.tenant, &azure.subscription, &azure.region, Arc::new(move || clock.now()));
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
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let identity = TcpListener::bind("127.0.0.1:0").await?;
    let record = ArmRecord {
        endpoint: format!("https://127.0.0.1:{}", listener.local_addr()?.port()),
        identity_endpoint: format!("http://{}/msi/token", identity.local_addr()?),
        tenant: azure.tenant.clone(),
        subscription: azure.subscription.clone(),
        resource_group: azure.resource_group.clone(),
        token,
    };
    tokio::spawn(server.clone().listen(listener, Arc::new(tls.https().map_err(other)?), stop.clone()));
    tokio::spawn(server.clone().serve_identity(identity, stop.clone()));
    Ok((server, record))
}

fn databases(scenario: &Scenario) -> Vec<DatabaseRecord> {
    let target = scenario.managed_instances.first().map(|m| m.id.clone()).unwrap_or_default();
    let sources: Vec<_> = scenario.sql_servers.iter().map(|s| s.id.clone()).collect();
    scenario
        .databases
        .iter()
        .filter(|d| sources.contains(&d.instance))
        .enumerate()
        .map(|(i, d)| DatabaseRecord {
            name: d.name.clone(),
            link: files::link_name(&d.name, i),
            source: d.instance.clone(),
            target: target.clone(),
            size_mib: d.size_mib,
        })
        .collect()
}

/// The shortest outage that the configured values allow: what lies on the critical path whatever a tool does.
fn floor(scenario: &Scenario) -> Vec<(String, u64)> {
    let round_trip = scenario.paths.first().map_or(0.0, |p| 2.0 * p.latency_ms);
    vec![
        ("one round trip for the last log".to_owned(), round_trip.ceil() as u64),
        ("redo delay of the target".to_owned(), scenario.timing.redo_delay_ms),
        ("stability window of the estate file".to_owned(), 300),
        ("role change of the service".to_owned(), scenario.timing.failover_switch_ms),
    ]
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

impl Running {
    /// The application's own login.
    fn application(&self) -> io::Result<Access> {
        let login = self
            .record
            .servers
            .iter()
            .flat_map(|s| &s.logins)
            .find(|l| l.application)
            .ok_or_else(|| io::Error::other("the scenario has no application login"))?;
        Ok(Access {
            dialer: Arc::new(TcpDialer),
            tls: Tls::Ca(self.ca_pem.clone()),
            user: login.name.clone(),
            password: login.password.clone(),
            program: "lab application",
            timeout: Duration::from_millis(self.scenario.workload.timeout_ms),
        })
    }

    /// Starts the writers, and the sampler that looks from outside which copies take writes.
    pub fn start_writers(&mut self) -> io::Result<()> {
        let access = self.application()?;
        let spec = WorkloadSpec {
            databases: self.record.databases.iter().map(|d| d.name.clone()).collect(),
            writers: self.scenario.workload.writers,
            think: Duration::from_millis(self.scenario.workload.think_ms),
            backoff: Duration::from_millis(self.scenario.workload.backoff_ms),
            updates: self.scenario.workload.updates,
            selects: self.scenario.workload.selects,
            access: access.clone(),
        };
        let last = Ledger::last_seq(&Ledger::read(&self.dir.join(LEDGER)).unwrap_or_default());
        self.writers =
            Some(workload::start(&spec, &self.alias, &self.ledger, &self.clock, &last, self.stop.child_token()));
        let addresses = self.record.addresses();
        let copies: Vec<sample::Watched> = self
            .record
            .databases
            .iter()
            .flat_map(|d| [(d, &d.source), (d, &d.target)])
            .filter_map(|(d, server)| {
                Some(sample::Watched {
                    database: d.name.clone(),
                    address: addresses.get(server)?.clone(),
                    logins: vec![Access { program: "lab sampler", ..access.clone() }],
                })
            })
            .collect();
        let samples = sample::Samples::append_to(&self.dir.join(SAMPLES))?;
        let every = Duration::from_millis(self.scenario.workload.sample_every_ms);
        let (clock, stop) = (self.clock.clone(), self.stop.child_token());
        self.sampler = Some(tokio::spawn(async move { sample::watch(&copies, every, &clock, &samples, stop).await }));
        Ok(())
    }

    /// Stops writers and sampler; the servers go on.
    pub async fn stop_writers(&mut self) {
        if let Some(writers) = self.writers.take() {
            writers.stop().await;
        }
        if let Some(sampler) = self.sampler.take() {
            sampler.abort();
        }
    }

    /// Time on the writers' clock, microseconds.
    pub fn elapsed_us(&self) -> u64 {
        self.clock.elapsed_us()
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
