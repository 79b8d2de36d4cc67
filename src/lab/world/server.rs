//! What belongs to the server and to no database: Agent, msdb history, linked servers, credentials, configuration.

use super::lsn::Lsn;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// An Agent job.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: Uuid,
    pub name: String,
    pub enabled: bool,
    pub description: String,
    pub category_id: i32,
    pub owner_sid: Vec<u8>,
    pub start_step: i32,
    pub notify_email_operator: i32,
    pub notify_level_email: i32,
    pub created: OffsetDateTime,
    pub modified: OffsetDateTime,
    pub version: i32,
    pub steps: Vec<JobStep>,
    /// Ids of its schedules.
    pub schedules: Vec<i32>,
    /// How long a run takes in the lab.
    pub run_seconds: u32,
    /// Since when it runs.
    pub running: Option<OffsetDateTime>,
    pub last_run: Option<JobRun>,
}

/// A step of a job.
#[derive(Debug, Clone)]
pub struct JobStep {
    pub name: String,
    pub uid: Uuid,
    pub subsystem: String,
    pub command: String,
    pub database: Option<String>,
    pub on_success: u8,
    pub on_fail: u8,
    pub proxy_id: Option<i32>,
    /// `@flags`
    pub flags: i32,
    /// Output of the last run, where the flags keep it in the table.
    pub log: Option<(OffsetDateTime, String)>,
}

/// A finished run.
#[derive(Debug, Clone)]
pub struct JobRun {
    pub start: OffsetDateTime,
    pub end: OffsetDateTime,
    /// 0 failed, 1 succeeded, 3 cancelled.
    pub outcome: u8,
}

/// A schedule (`msdb.dbo.sysschedules`).
#[derive(Debug, Clone)]
pub struct Schedule {
    pub id: i32,
    pub uid: Uuid,
    pub name: String,
    pub owner_sid: Vec<u8>,
    pub enabled: bool,
    pub freq_type: i32,
    pub freq_interval: i32,
    pub freq_subday_type: i32,
    pub freq_subday_interval: i32,
    pub active_start_date: i32,
    pub active_start_time: i32,
    pub created: OffsetDateTime,
}

/// An operator of the Agent.
#[derive(Debug, Clone)]
pub struct Operator {
    pub id: i32,
    pub name: String,
    pub enabled: bool,
    pub email: Option<String>,
}

/// A linked server.
#[derive(Debug, Clone)]
pub struct LinkedServer {
    pub id: i32,
    pub name: String,
    pub product: String,
    pub provider: String,
    pub data_source: Option<String>,
    pub catalog: Option<String>,
    pub modified: OffsetDateTime,
    pub rpc_out: bool,
    pub data_access: bool,
    /// Local principal (0 everybody), self mapping, remote name.
    pub logins: Vec<(i32, bool, Option<String>)>,
}

/// A Windows account as the domain knows it; it may have a login of its own or not.
#[derive(Debug, Clone)]
pub struct DomainAccount {
    /// `CORP\ann`
    pub name: String,
    pub sid: Vec<u8>,
    /// Names of its groups, `CORP\Ledger Group`.
    pub groups: Vec<String>,
}

/// The endpoint of Service Broker.
#[derive(Debug, Clone)]
pub struct BrokerEndpoint {
    pub name: String,
    pub id: i32,
    /// Server principal.
    pub owner: i32,
    pub port: u16,
    /// 0 started, 1 stopped, 2 disabled.
    pub state: u8,
}

/// A server credential.
#[derive(Debug, Clone)]
pub struct Credential {
    pub id: i32,
    pub name: String,
    pub identity: String,
    pub created: OffsetDateTime,
    pub modified: OffsetDateTime,
}

/// A row of `msdb.dbo.backupset` and its media.
#[derive(Debug, Clone)]
pub struct BackupSet {
    pub id: i32,
    pub uuid: Uuid,
    pub database: String,
    /// `D`, `I`, `L`.
    pub kind: char,
    pub copy_only: bool,
    pub checksum: bool,
    pub name: Option<String>,
    pub user: String,
    pub start: OffsetDateTime,
    pub finish: OffsetDateTime,
    pub first_lsn: Lsn,
    pub last_lsn: Lsn,
    pub checkpoint_lsn: Lsn,
    pub database_backup_lsn: Lsn,
    pub size: u64,
    pub compressed_size: u64,
    pub recovery_model: String,
    pub device: String,
    /// 2 disk, 7 virtual device, 9 URL.
    pub device_type: u8,
    pub family_guid: Uuid,
    pub database_guid: Uuid,
    pub fork: Uuid,
    pub compatibility_level: u8,
    pub collation: String,
    pub database_created: OffsetDateTime,
}

