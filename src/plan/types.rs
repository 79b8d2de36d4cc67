//! The plan: a plain value, stored with the run, that `resume` continues.

use super::fog::FogPlan;
use super::objects::ObjectPlan;
use crate::journal::record::Line;
use crate::model::ids::LinkName;
use crate::model::ids::ResourceGroup;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use serde::Deserialize;
use serde::Serialize;

/// Version of the stored plan.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanKind {
    Create,
    Cutover,
    Delete,
    /// Server objects brought to a target.
    Objects,
    /// A failover group is made, changed, failed over or taken away.
    Fog,
    /// A failover and back, measured.
    Drill,
    /// Ports are tried from both ends.
    Probe,
}

impl PlanKind {
    pub fn as_str(self) -> &'static str {
        match self {
            PlanKind::Create => "create",
            PlanKind::Cutover => "cutover",
            PlanKind::Delete => "delete",
            PlanKind::Objects => "objects",
            PlanKind::Fog => "fog",
            PlanKind::Drill => "drill",
            PlanKind::Probe => "probe",
        }
    }
}

/// How the switch is made (facts: mi-link 8.2, 8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Synchronous, equal LSNs, then the link is deleted: that is the failover.
    OneWay,
    /// `ALTER AVAILABILITY GROUP … FAILOVER` on the primary; the link is kept.
    TwoWay,
}

/// Everything the steps of one link need to know; frozen when the plan is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPlan {
    pub name: LinkName,
    pub database: String,
    pub source: SiteId,
    pub target: SiteId,
    /// AG on SQL Server.
    pub group: String,
    /// AG on the managed instance, as the DAG knows it.
    pub instance_group: String,
    pub path: Path,
    /// `TCP://host:port` of the source's mirroring endpoint, as the managed instance reaches it.
    pub endpoint_url: String,
    pub mirroring_port: u16,
    /// FQDN of the managed instance.
    pub fqdn: String,
    pub resource_group: ResourceGroup,
    pub managed_instance: String,
    /// Endpoint certificate on the source.
    pub certificate: String,
    /// Build of the source, `15.0.4312.2`.
    pub source_build: String,
    /// When the link was last cut over, as the journal says; Unix time, milliseconds. Only a deletion asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_at_ms: Option<i64>,
}

/// A step as approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub id: StepId,
    pub site: SiteId,
    /// The link it belongs to; `None` for work that links share.
    pub link: Option<LinkName>,
    pub summary: String,
    pub undo: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crosses: Option<Line>,
    /// Statements and requests, secrets hidden.
    pub preview: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStage {
    pub name: String,
    pub steps: Vec<PlannedStep>,
}

/// Thresholds frozen with the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPolicy {
    pub budget_ms: u64,
    /// Equal and unchanged in so many reads …
    pub stability_samples: u32,
    /// … spread over so much time.
    pub stability_window_ms: u64,
    pub seeding_timeout_ms: u64,
    pub certificate_days: u32,
    /// Logins that stay allowed.
    pub allow_logins: Vec<String>,
    /// Most that the target may be behind when a cutover begins.
    #[serde(default = "ten_seconds")]
    pub lag_max_ms: u64,
    /// A write transaction that has been open for longer stands in the way: ending it rolls back about as long.
    #[serde(default = "one_minute")]
    pub transaction_max_ms: u64,
    #[serde(default = "two_minutes")]
    pub fence_timeout_ms: u64,
    #[serde(default = "five_minutes")]
    pub drain_timeout_ms: u64,
    #[serde(default = "fifteen_minutes")]
    pub switch_timeout_ms: u64,
    /// Points of the user's hooks that the plan calls: `before-fence`, …
    #[serde(default)]
    pub hooks: Vec<String>,
    #[serde(default)]
    pub reconcile: Vec<ReconcileRule>,
    /// The fence is tried by a login and a user of the run's own.
    #[serde(default)]
    pub canary: bool,
    /// Writes of milink's own measure, before anybody is shut, how long a commit takes to the target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heartbeat: bool,
    /// Somebody runs the statements in a tool of their own; milink shows them and looks at what came of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// Checks that somebody answers for, this once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<PlanWaiver>,
}

/// A check that is let pass, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWaiver {
    pub check: String,
    pub reason: String,
}

/// A scalar query of the user's that must agree on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileRule {
    pub name: String,
    pub query: String,
}

fn ten_seconds() -> u64 {
    10_000
}
fn one_minute() -> u64 {
    60_000
}
fn two_minutes() -> u64 {
    120_000
}
fn fifteen_minutes() -> u64 {
    900_000
}
fn five_minutes() -> u64 {
    300_000
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub format: u32,
    pub kind: PlanKind,
    pub links: Vec<LinkPlan>,
    /// What `objects sync` brings over; by the id of its step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectPlan>,
    /// The failover group it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fog: Option<FogPlan>,
    pub stages: Vec<PlannedStage>,
    pub policy: PlanPolicy,
}

impl Plan {
    pub fn steps(&self) -> impl Iterator<Item = &PlannedStep> {
        self.stages.iter().flat_map(|s| &s.steps)
    }
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }
}
