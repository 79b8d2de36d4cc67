//! Brings a scenario up: instances, listeners, ARM, files; then the application's writers.

use super::agent;
use super::control;
use super::dns;
use super::files;
use super::listen;
use super::listener;
use super::pipes::PipeDialer;
use super::power::Power;
use super::record::ControlRecord;
use super::record::DatabaseRecord;
use super::record::LEDGER;
use super::record::LabRecord;
use super::record::SAMPLES;
use super::timetable;
use super::tls::LabTls;
use super::verdict;
use crate::lab::arm::server::ArmServer;
use crate::lab::geo::Hub;
use crate::lab::mirror;
use crate::lab::mirror::established::LinkName;
use crate::lab::mirror::pki::LabPki;
use crate::lab::net::Network;
use crate::lab::net::Path as NetPath;
use crate::lab::scenario::build;
use crate::lab::scenario::secrets;
use crate::lab::scenario::servers::LogicalServer;
use crate::lab::scenario::types::FailoverGroup;
use crate::lab::scenario::types::Scenario;
use crate::lab::verdict::Report;
use crate::lab::verdict::sample;
use crate::lab::workload;
use crate::lab::workload::alias::Address;
use crate::lab::workload::alias::AliasTable;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::Dialer;
use crate::lab::workload::client::TcpDialer;
use crate::lab::workload::client::Tls;
use crate::lab::workload::ledger::Ledger;
use crate::lab::workload::ledger::Record;
use crate::lab::workload::names::Names;
use crate::lab::workload::run::Clock;
use crate::lab::workload::run::Workload;
use crate::lab::workload::run::WorkloadSpec;
use crate::lab::world::clock::LabClock;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Machines that are no servers, on the lab's network.
pub const APPLICATION_HOST: &str = "application";
pub const ORACLE_HOST: &str = "oracle";
/// Bound of the wait for the links of a scenario that begins linked.
const LINKS_UP_MAX: Duration = Duration::from_secs(60);

/// How the lab is brought up.
pub struct UpOptions {
    pub dir: PathBuf,
    /// Executable that the estate's repoint hook calls.
    pub milink: PathBuf,
    pub now: OffsetDateTime,
    pub wire: Wire,
}

/// What carries the bytes of clients and of mirroring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Loopback sockets, TLS, HTTPS.
    Sockets,
    /// Pipes in this process, under tokio's paused clock; no control door, and ARM is called directly.
    Pipes,
}

/// A running estate. Dropping it ends it.
pub struct Running {
    pub record: LabRecord,
    pub instances: BTreeMap<String, Arc<Instance>>,
    pub network: Arc<Network>,
    pub alias: Arc<AliasTable>,
    pub arm: Arc<ArmServer>,
    /// Failover groups.
    pub hub: Arc<Hub>,
    pub ledger: Arc<Ledger>,
    pub samples: Arc<sample::Samples>,
    pub dir: PathBuf,
    wire: Wire,
    scenario: Scenario,
    ca_pem: Vec<u8>,
    pub(super) clock: Clock,
    /// The lab's own time, for those who are to live in it.
    pub time: LabClock,
    names: Option<Names>,
    stop: CancellationToken,
    writers: Option<Workload>,
    sampler: Option<tokio::task::JoinHandle<()>>,
    /// Breaks and mends things, as the control door does.
    pub door: Arc<control::Door>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
        for instance in self.instances.values() {
            instance.shutdown.cancel();
        }
    }
}

pub(super) fn other(e: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(e)
}

