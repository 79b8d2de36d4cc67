//! What a scenario file says. Unknown keys are errors; units stand last in each name.

use super::servers::LogicalServer;
use super::servers::ServiceLevel;
use crate::lab::arm::access::Lock;
use crate::lab::arm::fault::FaultRule;
use serde::Deserialize;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Key on the command line.
    pub name: String,
    /// One sentence for `lab scenarios`.
    pub summary: String,
    pub azure: Azure,
    #[serde(default, rename = "sql_server")]
    pub sql_servers: Vec<SqlServer>,
    #[serde(default, rename = "managed_instance")]
    pub managed_instances: Vec<ManagedInstance>,
    /// Logical servers of Azure SQL Database.
    #[serde(default, rename = "server")]
    pub servers: Vec<LogicalServer>,
    #[serde(default, rename = "failover_group")]
    pub failover_groups: Vec<FailoverGroup>,
    #[serde(default, rename = "database")]
    pub databases: Vec<Database>,
    #[serde(default, rename = "login")]
    pub logins: Vec<Login>,
    #[serde(default, rename = "job")]
    pub jobs: Vec<Job>,
    #[serde(default, rename = "linked_server")]
    pub linked_servers: Vec<LinkedServer>,
    /// Links that stand when the lab comes up.
    #[serde(default, rename = "linked")]
    pub linked: Vec<Linked>,
    #[serde(default, rename = "path")]
    pub paths: Vec<NetworkPath>,
    /// What the operator wants of a run.
    #[serde(default)]
    pub policy: Policy,
    /// Logins and jobs without which the application is not to be let in.
    #[serde(default)]
    pub required: Required,
    #[serde(default)]
    pub timing: Timing,
    #[serde(default)]
    pub workload: Workload,
    #[serde(default, rename = "fault")]
    pub faults: Vec<TimedFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    pub tenant: String,
    pub subscription: String,
    pub resource_group: String,
    /// `westeurope`: no blanks, lower case.
    pub region: String,
    #[serde(default, rename = "lock")]
    pub locks: Vec<Lock>,
}

/// A SQL Server instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlServer {
    /// Key in the estate (`sql-a`).
    pub id: String,
    /// `@@SERVERNAME`
    pub server_name: String,
    /// Address of the mirroring endpoint on the lab's network.
    pub host: String,
    /// Four-part build.
    pub version: String,
    /// `Enterprise Edition (64-bit)` …
    pub edition: String,
    #[serde(default)]
    pub update_level: Option<String>,
    #[serde(default)]
    pub update_reference: Option<String>,
    #[serde(default = "default_collation")]
    pub collation: String,
    #[serde(default)]
    pub linux: bool,
    /// A failover cluster instance.
    #[serde(default)]
    pub clustered: bool,
    /// Name of the machine, if it was renamed after the installation: `@@SERVERNAME` keeps the old one.
    #[serde(default)]
    pub machine_name: Option<String>,
    /// The operating system as `@@VERSION` tells it, if it is another than usual: `Windows 10 Pro 10.0 <X64>`.
    #[serde(default)]
    pub system: Option<String>,
    #[serde(default = "yes")]
    pub hadr_enabled: bool,
    /// Startup trace flags.
    #[serde(default)]
    pub trace_flags: Vec<i32>,
}

/// A managed instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedInstance {
    pub id: String,
    /// First label of the FQDN.
    pub name: String,
    /// Second label of the FQDN.
    pub dns_zone: String,
    /// GeneralPurpose, BusinessCritical.
    pub tier: String,
    #[serde(default)]
    pub next_gen: bool,
    pub vcores: u32,
    pub storage_gb: u32,
    /// SQLServer2022, SQLServer2025, AlwaysUpToDate.
    pub database_format: String,
    #[serde(default = "default_collation")]
    pub collation: String,
    /// Its own region and resource group, if not those of `[azure]`.
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub resource_group: Option<String>,
    /// Its own subscription, if not that of `[azure]`, and that subscription's tenant.
    #[serde(default)]
    pub subscription: Option<String>,
    #[serde(default)]
    pub tenant: Option<String>,
}

/// A group the operator wants; it does not exist at the start unless it [`stands`](Self::stands).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailoverGroup {
    pub name: String,
    /// `id`s of managed instances, or of logical servers.
    pub primary: String,
    pub secondary: String,
    /// Between logical servers: the databases that it takes.
    #[serde(default)]
    pub databases: Vec<String>,
    /// It is there, and whole, when the lab comes up.
    #[serde(default)]
    pub stands: bool,
}

impl ManagedInstance {
    /// `<name>.<dns zone>.database.windows.net`
    pub fn fqdn(&self) -> String {
        format!("{}.{}.database.windows.net", self.name, self.dns_zone)
    }
    /// ARM's sku name: tier and hardware.
    pub fn sku(&self) -> &'static str {
        if self.tier == "BusinessCritical" { "BC_Gen5" } else { "GP_Gen5" }
    }
}

/// A user database, at first on one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub name: String,
    /// `id` of the instance it starts on.
    pub instance: String,
    pub size_mib: u32,
    /// So many alike; more than one are called `name001`, `name002` …
    #[serde(default = "one")]
    pub count: u32,
    /// FULL, SIMPLE, BULK_LOGGED.
    #[serde(default = "default_recovery")]
    pub recovery_model: String,
    /// On a logical server: what it is bought as.
    #[serde(default)]
    pub service: Option<ServiceLevel>,
    /// A full backup was taken before the scenario starts.
    #[serde(default = "yes")]
    pub full_backup: bool,
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
}

