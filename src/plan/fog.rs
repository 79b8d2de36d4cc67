//! What is done to a failover group, step by step.

use super::fog_runbook;
use super::fog_runbook::FogRunbook;
use super::network::NetworkChange;
use super::types::FORMAT;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;
use super::types::PlannedStep;
use crate::model::ids::LinkName;
use crate::model::ids::ResourceGroup;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use serde::Deserialize;
use serde::Serialize;

/// A member as the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FogMember {
    pub site: SiteId,
    pub resource_group: ResourceGroup,
    pub location: String,
    /// Short name in Azure.
    pub instance: String,
    /// Full resource id.
    pub id: String,
    pub fqdn: String,
    /// A logical server of Azure SQL Database.
    #[serde(default)]
    pub is_server: bool,
}

/// What the group is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FogSettings {
    /// `None`: customer managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_after_minutes: Option<u32>,
    pub read_only_failover: bool,
    pub standby: bool,
    /// What the estate asks of a failover; told beside what was measured. `None`: a plan of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<RecoveryTargets>,
}

/// How much may be lost, and how long until the application writes again; milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryTargets {
    pub rpo_ms: u64,
    pub rto_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FogOp {
    Create,
    /// The second half of a migration: from the last link to the listeners.
    Protect,
    Update,
    Failover,
    ForcedFailover,
    /// Of logical servers: planned, and where that does not succeed, forced.
    PlannedFirst,
    Delete,
    /// Over and back.
    Drill,
    /// The same with a forced failover, where nobody is connected, so that nothing is lost.
    ForcedDrill,
    /// Several of these, one after the other.
    Runbook,
    /// The path between the two subnets.
    Network,
}

impl FogOp {
    /// The roles change, and the secondary of the plan becomes primary.
    pub fn promotes(self) -> bool {
        matches!(self, Self::Failover | Self::ForcedFailover | Self::PlannedFirst | Self::Drill | Self::ForcedDrill)
    }
    /// By the call that may lose data.
    pub fn is_forced(self) -> bool {
        matches!(self, Self::ForcedFailover | Self::ForcedDrill)
    }
}

/// A link that brought a database to the primary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FogLink {
    pub name: LinkName,
    pub database: String,
    pub source: SiteId,
    /// When its roles changed, Unix time in milliseconds; `None`: not in this journal.
    pub switched_at_ms: Option<i64>,
}

/// One resource that is missing between the members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNetwork {
    /// On the secondary's side.
    pub at_secondary: bool,
    pub change: NetworkChange,
}

/// Everything the steps need to know; frozen when the plan is approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FogPlan {
    pub group: String,
    pub op: FogOp,
    /// Primary before the run.
    pub primary: FogMember,
    pub secondary: FogMember,
    pub settings: FogSettings,
    pub read_write_listener: String,
    pub read_only_listener: String,
    /// User databases of the primary; of logical servers, those of the group.
    pub databases: Vec<String>,
    /// Of logical servers: databases whose copies are made first, without zone redundancy, because the group cannot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies_first: Vec<String>,
    /// Links of the estate to the primary; of a protection only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<FogLink>,
    /// Of a runbook: what is done, act by act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<Box<FogRunbook>>,
    /// Of the path between the subnets: what is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<PlannedNetwork>,
    /// What the path between the regions carries, MB an hour, where somebody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mb_per_hour: Option<u64>,
    /// What else of the application has to move with the roles, in the user's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// Somebody said that these are seen to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dependencies_seen_to: bool,
    /// Ids of checks that somebody answers for.
    #[serde(default)]
    pub waived: Vec<String>,
}

impl FogPlan {
    pub fn gb_per_hour(&self) -> Option<f64> {
        self.mb_per_hour.map(|mb| mb as f64 / 1000.0)
    }
}

/// (stage, kind of step, at the secondary)
type Row = (&'static str, &'static str, bool);

const CREATE: &[Row] = &[
    ("gates", "fog.lease", true),
    ("gates", "fog.gate", false),
    ("create", "fog.create", false),
    ("seed", "fog.seed", false),
    ("listeners", "fog.listeners", false),
];
const PROTECT: &[Row] = &[
    ("gates", "fog.lease", true),
    ("unlinked", "protect.unlinked", false),
    ("backup", "protect.backup", false),
    ("secondary", "protect.secondary", true),
    ("gates", "fog.gate", false),
    ("create", "fog.create", false),
    ("seed", "fog.seed", false),
    ("listeners", "fog.listeners", false),
    ("repoint", "protect.repoint", false),
    ("milestone", "protect.milestone", false),
];
const UPDATE: &[Row] = &[("gates", "fog.lease", true), ("gates", "fog.gate", false), ("update", "fog.update", false)];
/// More databases for a group of logical servers: some copies may have to be made first.
const EXTEND: &[Row] = &[
    ("gates", "fog.lease", true),
    ("gates", "fog.gate", false),
    ("copies", "fog.copies", true),
    ("update", "fog.update", false),
    ("seed", "fog.seed", false),
    ("listeners", "fog.listeners", false),
];
/// Whoever is still on the old primary is told; after a forced failover too, as far as it answers.
const FAILOVER: &[Row] = &[
    ("gates", "fog.lease", true),
    ("gates", "fog.gate", true),
    ("failover", "fog.failover", true),
    ("confirm", "fog.confirm", true),
    ("listeners", "fog.listeners", true),
    ("stragglers", "fog.stragglers", true),
];
const DELETE: &[Row] = &[("gates", "fog.lease", true), ("gates", "fog.gate", false), ("delete", "fog.delete", false)];
const DRILL: &[Row] = &[
    ("gates", "fog.lease", true),
    ("gates", "fog.gate", true),
    ("heartbeat", "drill.heartbeat", false),
    ("failover", "fog.failover", true),
    ("confirm", "fog.confirm", true),
    ("listeners", "fog.listeners", true),
    ("measure", "drill.measure", true),
    ("stragglers", "fog.stragglers", true),
    ("settle", "drill.settle", true),
    ("failback", "drill.failback", false),
    ("home", "drill.home", false),
    ("report", "drill.report", false),
];
/// Whole again before anybody connects: that comes before it is measured (facts: failover-groups 10.6).
const FORCED_DRILL: &[Row] = &[
    ("gates", "fog.lease", true),
    ("gates", "fog.gate", true),
    ("quiet", "drill.quiet", false),
    ("failover", "fog.failover", true),
    ("confirm", "fog.confirm", true),
    ("settle", "drill.settle", true),
    ("listeners", "fog.listeners", true),
    ("measure", "drill.measure", true),
    ("failback", "drill.failback", false),
    ("home", "drill.home", false),
    ("report", "drill.report", false),
];

