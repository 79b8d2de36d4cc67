//! Changes to a failover group that take more than one operation: a sequence of acts, each with its own pair, of one run
//! (facts: failover-groups 6).

use super::fog::FogOp;
use super::fog::FogPlan;
use super::fog::place;
use super::types::PlannedStage;
use super::types::PlannedStep;
use crate::model::ids::StepId;
use crate::model::resize::InstanceSetting;
use serde::Deserialize;
use serde::Serialize;

/// Which sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runbook {
    /// A to B becomes A to C.
    ChangeSecondary,
    /// A to B becomes C to B, with C primary.
    ChangePrimary,
    /// The same pair under another name.
    Rename,
    /// A setting of both members, in the order that never leaves the secondary the weaker one.
    Resize,
}

impl Runbook {
    pub fn word(self) -> &'static str {
        match self {
            Runbook::ChangeSecondary => "change-secondary",
            Runbook::ChangePrimary => "change-primary",
            Runbook::Rename => "rename",
            Runbook::Resize => "scale",
        }
    }
    /// The group is taken away and made again: for as long as it is copied, nothing but backups protects it.
    pub fn recreates(self) -> bool {
        self != Runbook::Resize
    }
}

/// A setting and the order in which both members get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resize {
    pub to: InstanceSetting,
    /// The secondary first: more, or a newer policy. Else the primary first.
    pub secondary_first: bool,
}

/// The acts of a run, in order. The plan that holds this one is the group as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FogRunbook {
    pub kind: Runbook,
    pub acts: Vec<FogPlan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize: Option<Resize>,
    /// How long the copying should take, hours: the least and the most. `None`: sizes were not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed_minutes: Option<(u64, u64)>,
}

/// (stage, kind of step, at the secondary, act; 0: the group as it was)
type Row = (&'static str, &'static str, bool, usize);

const HEAD: [Row; 2] = [("lease", "fog.lease", true, 0), ("gate", "runbook.gate", false, 0)];

/// Taken away, with the copy that is left behind shut first: without its group it takes writes.
const fn away(act: usize) -> [Row; 2] {
    [("fence", "runbook.fence", true, act), ("delete", "fog.delete", false, act)]
}
const fn made(act: usize) -> [Row; 4] {
    [
        ("fit", "fog.gate", false, act),
        ("create", "fog.create", false, act),
        ("seed", "fog.seed", false, act),
        ("listeners", "fog.listeners", false, act),
    ]
}
const fn over(act: usize) -> [Row; 5] {
    [
        ("ready", "fog.gate", true, act),
        ("failover", "fog.failover", true, act),
        ("confirm", "fog.confirm", true, act),
        ("listeners", "fog.listeners", true, act),
        ("settle", "drill.settle", true, act),
    ]
}

fn rows(runbook: Runbook, last: usize, secondary_first: bool) -> Vec<Row> {
    let mut rows = HEAD.to_vec();
    match runbook {
        Runbook::ChangeSecondary => {
            rows.extend(away(1));
            rows.extend(made(2));
        }
        Runbook::ChangePrimary => {
            rows.extend(over(1));
            rows.extend(away(2));
            rows.extend(made(3));
            rows.extend(over(4));
        }
        Runbook::Rename => {
            rows.extend(away(1));
            rows.push(("empty", "runbook.empty", true, 1));
            rows.extend(made(2));
            rows.push(("unfence", "runbook.unfence", true, 1));
            rows.push(("repoint", "protect.repoint", false, 2));
        }
        Runbook::Resize => {
            for at_secondary in [secondary_first, !secondary_first] {
                let kind = if at_secondary { "runbook.resize_secondary" } else { "runbook.resize_primary" };
                rows.push(("resize", kind, at_secondary, 1));
            }
        }
    }
    rows.push(("end", "runbook.end", false, last));
    rows
}

/// Number of the act that a step belongs to: what stands behind `#`.
pub fn act_of(id: &StepId) -> usize {
    id.as_str().rsplit_once('#').and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
}

/// Every stage; each step alone, for the order is the point.
pub(super) fn stages(fog: &FogPlan, book: &FogRunbook) -> Vec<PlannedStage> {
    let step = |(stage, kind, at_secondary, act): Row| {
        let own = act.checked_sub(1).and_then(|n| book.acts.get(n)).unwrap_or(fog);
        let mark = if act == 0 { String::new() } else { format!("#{act}") };
        let step = PlannedStep {
            id: StepId::new(format!("{kind}/{}{mark}", fog.group)),
            site: place(own, at_secondary),
            link: None,
            summary: String::new(),
            undo: String::new(),
            crosses: None,
            preview: Vec::new(),
        };
        let name = if book.acts.len() > 2 && act > 0 { format!("{stage} {act}") } else { stage.to_owned() };
        PlannedStage { name, steps: vec![step] }
    };
    let secondary_first = book.resize.as_ref().is_some_and(|r| r.secondary_first);
    rows(book.kind, book.acts.len(), secondary_first).into_iter().map(step).collect()
}

/// Kinds of the steps of a runbook, in their order, each once.
pub fn kinds(runbook: Runbook) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = Vec::new();
    for (_, kind, _, _) in rows(runbook, 1, true) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The acts of a kind: `now` is the group as it is, `next` as it is to be.
pub fn acts(kind: Runbook, now: &FogPlan, next: &FogPlan) -> Vec<FogPlan> {
    let with = |plan: &FogPlan, op: FogOp| FogPlan { op, runbook: None, ..plan.clone() };
    let turned = |plan: &FogPlan, op: FogOp| FogPlan {
        op,
        runbook: None,
        primary: plan.secondary.clone(),
        secondary: plan.primary.clone(),
        ..plan.clone()
    };
    match kind {
        Runbook::ChangeSecondary | Runbook::Rename => vec![with(now, FogOp::Delete), with(next, FogOp::Create)],
        Runbook::ChangePrimary => vec![
            with(now, FogOp::Failover),
            turned(now, FogOp::Delete),
            with(next, FogOp::Create),
            with(next, FogOp::Failover),
        ],
        Runbook::Resize => vec![with(now, FogOp::Update)],
    }
}
