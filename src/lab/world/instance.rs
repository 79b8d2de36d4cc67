//! One simulated instance: SQL Server or managed instance. State sits behind one mutex; nothing awaits while holding it.

use super::clock::LabClock;
use super::database::Database;
use super::hadr::HadrState;
use super::security::SecurityState;
use super::session::SessionTable;
use super::wall::Wall;
use crate::base::changes::Changes;
use crate::lab::net::Network;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use time::OffsetDateTime;

/// What the scenario says an instance is; never changes while it runs (versions change by restart).
#[derive(Debug, Clone)]
pub struct InstanceConfig {
    /// Key in the estate (`sql-a`, `mi-a`).
    pub id: String,
    pub kind: InstanceKind,
    /// `@@SERVERNAME`: `MACHINE[\INSTANCE]`, or the FQDN of a managed instance.
    pub server_name: String,
    /// Address of the mirroring endpoint on the lab's network: an IP or a DNS name.
    pub host: String,
    pub collation: String,
    /// Startup trace flags (1800, 9567, …).
    pub trace_flags: Vec<i32>,
    pub hadr_enabled: bool,
    /// Windows, or Linux.
    pub linux: bool,
    pub installed: Installed,
}

/// How it was installed, where that is out of the ordinary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Installed {
    /// A failover cluster instance.
    pub clustered: bool,
    /// Name of the machine now, if it was renamed after the installation: `@@SERVERNAME` keeps the old one.
    pub machine: Option<String>,
    /// The operating system as `@@VERSION` tells it, if it is another than usual.
    pub system: Option<String>,
    /// A logical server of Azure SQL Database: a session stays in the database it logged in to.
    pub logical: bool,
}

#[derive(Debug, Clone)]
pub enum InstanceKind {
    SqlServer {
        /// Four-part build, e.g. `15.0.4312.2`.
        version: String,
        /// `Enterprise Edition (64-bit)` …
        edition: String,
        /// `CU20`, NULL on RTM
        update_level: Option<String>,
        update_reference: Option<String>,
    },
    Managed {
        /// ARM `databaseFormat`: SQLServer2022, SQLServer2025, AlwaysUpToDate.
        database_format: String,
        /// GeneralPurpose, BusinessCritical.
        tier: String,
        next_gen: bool,
        vcores: u32,
        storage_gb: u32,
        /// Short name: first label of the FQDN.
        name: String,
    },
}

impl InstanceConfig {
    /// Major version of the engine: 13 … 17 (a managed instance counts by its format).
    pub fn major(&self) -> u32 {
        match &self.kind {
            InstanceKind::SqlServer { version, .. } => {
                version.split('.').next().and_then(|v| v.parse().ok()).unwrap_or(16)
            }
            InstanceKind::Managed { database_format, .. } => match database_format.as_str() {
                "SQLServer2022" => 16,
                _ => 17,
            },
        }
    }
    pub fn is_managed(&self) -> bool {
        matches!(self.kind, InstanceKind::Managed { .. })
    }
    /// A logical server of Azure SQL Database.
    pub fn is_logical(&self) -> bool {
        self.installed.logical
    }
    /// True if `version >= (major, minor, build, revision)` for SQL Server; always true for a managed instance.
    pub fn at_least(&self, build: (u32, u32, u32, u32)) -> bool {
        match &self.kind {
            InstanceKind::SqlServer { version, .. } => {
                let mut p = version.split('.').map(|v| v.parse().unwrap_or(0));
                let v = (p.next().unwrap_or(0), p.next().unwrap_or(0), p.next().unwrap_or(0), p.next().unwrap_or(0));
                v >= build
            }
            InstanceKind::Managed { .. } => true,
        }
    }
}

/// A running instance.
pub struct Instance {
    pub config: InstanceConfig,
    state: Mutex<InstanceState>,
    /// Bumped on every change that somebody may wait for (commit, hadr, sessions).
    pub changed: Changes,
    pub network: Arc<Network>,
    /// Cancelled at shutdown of the lab or "restart" of the instance.
    pub shutdown: tokio_util::sync::CancellationToken,
    /// Wall time at tokio instant `epoch`: lab time follows tokio's clock, so a paused clock is honoured.
    pub clock: LabClock,
    pub wall: Wall,
}

/// Everything that changes on an instance.
pub struct InstanceState {
    /// By lower-case name; master, tempdb, model, msdb included (ids 1 to 4).
    pub databases: BTreeMap<String, Database>,
    pub next_database_id: i32,
    pub security: SecurityState,
    pub sessions: SessionTable,
    pub hadr: HadrState,
    /// Agent, msdb rows, linked servers, credentials, configuration.
    pub server: super::server::ServerState,
    pub error_log: Vec<(OffsetDateTime, String)>,
    /// Global trace flags now on.
    pub trace_flags: std::collections::BTreeSet<i32>,
}

impl Instance {
    pub fn new(config: InstanceConfig, state: InstanceState, network: Arc<Network>, clock: LabClock) -> Arc<Self> {
        let changed = Changes::new();
        Arc::new(Self {
            config,
            state: Mutex::new(state),
            changed,
            network,
            shutdown: tokio_util::sync::CancellationToken::new(),
            clock,
            wall: Wall::default(),
        })
    }
    /// Runs `f` on the state. Never await inside, never call `with` inside.
    pub fn with<R>(&self, f: impl FnOnce(&mut InstanceState) -> R) -> R {
        let mut guard = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        f(&mut guard)
    }
    /// Wakes everybody who waits on `changed`.
    pub fn notify(&self) {
        self.changed.bump();
    }
    /// The same for what concerns only the databases of one local AG: the sessions of other groups sleep on.
    pub fn notify_group(&self, ag: Option<&str>) {
        self.changed.bump_topic(&ag.unwrap_or_default().to_lowercase());
    }
    pub fn log(&self, text: impl Into<String>) {
        let now = self.clock.now();
        self.with(|s| s.error_log.push((now, text.into())));
    }
}