/// Starts everything but the writers.
pub async fn up(mut scenario: Scenario, options: UpOptions) -> io::Result<Running> {
    std::fs::create_dir_all(&options.dir)?;
    secrets::fill(&mut scenario, &mut secrets::random);
    let stop = CancellationToken::new();
    let clock = LabClock::with_lapse(options.now, scenario.timing.time_lapse);
    let network = match options.wire {
        Wire::Sockets => Network::tcp(),
        Wire::Pipes => Network::in_memory(),
    };
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
    let names = tls_names(&scenario);
    let tls = LabTls::new(&names, options.now).map_err(other)?;
    let mut instances = BTreeMap::new();
    for (config, mut state) in build::instances(&scenario, options.now).map_err(other)? {
        state.hadr.tuning.redo_delay = Duration::from_millis(scenario.timing.redo_delay_ms);
        state.hadr.tuning.first_full_backup_delay = Duration::from_millis(scenario.timing.first_full_backup_ms);
        state.hadr.tuning.keepalive = Duration::from_millis(scenario.timing.keepalive_ms.max(100));
        state.hadr.tuning.role_change = Duration::from_millis(scenario.timing.failover_switch_ms);
        state.hadr.tuning.backup_bytes_per_second = scenario.timing.backup_mib_per_s << 20;
        if config.is_managed() && !config.is_logical() {
            state.hadr.service_identity = Some(pki.issue_mi(&config.host, options.now).map_err(other)?);
        }
        let id = config.id.clone();
        instances.insert(id, Instance::new(config, state, network.clone(), clock.clone()));
    }
    let databases = databases(&scenario);
    link(&scenario, &instances, &databases, &pki).await?;
    mirrors(&instances).await?;
    for later in scenario.managed_instances.iter().filter(|m| m.made_later) {
        let Some(instance) = instances.get(&later.id) else { continue };
        instance.with(|s| {
            s.server.stopped = true;
            s.hadr.away = true;
        });
    }
    let (mut servers, mut inlets) = (Vec::new(), Vec::new());
    let logical = scenario.servers.iter().map(|s| &s.id);
    let ids = scenario.sql_servers.iter().map(|s| &s.id).chain(scenario.managed_instances.iter().map(|m| &m.id));
    for id in ids.chain(logical) {
        let Some(instance) = instances.get(id) else { continue };
        if !instance.config.is_logical() {
            network.open_node(&instance.config.host, stop.clone()).await?;
            // In virtual time an Agent that looks around would be the only thing that moves: a simulation starts its own.
            if options.wire == Wire::Sockets {
                let (agent, stop) = (agent::serve(instance.clone()), stop.clone());
                tokio::spawn(async move { stop.run_until_cancelled(agent).await });
            }
        }
        let (server, inlet, open) = listen::tds(&scenario, instance, &tls, options.wire, &stop).await?;
        servers.push(server);
        inlets.push((inlet, open));
    }
    let managed: Vec<_> = instances.values().filter(|i| i.config.is_managed()).cloned().collect();
    let hub = Hub::start(managed, &stop).await?;
    for group in scenario.failover_groups.iter().filter(|g| g.stands) {
        listener::stand(&hub, group).await?;
    }
    let (arm, arm_record) =
        listen::arm(&scenario, &instances, hub.clone(), &pki, &tls, options.wire, clock.clone(), &stop).await?;
    let addresses: BTreeMap<String, Address> = servers.iter().map(|s| (s.id.clone(), s.address.clone())).collect();
    let first = databases
        .iter()
        .filter_map(|d| Some((d.name.clone(), addresses.get(&d.source)?.clone())))
        .collect::<BTreeMap<_, _>>();
    let alias = Arc::new(AliasTable::new(first));
    let control_listener = match options.wire {
        Wire::Sockets => Some(TcpListener::bind("127.0.0.1:0").await?),
        Wire::Pipes => None,
    };
    let control = ControlRecord {
        endpoint: match &control_listener {
            Some(listener) => format!("http://{}", listener.local_addr()?),
            None => String::new(),
        },
        token: listen::hex(&secrets::random()),
    };
    if !scenario.failover_groups.is_empty() {
        tokio::spawn(listener::follow_listeners(
            hub.clone(),
            alias.clone(),
            databases.clone(),
            addresses.clone(),
            stop.clone(),
        ));
    }
    let name_server = match options.wire {
        Wire::Sockets if !scenario.failover_groups.is_empty() => {
            let hosts = instances.values().map(|i| i.config.host.clone()).collect();
            Some(dns::start(hub.clone(), hosts, stop.clone()).await?.to_string())
        }
        _ => None,
    };
    let known = listener::names(options.wire, name_server.as_deref(), &hub, &instances, &addresses);
    let record = LabRecord {
        schema_version: 1,
        name_server,
        scenario: scenario.name.clone(),
        floor_terms: floor(&scenario),
        writers: scenario.workload.writers,
        servers,
        arm: arm_record,
        databases,
        control,
    };
    let door = control::Door {
        hub: hub.clone(),
        token: record.control.token.clone(),
        alias: alias.clone(),
        addresses,
        hosts: instances.iter().map(|(id, i)| (id.clone(), i.config.host.clone())).collect(),
        network: network.clone(),
        arm: arm.clone(),
        instances: instances.clone(),
        power: Power::new(inlets, stop.clone()),
    };
    let door = Arc::new(door);
    if let Some(listener) = control_listener {
        tokio::spawn(control::serve(listener, door.clone(), stop.clone()));
    }
    let dir = options.dir.canonicalize()?;
    files::write(&dir, &scenario, &record, &tls.ca_pem, &pki.root_der, &options.milink)?;
    record.write(&dir)?;
    let (ledger, samples) = match options.wire {
        Wire::Sockets => (Ledger::append_to(&dir.join(LEDGER))?, sample::Samples::append_to(&dir.join(SAMPLES))?),
        Wire::Pipes => (Ledger::in_memory(), sample::Samples::in_memory()),
    };
    for linked in &scenario.linked {
        if let Some(target) = instances.get(&linked.target) {
            stand(target).await?;
        }
    }
    let path = |a: &str, b: &str| {
        let known = scenario.paths.iter().find(|p| (p.a == a && p.b == b) || (p.a == b && p.b == a));
        known.map_or((0.0, 0.0), |p| (p.latency_ms, p.bandwidth_mib_per_s))
    };
    let agenda = timetable::agenda(&scenario.faults, path);
    if !agenda.is_empty() {
        tokio::spawn(timetable::play(agenda, door.clone(), stop.clone()));
    }
    let workload_clock = Clock::start(clock.clone());
    Ok(Running {
        record,
        instances,
        network,
        alias,
        arm,
        hub,
        ledger: Arc::new(ledger),
        samples: Arc::new(samples),
        dir,
        wire: options.wire,
        scenario,
        ca_pem: tls.ca_pem.into_bytes(),
        clock: workload_clock,
        time: clock,
        names: known,
        stop,
        writers: None,
        sampler: None,
        door,
    })
}

