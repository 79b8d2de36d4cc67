//! What is known of an estate at one moment. Immutable; every front end is a function of it.

use super::aged::Aged;
use super::aged::Freshness;
use super::aged::When;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::database::Updateability;
use crate::model::group::AvailabilityMode;
use crate::model::group::Connected;
use crate::model::group::SyncHealth;
use crate::model::group::SyncState;
use crate::model::ids::SiteId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

/// The estate, as the collectors know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub at: OffsetDateTime,
    /// Grows with every snapshot of one monitor.
    pub cycle: u64,
    /// In the order of the estate file.
    pub links: Vec<LinkSnapshot>,
    /// Instances first, then Azure.
    pub collectors: Vec<CollectorSnapshot>,
    /// What this cycle saw, in one sentence.
    pub sentence: String,
}

impl Snapshot {
    pub fn link(&self, name: &str) -> Option<&LinkSnapshot> {
        self.links.iter().find(|l| l.name == name)
    }
}

/// What a collector reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectorKind {
    SqlServer,
    ManagedInstance,
    /// Azure Resource Manager, asked about one managed instance.
    Azure,
}

impl CollectorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            CollectorKind::SqlServer => "sql_server",
            CollectorKind::ManagedInstance => "managed_instance",
            CollectorKind::Azure => "azure",
        }
    }
}

/// How one collector does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CollectorSnapshot {
    pub kind: CollectorKind,
    pub site: SiteId,
    pub freshness: Freshness,
    /// Since its last success; none: it never had one.
    pub age_ms: Option<u64>,
    /// How long its last success took.
    pub took_ms: Option<u64>,
    /// Until it asks again.
    pub interval_ms: u64,
    pub successes: u64,
    pub failures: u64,
    /// Why it failed last; none: the last attempt went well.
    pub error: Option<String>,
}

/// Where a migration stands; `protected` needs a failover group and is never claimed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    None,
    Linked,
    CutOver,
    Unlinked,
    Protected,
}

impl Milestone {
    pub const ALL: [Milestone; 5] =
        [Milestone::None, Milestone::Linked, Milestone::CutOver, Milestone::Unlinked, Milestone::Protected];
    pub fn as_str(self) -> &'static str {
        match self {
            Milestone::None => "none",
            Milestone::Linked => "linked",
            Milestone::CutOver => "cut_over",
            Milestone::Unlinked => "unlinked",
            Milestone::Protected => "protected",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == word)
    }
}

/// A verdict over a link. `Unknown` is no pass: something needed for a judgement cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Healthy,
    /// Works, and needs somebody to look (lag, log filling, certificate near its end, seeding under way).
    Degraded,
    Unhealthy,
    Unknown,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [Verdict::Healthy, Verdict::Degraded, Verdict::Unhealthy, Verdict::Unknown];
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Healthy => "healthy",
            Verdict::Degraded => "degraded",
            Verdict::Unhealthy => "unhealthy",
            Verdict::Unknown => "unknown",
        }
    }
}

/// A verdict and what it rests on. Never better than the worst reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    pub verdict: Verdict,
    /// Of what it rests on. A verdict over what is not fresh is `Unknown`, unless fresh evidence is bad enough by itself.
    pub freshness: Freshness,
    /// Worst first; empty when healthy.
    pub reasons: Vec<String>,
}

/// One link: both ends and Azure joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkSnapshot {
    pub name: String,
    pub database: String,
    /// `migrate`, `two-way`, `read-offload`
    pub intent: String,
    pub source: EndSnapshot,
    pub target: EndSnapshot,
    pub azure: AzureSnapshot,
    pub health: Health,
    pub milestone: Aged<Milestone>,
    /// Copies in which an application login could commit now. At most one, always.
    pub writable_copies: Aged<u32>,
    /// The side that is primary of the distributed group; unknown when both or none say so.
    pub primary: Aged<Side>,
    /// Configured mode, from the primary.
    pub mode: Aged<AvailabilityMode>,
    /// Of the secondary, as the primary reports it (rows of a secondary show only itself).
    pub sync_state: Aged<SyncState>,
    pub sync_health: Aged<SyncHealth>,
    pub connected: Aged<Connected>,
    /// The inner none: no connection attempt has failed yet.
    pub last_connect_error: Aged<Option<ConnectError>>,
    /// Why data does not move; the inner none: it does.
    pub suspended: Aged<Option<String>>,
    pub flow: Flow,
    pub seeding: SeedingSnapshot,
    pub log: LogSnapshot,
    /// Newest full backup on the target that is not copy-only; the inner none: there is none yet.
    pub first_full_backup: Aged<Option<When>>,
    /// Failover group of the target, by the estate file; null: none.
    pub group: Option<String>,
    /// The inner none: it is not cut over.
    pub protection: Aged<Option<ProtectionSnapshot>>,
}

