//! The steps that take links away. Which copy goes depends on which end is primary.

use super::create::each;
use super::types::FORMAT;
use super::types::LinkPlan;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;

/// What is there of a link when it is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The source is primary: the copy on the managed instance goes with the link.
    SourcePrimary,
    /// Cut over, link kept: the old copy on the source is taken out of service.
    TargetPrimary,
    /// No link in Azure: only groups are left on the source.
    GroupsOnly,
}

/// Order: close the copy, unlink, make the copy harmless, let its logins in again.
pub fn build(links: Vec<(LinkPlan, Standing)>, policy: PlanPolicy) -> Plan {
    let mut stages: Vec<PlannedStage> = Vec::new();
    for (stage, kind, standings, at_target) in ORDER {
        let mine: Vec<_> = links.iter().filter(|(_, s)| standings.contains(s)).map(|(l, _)| l.clone()).collect();
        let mut planned = each(kind, &mine, |l| if at_target { &l.target } else { &l.source });
        stage.clone_into(&mut planned.name);
        stages.push(planned);
    }
    stages.retain(|s| !s.steps.is_empty());
    Plan {
        format: FORMAT,
        kind: PlanKind::Delete,
        links: links.into_iter().map(|(l, _)| l).collect(),
        objects: Vec::new(),
        fog: None,
        stages,
        policy,
    }
}

const SOURCE: &[Standing] = &[Standing::SourcePrimary];
const TARGET: &[Standing] = &[Standing::TargetPrimary];
const LINKED: &[Standing] = &[Standing::SourcePrimary, Standing::TargetPrimary];
const ALL: &[Standing] = &[Standing::SourcePrimary, Standing::TargetPrimary, Standing::GroupsOnly];
const STAYS: &[Standing] = &[Standing::SourcePrimary, Standing::GroupsOnly];

/// (stage, kind, where it applies, acts on the target)
const ORDER: [(&str, &str, &[Standing], bool); 11] = [
    ("gates", "delete.lease", ALL, false),
    ("gates", "delete.first_backup", TARGET, true),
    ("close", "delete.close_target", SOURCE, true),
    ("close", "delete.close_source", TARGET, false),
    ("unlink", "delete.unlink", LINKED, true),
    ("remove", "delete.drop_copy", SOURCE, true),
    ("remove", "delete.retire", TARGET, false),
    ("remove", "delete.groups", STAYS, false),
    ("open", "delete.open_target", SOURCE, true),
    ("open", "delete.open_source", TARGET, false),
    ("open", "delete.let_go", LINKED, false),
];