/// Every database of a source is linked to a target, seeded and caught up, when the lab comes up: made by the statements and
/// the request that make a link, with a copy put in place as a seeding leaves it. From then on only log that travels counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linked {
    /// `id` of a SQL Server.
    pub source: String,
    /// `id` of a managed instance.
    pub target: String,
}

/// For the estate file's `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Longest outage, such as `15m`.
    pub budget: String,
    pub seeding_timeout: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self { budget: "5m".to_owned(), seeding_timeout: "15m".to_owned() }
    }
}

/// For the estate file's `[objects]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Required {
    pub logins: Vec<String>,
    pub jobs: Vec<String>,
}

/// An empty table of schema `dbo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Names of its columns, in order; none: a heap.
    #[serde(default)]
    pub primary_key: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    /// `int`, `bigint`, `bit`, `uniqueidentifier`, `datetime2`, `nvarchar(n)`, `varchar(n)`, `varbinary(n)`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub nullable: bool,
}

/// A SQL login, and the databases it has a user in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub instance: String,
    pub name: String,
    /// Generated per run unless given.
    #[serde(default)]
    pub password: Option<String>,
    /// 16 bytes, hex with `0x`; generated per run unless given.
    #[serde(default)]
    pub sid: Option<String>,
    /// `sysadmin` …
    #[serde(default)]
    pub server_roles: Vec<String>,
    /// Role of its user in every database of the instance (`db_owner` …); none: no user.
    #[serde(default)]
    pub database_role: Option<String>,
    /// The application logs in with it: writers and the sampler use it.
    #[serde(default)]
    pub application: bool,
    /// Carried over from this instance: same password, same SID.
    #[serde(default)]
    pub same_as: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub instance: String,
    pub name: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    pub owner: String,
    pub database: String,
    pub command: String,
    /// Runs every so many minutes; 0: no schedule.
    #[serde(default)]
    pub every_min: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedServer {
    pub instance: String,
    pub name: String,
    pub product: String,
    pub provider: String,
    pub data_source: String,
}

/// What lies between two instances, both ways alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPath {
    pub a: String,
    pub b: String,
    /// One way.
    #[serde(default)]
    pub latency_ms: f64,
    /// 0: unlimited.
    #[serde(default)]
    pub bandwidth_mib_per_s: f64,
}

/// How slow the estate is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Between hardening a block and redoing it.
    pub redo_delay_ms: u64,
    /// ARM's `Retry-After`; the service sends 15 (facts: arm-api 1.2).
    pub arm_retry_after_s: u32,
    /// A role change takes this long.
    pub failover_switch_ms: u64,
    /// How long issued tokens last.
    pub token_lifetime_s: u64,
    /// From becoming primary to the first automatic full backup on a managed instance.
    pub first_full_backup_ms: u64,
    /// A quiet mirroring connection says so this often.
    pub keepalive_ms: u64,
    /// Speed of an automatic full backup; 0: it takes no time.
    pub backup_mib_per_s: u64,
    /// While a large copy or a backup is under way, one second is so many seconds of the lab; 1: never.
    pub time_lapse: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            redo_delay_ms: 20,
            arm_retry_after_s: 1,
            failover_switch_ms: 400,
            token_lifetime_s: 3_600,
            first_full_backup_ms: 3_000,
            keepalive_ms: 2_000,
            backup_mib_per_s: 0,
            time_lapse: 1,
        }
    }
}

/// What the application does all day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workload {
    /// Per database.
    pub writers: u32,
    /// So many databases of each source have writers, the first ones; 0: all.
    pub busy_databases: u32,
    /// Between two transactions of one writer.
    pub think_ms: u64,
    /// After a failed connection or transaction.
    pub backoff_ms: u64,
    /// A connection attempt or a statement that takes longer is given up.
    pub timeout_ms: u64,
    /// Statements of each kind in one transaction, after the entry itself.
    pub updates: u32,
    pub selects: u32,
    /// The independent sampler tries every copy this often.
    pub sample_every_ms: u64,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            writers: 2,
            busy_databases: 0,
            think_ms: 40,
            backoff_ms: 150,
            timeout_ms: 5_000,
            updates: 1,
            selects: 1,
            sample_every_ms: 250,
        }
    }
}

/// Something that goes wrong at a time after the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedFault {
    pub at_s: f64,
    pub what: Fault,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// No packet passes between two instances.
    CutPath { a: String, b: String, for_s: f64 },
    /// The path has other properties for a while.
    SlowPath { a: String, b: String, latency_ms: f64, bandwidth_mib_per_s: f64, for_s: f64 },
    /// The instance stops and starts again.
    Restart { instance: String, down_s: f64 },
    /// The instance stops for good.
    Kill { instance: String },
    /// A secondary is made primary although the old primary lives: split brain.
    ForceFailover { instance: String, database: String },
    /// ARM misbehaves.
    Arm { rule: FaultRule },
    /// As `lab fault set SERVER KEY VALUE [DATABASE]`.
    Set {
        server: String,
        key: String,
        value: String,
        #[serde(default)]
        database: Option<String>,
    },
}
fn one() -> u32 {
    1
}
fn yes() -> bool {
    true
}
fn default_collation() -> String {
    "SQL_Latin1_General_CP1_CI_AS".to_owned()
}
fn default_recovery() -> String {
    "FULL".to_owned()
}
