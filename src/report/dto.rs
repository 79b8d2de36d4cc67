//! The public JSON. Fields are added within a schema version, never renamed or removed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// Version of every object here.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Committed,
    RolledBack,
}

/// How far a migration has come (design: milestones).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    None,
    Linked,
    CutOver,
    Unlinked,
    Protected,
}

/// One part of the shortest outage that the estate allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FloorTerm {
    pub name: String,
    pub ms: u64,
}

/// Where an outage went, phase by phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutageSplit {
    pub fence_ms: u64,
    pub drain_ms: u64,
    pub switch_ms: u64,
    pub open_ms: u64,
}

/// How long the application of one link was kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkOutage {
    pub link: String,
    /// From the start of the fence to the end of the opening, as the run saw it: what the application saw is longer by its own
    /// reconnection. Null: never opened.
    pub barred_ms: Option<u64>,
    pub split: OutageSplit,
}

/// One database of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseReport {
    pub name: String,
    pub outcome: Outcome,
    pub milestone: Milestone,
    pub acknowledged_commits: u64,
    pub lost_commits: u64,
    pub ambiguous_commits: u64,
    /// Null: a copy could not be judged.
    pub max_writable_copies: Option<u32>,
    /// Last acknowledged to first acknowledged write of one client, on its own clock.
    pub write_outage_ms: u64,
    pub outage_floor_ms: u64,
    pub outage_floor_terms: Vec<FloorTerm>,
    pub size_bytes: u64,
    pub seeding_ms: u64,
    pub commits_before: u64,
    pub commits_during: u64,
    pub commits_after: u64,
    pub outage: OutageSplit,
}

/// A milestone of a demonstration, and when it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reached {
    pub milestone: Milestone,
    /// Lab time, RFC 3339.
    pub at: String,
    /// From the start of the demonstration, in lab time.
    pub after_ms: u64,
}

/// What was found before a cutover, and mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaughtReport {
    /// The exit code that `cutover run` ends with.
    pub exit_code: u8,
    /// Why it was refused.
    pub refusal: String,
    /// Each check that stood in the way, and what it found.
    pub findings: Vec<String>,
    /// What `objects sync` brought over.
    pub mended: Vec<String>,
}

/// The way to the listener of a failover group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastMileReport {
    pub group: String,
    /// The name that the application connects by at the end.
    pub listener: String,
    pub commits_through_listener: u64,
    /// Lab time that the copying to the other region took.
    pub seeding_ms: u64,
    /// RFC 3339, lab time: from when until when nothing but backups protected the databases. Null: not known.
    pub unprotected_from: Option<String>,
    pub protected_from: Option<String>,
    pub unprotected_ms: Option<u64>,
    pub run_id: String,
}

/// The verdict of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DemoReport {
    pub schema_version: u32,
    pub scenario: String,
    pub outcome: Outcome,
    pub milestone: Milestone,
    pub acknowledged_commits: u64,
    pub lost_commits: u64,
    pub ambiguous_commits: u64,
    /// Null: a copy could not be judged.
    pub max_writable_copies: Option<u32>,
    pub write_outage_ms: u64,
    pub outage_floor_ms: u64,
    pub outage_floor_terms: Vec<FloorTerm>,
    pub databases: Vec<DatabaseReport>,
    pub run_id: String,
    /// Path of the journal.
    pub journal: String,
    #[serde(default)]
    pub milestones: Vec<Reached>,
    /// How long it took, in lab time and in the time of whoever watched.
    #[serde(default)]
    pub lab_ms: u64,
    #[serde(default)]
    pub wall_ms: u64,
    /// While large copies and backups were under way, one second was so many seconds of the lab. 1: it never ran faster.
    #[serde(default)]
    pub time_lapse: u32,
    /// What stood in the way of the cutover at first; null: nothing.
    #[serde(default)]
    pub caught: Option<CaughtReport>,
    /// Null: the scenario has no failover group.
    #[serde(default)]
    pub last_mile: Option<LastMileReport>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Not finished: running now, or waiting for `resume`.
    Open,
    Committed,
    RolledBack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepWord {
    NotStarted,
    Started,
    Done,
    AlreadyDone,
    Skipped,
    Failed,
    Undoing,
    Undone,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepLine {
    pub step: String,
    pub status: StepWord,
    pub attempts: u32,
    pub duration_ms: Option<u64>,
    pub note: String,
}

/// One run, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    pub schema_version: u32,
    pub run_id: String,
    pub kind: String,
    pub status: RunStatus,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Of the last record.
    pub last_at: String,
    pub host: String,
    pub user: String,
    /// Version of milink that started it.
    pub version: String,
    pub resumes: u32,
    /// Lines crossed: `L1`, `L2`.
    pub lines: Vec<String>,
    /// Changes whose fate has not been read back.
    pub open_changes: usize,
    /// Before which step it waits, and at whose word; null: it is not held.
    pub held: Option<HeldLine>,
    /// How long it waited at somebody's word, without the hold that stands.
    pub held_ms: u64,
    pub records: usize,
    pub steps: Vec<StepLine>,
}

/// A hold that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldLine {
    /// Kind of the step that is next, such as `cutover.open`.
    pub before: String,
    pub by: String,
}

/// One link of the estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkLine {
    pub link: String,
    pub database: String,
    pub source: String,
    pub target: String,
    pub intent: String,
    /// Null: not known.
    pub milestone: Option<Milestone>,
    /// One word or sentence on how the link does.
    pub state: String,
    /// Null: not measured.
    pub lag_ms: Option<u64>,
    /// Null: a copy could not be judged.
    pub writable_copies: Option<u32>,
    /// RFC 3339: when the roles changed, and nothing but backups began to protect the database. Null: it is not cut over, or
    /// this journal does not know.
    #[serde(default)]
    pub unprotected_from: Option<String>,
    /// RFC 3339: when a failover group ended that. Null: it has not, or this journal does not know.
    #[serde(default)]
    pub protected_from: Option<String>,
}