/// An option of `sp_configure`.
#[derive(Debug, Clone)]
pub struct ConfigOption {
    pub id: i32,
    pub name: &'static str,
    pub min: i32,
    pub max: i32,
    pub value: i32,
    pub in_use: i32,
    pub dynamic: bool,
    pub advanced: bool,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct ServerState {
    pub started: OffsetDateTime,
    /// By lower-case name.
    pub jobs: BTreeMap<String, Job>,
    pub job_history: Vec<(Uuid, String, JobRun)>,
    pub schedules: BTreeMap<i32, Schedule>,
    pub operators: Vec<Operator>,
    /// By lower-case name; the instance itself is not in it.
    pub linked_servers: BTreeMap<String, LinkedServer>,
    /// By lower-case name.
    pub credentials: BTreeMap<String, Credential>,
    /// Names of alerts, of proxies of the Agent, and of profiles of Database Mail.
    pub alerts: Vec<String>,
    pub proxies: Vec<String>,
    pub mail_profiles: Vec<String>,
    /// Databases that ship their log from here.
    pub log_shipping: Vec<String>,
    /// What the server is told when it asks its domain.
    pub domain: Vec<DomainAccount>,
    pub broker: Option<BrokerEndpoint>,
    pub backups: Vec<BackupSet>,
    pub configuration: Vec<ConfigOption>,
    /// Physical processors a scenario gives the machine.
    pub cpu_count: i32,
    pub memory_kb: i64,
    /// `sp_addserver`'s local name, when it differs.
    pub agent_running: bool,
    /// Always On was turned off in the configuration of the service.
    pub hadr_disabled: bool,
    /// The region of a managed instance does not answer.
    pub region_down: bool,
    /// The service master key was regenerated then; `None`: never since the instance was made.
    pub service_key_changed: Option<OffsetDateTime>,
    /// A managed instance that was stopped in Azure.
    pub stopped: bool,
    /// A logical server of Azure SQL Database.
    pub logical: bool,
    /// Of a logical server: lower-case names of databases with a readable replica beside the primary (facts: failover-groups 4.4).
    pub read_scale: std::collections::BTreeSet<String>,
    /// `sp_multidb_milink`.
    pub multi_database_link: bool,
    /// Batches and write transactions since start, for the performance counters.
    pub batches: i64,
    pub transactions: BTreeMap<String, i64>,
    pub write_transactions: BTreeMap<String, i64>,
    pub log_bytes_flushed: BTreeMap<String, i64>,
}

/// `sp_configure` options the lab keeps: id, name, minimum, maximum, default, dynamic, advanced.
const OPTIONS: [(i32, &str, i32, i32, i32, bool, bool); 24] = [
    (101, "recovery interval (min)", 0, 32767, 0, true, true),
    (102, "allow updates", 0, 1, 0, true, false),
    (103, "user connections", 0, 32767, 0, false, true),
    (109, "fill factor (%)", 0, 100, 0, false, true),
    (115, "nested triggers", 0, 1, 1, true, false),
    (117, "remote access", 0, 1, 1, false, false),
    (400, "cross db ownership chaining", 0, 1, 0, true, false),
    (503, "max worker threads", 128, 65535, 0, true, true),
    (505, "network packet size (B)", 512, 32767, 4096, true, true),
    (518, "show advanced options", 0, 1, 0, true, false),
    (1519, "remote login timeout (s)", 0, i32::MAX, 10, true, false),
    (1520, "remote query timeout (s)", 0, i32::MAX, 600, true, false),
    (1535, "affinity mask", i32::MIN, i32::MAX, 0, true, true),
    (1538, "cost threshold for parallelism", 0, 32767, 5, true, true),
    (1539, "max degree of parallelism", 0, 32767, 0, true, true),
    (1543, "min server memory (MB)", 0, i32::MAX, 0, true, true),
    (1544, "max server memory (MB)", 128, i32::MAX, i32::MAX, true, true),
    (1562, "clr enabled", 0, 1, 0, true, false),
    (1576, "remote admin connections", 0, 1, 0, true, false),
    (1579, "backup compression default", 0, 1, 0, true, false),
    (1580, "filestream access level", 0, 2, 0, true, false),
    (16384, "Agent XPs", 0, 1, 1, true, true),
    (16390, "xp_cmdshell", 0, 1, 0, true, true),
    (16393, "contained database authentication", 0, 1, 0, true, false),
];

impl ServerState {
    /// A freshly installed server.
    pub fn new(now: OffsetDateTime) -> Self {
        let configuration = OPTIONS
            .into_iter()
            .map(|(id, name, min, max, value, dynamic, advanced)| ConfigOption {
                id,
                name,
                min,
                max,
                value,
                in_use: value,
                dynamic,
                advanced,
            })
            .collect();
        Self {
            started: now,
            jobs: BTreeMap::new(),
            job_history: Vec::new(),
            schedules: BTreeMap::new(),
            operators: Vec::new(),
            linked_servers: BTreeMap::new(),
            credentials: BTreeMap::new(),
            alerts: Vec::new(),
            proxies: Vec::new(),
            mail_profiles: Vec::new(),
            log_shipping: Vec::new(),
            domain: Vec::new(),
            broker: None,
            backups: Vec::new(),
            configuration,
            cpu_count: 8,
            memory_kb: 33_554_432,
            agent_running: true,
            hadr_disabled: false,
            region_down: false,
            service_key_changed: None,
            stopped: false,
            logical: false,
            read_scale: std::collections::BTreeSet::new(),
            multi_database_link: false,
            batches: 0,
            transactions: BTreeMap::new(),
            write_transactions: BTreeMap::new(),
            log_bytes_flushed: BTreeMap::new(),
        }
    }
    /// Value in use of an option.
    pub fn configured(&self, name: &str) -> i32 {
        self.configuration.iter().find(|o| o.name == name).map_or(0, |o| o.in_use)
    }
    /// Jobs whose run time is over come to their end. Called before anything reads or changes a job.
    pub fn settle_jobs(&mut self, now: OffsetDateTime) {
        for job in self.jobs.values_mut() {
            let Some(start) = job.running else { continue };
            let end = start + time::Duration::seconds(i64::from(job.run_seconds));
            if end <= now {
                job.running = None;
                let run = JobRun { start, end, outcome: 1 };
                job.last_run = Some(run.clone());
                self.job_history.push((job.id, job.name.clone(), run));
            }
        }
    }
}