/// The site of a step.
pub(super) fn place(fog: &FogPlan, at_secondary: bool) -> SiteId {
    if at_secondary { fog.secondary.site.clone() } else { fog.primary.site.clone() }
}

/// A stage for each side, and one that sees them connected.
fn network(fog: &FogPlan) -> Vec<PlannedStage> {
    let step = |id: String, at_secondary: bool| PlannedStep {
        id: StepId::new(id),
        site: place(fog, at_secondary),
        link: None,
        summary: String::new(),
        undo: String::new(),
        crosses: None,
        preview: Vec::new(),
    };
    // One at a time: Azure refuses two changes of one network at once.
    let mut stages: Vec<PlannedStage> = (1..)
        .zip(&fog.network)
        .map(|(n, planned): (usize, _)| PlannedStage {
            name: format!("network {n}"),
            steps: vec![step(format!("network.put/{}#{n}", fog.group), planned.at_secondary)],
        })
        .collect();
    if fog.network.iter().any(|n| matches!(n.change, NetworkChange::Peering { .. })) {
        let steps = vec![step(format!("network.connected/{}", fog.group), false)];
        stages.push(PlannedStage { name: "connected".to_owned(), steps });
    }
    stages
}

/// What kind of run an operation is, and its steps.
fn table(op: FogOp, of_servers: bool) -> (PlanKind, &'static [Row]) {
    match op {
        FogOp::Create => (PlanKind::Fog, CREATE),
        FogOp::Update if of_servers => (PlanKind::Fog, EXTEND),
        FogOp::Protect => (PlanKind::Fog, PROTECT),
        FogOp::Update => (PlanKind::Fog, UPDATE),
        FogOp::Failover | FogOp::ForcedFailover | FogOp::PlannedFirst => (PlanKind::Fog, FAILOVER),
        FogOp::Runbook | FogOp::Network => (PlanKind::Fog, &[][..]),
        FogOp::Delete => (PlanKind::Fog, DELETE),
        FogOp::Drill => (PlanKind::Drill, DRILL),
        FogOp::ForcedDrill => (PlanKind::Drill, FORCED_DRILL),
    }
}

/// Kinds of the steps that an operation can take, in their order. Those of a runbook: [`fog_runbook::kinds`].
pub fn kinds(op: FogOp, of_servers: bool) -> Vec<&'static str> {
    if op == FogOp::Network {
        return vec!["network.put", "network.connected"];
    }
    table(op, of_servers).1.iter().map(|(_, kind, _)| *kind).collect()
}

pub fn build(fog: FogPlan, policy: PlanPolicy) -> Plan {
    let (kind, rows) = table(fog.op, fog.primary.is_server);
    let mut stages: Vec<PlannedStage> = Vec::new();
    // The group moves databases only: what else moves is a step of its own, so that nobody forgets it.
    let tier: &[Row] = &[("application", "fog.application", true)];
    let tier = if fog.op.promotes() && !fog.dependencies.is_empty() { tier } else { &[] };
    for (stage, kind, at_secondary) in rows.iter().chain(tier) {
        if *kind == "fog.copies" && fog.copies_first.is_empty() {
            continue;
        }
        let step = PlannedStep {
            id: StepId::new(format!("{kind}/{}", fog.group)),
            site: place(&fog, *at_secondary),
            link: None,
            summary: String::new(),
            undo: String::new(),
            crosses: None,
            preview: Vec::new(),
        };
        // The lease comes before everything else, so each gate is a stage of its own.
        let name = if *stage == "gates" { *kind } else { *stage };
        stages.push(PlannedStage { name: name.to_owned(), steps: vec![step] });
    }
    if fog.op == FogOp::Network {
        stages = network(&fog);
    }
    if let Some(book) = &fog.runbook {
        stages = fog_runbook::stages(&fog, book);
    }
    Plan { format: FORMAT, kind, links: Vec::new(), objects: Vec::new(), fog: Some(fog), stages, policy }
}