/// Makes the links that stand from the beginning.
async fn link(
    scenario: &Scenario,
    instances: &BTreeMap<String, Arc<Instance>>,
    databases: &[DatabaseRecord],
    pki: &LabPki,
) -> io::Result<()> {
    for linked in &scenario.linked {
        let (Some(source), Some(target)) = (instances.get(&linked.source), instances.get(&linked.target)) else {
            continue;
        };
        let of = databases.iter().filter(|d| d.source == linked.source);
        let names: Vec<_> = of.map(|d| LinkName { link: d.link.clone(), database: d.name.clone() }).collect();
        mirror::established::establish(source, target, pki, &names).await.map_err(io::Error::other)?;
    }
    Ok(())
}

/// Starts mirroring where it is listened for first: a dial that finds nobody waits before it dials again.
async fn mirrors(instances: &BTreeMap<String, Arc<Instance>>) -> io::Result<()> {
    let (managed, others): (Vec<_>, Vec<_>) =
        instances.values().filter(|i| !i.config.is_logical()).partition(|i| i.config.is_managed());
    for instance in &managed {
        let mut changed = instance.changed.subscribe();
        mirror::start(instance);
        let listening = async {
            while instance.with(|s| s.hadr.listening.is_none()) {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let bound = tokio::time::timeout(LINKS_UP_MAX, listening).await;
        bound.map_err(|_| io::Error::other(format!("the endpoint of {} does not come up", instance.config.id)))?;
    }
    others.into_iter().for_each(mirror::start);
    Ok(())
}

/// Waits until every link of an instance is connected and its database open.
async fn stand(target: &Arc<Instance>) -> io::Result<()> {
    let mut changed = target.changed.subscribe();
    let wait = async {
        while !mirror::established::all_stand(target) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(LINKS_UP_MAX, wait).await.map_err(|_| io::Error::other("the links did not come up"))
}

/// Names that the certificate of a managed instance carries: its own, and those of every listener in its zone.
fn tls_names(scenario: &Scenario) -> Vec<String> {
    let mut names = Vec::new();
    let instances = scenario.managed_instances.iter().map(crate::lab::scenario::types::ManagedInstance::fqdn);
    for fqdn in instances.chain(scenario.servers.iter().map(LogicalServer::fqdn)) {
        let zone = fqdn.split_once('.').map(|(_, zone)| zone.to_owned()).unwrap_or_default();
        for name in [fqdn, format!("*.{zone}"), format!("*.secondary.{zone}")] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn host_of(scenario: &Scenario, id: &str) -> String {
    let sql = scenario.sql_servers.iter().find(|s| s.id == id).map(|s| s.host.clone());
    let managed = || {
        scenario.managed_instances.iter().find(|m| m.id == id).map(super::super::scenario::types::ManagedInstance::fqdn)
    };
    let logical = || scenario.servers.iter().find(|s| s.id == id).map(LogicalServer::fqdn);
    sql.or_else(managed).or_else(logical).unwrap_or_else(|| id.to_owned())
}

fn databases(scenario: &Scenario) -> Vec<DatabaseRecord> {
    let target = scenario.managed_instances.first().map(|m| m.id.clone()).unwrap_or_default();
    let sources: Vec<_> = scenario.sql_servers.iter().map(|s| s.id.clone()).collect();
    let linked =
        scenario.databases.iter().filter(|d| sources.contains(&d.instance)).enumerate().map(|(i, d)| DatabaseRecord {
            name: d.name.clone(),
            link: files::link_name(&d.name, i),
            source: d.instance.clone(),
            more: scenario
                .failover_groups
                .iter()
                .filter(|g| g.primary == target)
                .map(|g| g.secondary.clone())
                .collect(),
            target: target.clone(),
            size_mib: d.size_mib,
        });
    let grouped = scenario.databases.iter().filter_map(|d| {
        let mine =
            |g: &&FailoverGroup| g.primary == d.instance && (g.databases.is_empty() || g.databases.contains(&d.name));
        let group = scenario.failover_groups.iter().find(mine)?;
        Some(DatabaseRecord {
            name: d.name.clone(),
            link: String::new(),
            source: d.instance.clone(),
            target: group.secondary.clone(),
            // A group may be moved to any other instance.
            more: scenario
                .managed_instances
                .iter()
                .map(|m| m.id.clone())
                .filter(|id| *id != d.instance && *id != group.secondary)
                .collect(),
            size_mib: d.size_mib,
        })
    });
    linked.chain(grouped).collect()
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

impl Running {
    /// Opens connections to the estate's servers as a machine of that name would.
    pub fn dialer(&self, from: &str) -> Arc<dyn Dialer> {
        match self.wire {
            Wire::Sockets => Arc::new(TcpDialer),
            Wire::Pipes => Arc::new(PipeDialer { network: self.network.clone(), from: from.to_owned() }),
        }
    }

    pub(super) fn tls(&self) -> Tls {
        match self.wire {
            Wire::Sockets => Tls::Ca(self.ca_pem.clone()),
            Wire::Pipes => Tls::Off,
        }
    }

    /// What the application was told so far.
    pub fn acknowledged(&self) -> io::Result<Vec<Record>> {
        match self.wire {
            Wire::Sockets => Ledger::read(&self.dir.join(LEDGER)),
            Wire::Pipes => Ok(self.ledger.records()),
        }
    }

    /// Re-reads every copy over TDS and judges.
    pub async fn judge(&self) -> io::Result<Report> {
        let current = self.current();
        let evidence = verdict::Evidence {
            record: &self.record,
            acknowledged: self.acknowledged()?,
            samples: match self.wire {
                Wire::Sockets => verdict::samples(&self.dir)?,
                Wire::Pipes => self.samples.all(),
            },
            dialer: self.dialer(ORACLE_HOST),
            tls: self.tls(),
        };
        Ok(verdict::judge_estate(evidence, &current).await)
    }

    /// The application's own login.
    pub fn application(&self) -> io::Result<Access> {
        let login = self
            .record
            .servers
            .iter()
            .flat_map(|s| &s.logins)
            .find(|l| l.application)
            .ok_or_else(|| io::Error::other("the scenario has no application login"))?;
        Ok(Access {
            dialer: self.dialer(APPLICATION_HOST),
            tls: self.tls(),
            user: login.name.clone(),
            password: login.password.clone(),
            program: "lab application",
            timeout: Duration::from_millis(self.scenario.workload.timeout_ms),
        })
    }

    /// Databases with writers: the first ones of each source.
    fn busy(&self) -> Vec<&DatabaseRecord> {
        let most = match self.scenario.workload.busy_databases {
            0 => u32::MAX,
            n => n,
        };
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let first = |d: &&DatabaseRecord| {
            let n = seen.entry(d.source.clone()).or_default();
            *n += 1;
            *n <= most
        };
        self.record.databases.iter().filter(first).collect()
    }

    /// Starts the writers, and the sampler that looks from outside which copies take writes.
    pub fn start_writers(&mut self) -> io::Result<()> {
        let access = self.application()?;
        let spec = WorkloadSpec {
            databases: self.busy().iter().map(|d| d.name.clone()).collect(),
            writers: self.scenario.workload.writers,
            think: Duration::from_millis(self.scenario.workload.think_ms),
            backoff: Duration::from_millis(self.scenario.workload.backoff_ms),
            updates: self.scenario.workload.updates,
            selects: self.scenario.workload.selects,
            access: access.clone(),
            names: self.names.clone(),
        };
        let last = Ledger::last_seq(&self.acknowledged().unwrap_or_default());
        self.writers =
            Some(workload::start(&spec, &self.alias, &self.ledger, &self.clock, &last, self.stop.child_token()));
        let addresses = self.record.addresses();
        let busy = self.busy();
        let copies: Vec<sample::Watched> = busy
            .iter()
            .copied()
            .flat_map(|d| d.servers().map(move |s| (d, s)))
            .filter_map(|(d, server)| {
                Some(sample::Watched {
                    database: d.name.clone(),
                    address: addresses.get(server)?.clone(),
                    logins: vec![Access { program: "lab sampler", ..access.clone() }],
                })
            })
            .collect();
        let samples = self.samples.clone();
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