/// What stands behind a database that is cut over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectionSnapshot {
    /// The group holds a whole copy, and both listeners lead where they should. Null: unknown.
    pub holds: Option<bool>,
    /// Why not, or why it is unknown.
    pub why: Option<String>,
    /// When the roles changed, and nothing but backups began to protect it. Null: nobody wrote it down.
    pub unprotected_from: Option<When>,
    /// When a run proved the end of that. Null: it has not ended, or nobody wrote it down.
    pub protected_from: Option<When>,
    /// How long it has been, or was, unprotected. Null: not known.
    pub unprotected_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Source,
    Target,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
        }
    }
}

/// A failed attempt to reach the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectError {
    pub number: i32,
    pub text: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub at: Option<OffsetDateTime>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndSnapshot {
    pub site: SiteId,
    /// In the distributed group, as this side sees itself; the inner none: it is in none.
    pub role: Aged<Option<Role>>,
    /// The inner none: there is no such database.
    pub state: Aged<Option<DatabaseState>>,
    pub updateability: Aged<Updateability>,
    /// Could an application login commit here now?
    pub writable: Aged<bool>,
    /// End of the certificate of its mirroring endpoint.
    pub certificate_expires: Aged<When>,
}

/// What Azure says of the link; the inner none: it has no such link, or does not say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AzureSnapshot {
    pub exists: Aged<bool>,
    pub replica_state: Aged<Option<String>>,
    pub error: Aged<Option<String>>,
    /// 0 to 100
    pub seeding_percent: Aged<Option<f64>>,
    pub connected: Aged<Option<String>>,
    pub health: Aged<Option<String>>,
}

/// How the log moves from the primary to the secondary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// Bytes of log not sent yet (`log_send_queue_size`, primary's remote row).
    pub send_queue_bytes: Aged<u64>,
    /// Over the last active period: does not fall to 0 when idle.
    pub send_rate_bytes_per_s: Aged<u64>,
    /// Bytes of log hardened and not redone yet (secondary's own row, else the primary's remote row).
    pub redo_queue_bytes: Aged<u64>,
    pub redo_rate_bytes_per_s: Aged<u64>,
    /// Between the ends of the log on both sides: same column, like with like.
    pub lsn_gap: Aged<LsnGap>,
    /// `secondary_lag_seconds` of the primary, in ms. Not a recovery point.
    pub lag_ms: Aged<u64>,
    /// What a forced failover now could lose, from commit times; 0 when the secondary has the primary's last commit.
    pub rpo_ms: Aged<u64>,
    /// Until both queues are empty at the present rates, if nothing more were written. An estimate.
    pub drain_ms: Aged<u64>,
    /// From a forced failover ordered now to an open copy: the redo that is left. An estimate, without the role change itself.
    pub rto_ms: Aged<u64>,
}

/// Log positions of one column of both sides, apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LsnGap {
    /// Virtual log files between; within one file the blocks tell.
    pub files: u64,
    /// Log blocks of 512 bytes, within one file; none across files.
    pub blocks: Option<u64>,
}

impl LsnGap {
    pub fn is_zero(&self) -> bool {
        self.files == 0 && self.blocks == Some(0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedingPhase {
    /// No row anywhere, and no copy on the target.
    NotStarted,
    Running,
    /// Runs, and has sent nothing for a while.
    Stalled,
    Failed,
    /// Proven by the target being online and its data moving, never by an empty view.
    Done,
}

impl SeedingPhase {
    pub fn as_str(self) -> &'static str {
        match self {
            SeedingPhase::NotStarted => "not_started",
            SeedingPhase::Running => "running",
            SeedingPhase::Stalled => "stalled",
            SeedingPhase::Failed => "failed",
            SeedingPhase::Done => "done",
        }
    }
}

/// Seeding, from the global primary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeedingSnapshot {
    pub phase: Aged<SeedingPhase>,
    /// 0 to 100; capped, for several rounds send more than the database holds.
    pub percent: Aged<f64>,
    pub transferred_bytes: Aged<u64>,
    pub database_bytes: Aged<u64>,
    /// As the server says.
    pub rate_bytes_per_s: Aged<u64>,
    /// Until done at that rate. Pessimistic: the stream is compressed.
    pub remaining_ms: Aged<u64>,
    /// Since this seeding began.
    pub running_ms: Aged<u64>,
    /// Times it began anew, as counted from the rows and the attempts they name.
    pub restarts: Aged<u32>,
    pub failure: Aged<Option<String>>,
}

/// The primary's log: at 100 % replication stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogSnapshot {
    pub used_ratio: Aged<f64>,
    pub size_bytes: Aged<u64>,
    pub reuse_wait: Aged<String>,
    /// At the growth seen in the history; none inside: it does not grow.
    pub days_to_full: Aged<Option<f64>>,
}
