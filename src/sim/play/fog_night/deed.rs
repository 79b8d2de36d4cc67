//! What somebody wants of a group in a night.

use crate::app::fog::FogOp;
use crate::app::fog::kinds;
use crate::app::fog_runbook::RunbookAsk;
use crate::base::error::Result;
use crate::lab::scenario::types::Scenario;
use crate::model::ids::SiteId;
use crate::model::resize::InstanceSetting;
use crate::sim::play::estate::small;
use crate::sim::play::estate::small_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    Create,
    Planned,
    Forced,
    Drill,
    ForcedDrill,
    Update,
    Delete,
    Protect,
    ChangeSecondary,
    ChangePrimary,
    Rename,
    Scale,
    Policy,
    /// The path between the subnets.
    Network,
    /// Of logical servers.
    ServersCreate,
    ServersPlanned,
    ServersForced,
    ServersPlannedFirst,
    ServersDrill,
    ServersDelete,
    /// A group that the service made in part gets what is missing.
    ServersRepair,
    /// Back to the first primary. Of no night: only beside another's deed.
    PlannedBack,
    ServersPlannedBack,
}

/// The name that a renamed group gets.
pub(super) const RENAMED: &str = "fog-journal";

impl Deed {
    pub const ALL: [Deed; 21] = [
        Deed::Create,
        Deed::Planned,
        Deed::Forced,
        Deed::Drill,
        Deed::ForcedDrill,
        Deed::Update,
        Deed::Delete,
        Deed::Protect,
        Deed::ChangeSecondary,
        Deed::ChangePrimary,
        Deed::Rename,
        Deed::Scale,
        Deed::Policy,
        Deed::Network,
        Deed::ServersCreate,
        Deed::ServersPlanned,
        Deed::ServersForced,
        Deed::ServersPlannedFirst,
        Deed::ServersDrill,
        Deed::ServersDelete,
        Deed::ServersRepair,
    ];

    pub fn op(self) -> FogOp {
        match self {
            Deed::Create | Deed::ServersCreate => FogOp::Create,
            Deed::Planned | Deed::ServersPlanned | Deed::PlannedBack | Deed::ServersPlannedBack => FogOp::Failover,
            Deed::Forced | Deed::ServersForced => FogOp::ForcedFailover,
            Deed::ServersPlannedFirst => FogOp::PlannedFirst,
            Deed::Drill | Deed::ServersDrill => FogOp::Drill,
            Deed::ForcedDrill => FogOp::ForcedDrill,
            Deed::Update | Deed::ServersRepair => FogOp::Update,
            Deed::Delete | Deed::ServersDelete => FogOp::Delete,
            Deed::Protect => FogOp::Protect,
            Deed::Network => FogOp::Network,
            Deed::ChangeSecondary | Deed::ChangePrimary | Deed::Rename | Deed::Scale | Deed::Policy => FogOp::Runbook,
        }
    }

    pub fn runbook(self) -> Option<RunbookAsk> {
        Some(match self {
            Deed::ChangeSecondary => RunbookAsk::ChangeSecondary(SiteId::from("mi-c")),
            Deed::ChangePrimary => RunbookAsk::ChangePrimary(SiteId::from("mi-c")),
            Deed::Rename => RunbookAsk::Rename(RENAMED.to_owned()),
            Deed::Scale => RunbookAsk::Resize(InstanceSetting::VCores(16), false),
            Deed::Policy => RunbookAsk::Resize(InstanceSetting::UpdatePolicy("AlwaysUpToDate".to_owned()), false),
            _ => return None,
        })
    }

    /// Between two logical servers.
    pub fn of_servers(self) -> bool {
        matches!(
            self,
            Deed::ServersCreate
                | Deed::ServersPlanned
                | Deed::ServersForced
                | Deed::ServersPlannedFirst
                | Deed::ServersDrill
                | Deed::ServersDelete
                | Deed::ServersRepair
                | Deed::ServersPlannedBack
        )
    }

    /// The group is there before.
    pub fn needs_group(self) -> bool {
        !matches!(self, Deed::Create | Deed::ServersCreate | Deed::Protect | Deed::Network)
    }

    /// By the call that may lose data.
    pub fn may_lose(self) -> bool {
        matches!(self, Deed::Forced | Deed::ServersForced | Deed::ServersPlannedFirst)
    }

    /// The secondary becomes primary, and stays it.
    pub fn promotes(self) -> bool {
        self.may_lose() || matches!(self, Deed::Planned | Deed::ServersPlanned)
    }

    /// Group, primary and secondary before the night.
    pub fn members(self) -> [&'static str; 3] {
        match self {
            Deed::Protect => ["fog-payments", "mi-we", "mi-ne"],
            Deed::ServersRepair => ["fog-archive", "srv-a", "srv-b"],
            _ if self.of_servers() => ["fog-shop", "srv-a", "srv-b"],
            _ => ["fog-ledger", "mi-a", "mi-b"],
        }
    }

    /// Group, primary and secondary once it is done; `None`: no group.
    pub fn done(self) -> Option<[&'static str; 3]> {
        let [group, primary, secondary] = self.members();
        Some(match self {
            Deed::Delete | Deed::ServersDelete | Deed::Network => return None,
            _ if self.promotes() => [group, secondary, primary],
            Deed::ChangeSecondary => [group, primary, "mi-c"],
            Deed::ChangePrimary => [group, "mi-c", secondary],
            Deed::Rename => [RENAMED, primary, secondary],
            _ => [group, primary, secondary],
        })
    }

    pub fn scenario(self) -> Result<Scenario> {
        let mut scenario = match self {
            Deed::Protect => small("payments-2tb", 1),
            Deed::ChangeSecondary | Deed::ChangePrimary => small("fog-three", 1),
            _ if self.of_servers() => small_of("sqldb-fog", None),
            _ => small("fog-ready", 1),
        }?;
        if !self.of_servers() {
            for group in &mut scenario.failover_groups {
                group.stands = self.needs_group();
            }
        }
        Ok(scenario)
    }

    /// Kinds of its steps, in their order.
    pub fn kinds(self) -> Vec<&'static str> {
        let all = match self.runbook() {
            Some(ask) => ask.kinds(),
            None => kinds(self.op(), self.of_servers()),
        };
        let mut once = Vec::new();
        for kind in all {
            if !once.contains(&kind) {
                once.push(kind);
            }
        }
        once
    }

    /// Every kind of step that a deed has, once.
    pub fn all_kinds() -> Vec<&'static str> {
        let mut kinds = Vec::new();
        for kind in Deed::ALL.into_iter().flat_map(Deed::kinds) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }
}
