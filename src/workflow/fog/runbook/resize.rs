//! One setting of one member, in place. The order of the two members is the plan's; the next waits until this one is at rest and
//! the group whole.

use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::arm::resource::instance::InstanceOperation;
use crate::arm::resource::instance::ManagedInstance;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::resize::InstanceSetting;
use crate::plan::fog::FogMember;
use crate::plan::fog_runbook::Resize;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::seed::is_whole;
use async_trait::async_trait;
use std::time::Duration;

/// Scaling moves data when the tier changes; the longest documented operations stay below this.
const RESIZE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Replication goes on by itself when the instance is back.
const SETTLE_MAX: Duration = Duration::from_secs(3600);

/// The setting as an instance has it now; `None`: Azure does not say.
pub fn current(instance: &ManagedInstance, like: &InstanceSetting) -> Option<InstanceSetting> {
    let p = &instance.properties;
    let number = |n: Option<i64>| u32::try_from(n?).ok();
    Some(match like {
        InstanceSetting::VCores(_) => InstanceSetting::VCores(number(p.v_cores)?),
        InstanceSetting::Storage(_) => InstanceSetting::Storage(number(p.storage_size_in_gb)?),
        InstanceSetting::Sku(_) => InstanceSetting::Sku(instance.sku.as_ref()?.name.clone()?),
        InstanceSetting::UpdatePolicy(_) => {
            InstanceSetting::UpdatePolicy(p.database_format.as_ref()?.as_str().to_owned())
        }
        InstanceSetting::NextGen(_) => InstanceSetting::NextGen(p.is_general_purpose_v2?),
        InstanceSetting::ZoneRedundant(_) => InstanceSetting::ZoneRedundant(p.zone_redundant?),
    })
}

pub struct ResizeMember {
    pub step: FogStep,
    pub at_secondary: bool,
    pub resize: Resize,
}

impl ResizeMember {
    fn member(&self) -> &FogMember {
        if self.at_secondary { &self.step.plan.secondary } else { &self.step.plan.primary }
    }
    fn instance(&self) -> InstanceRef {
        InstanceRef { resource_group: self.member().resource_group.clone(), name: self.member().instance.clone() }
    }
    fn change(&self) -> ArmChange {
        ArmChange::PatchInstance { instance: self.instance(), setting: self.resize.to.clone() }
    }
    async fn is_done(&self, cx: &Context) -> Result<bool> {
        let found = cx.effects.arm()?.instance(&self.instance()).await?;
        let now = current(&found, &self.resize.to);
        let rests = found.properties.provisioning_state.as_deref().is_none_or(|s| s.eq_ignore_ascii_case("Succeeded"));
        Ok(rests && now.is_some_and(|now| now.same(&self.resize.to)))
    }
    /// Busy with something, ours or another's.
    async fn busy(&self, cx: &Context) -> Result<Option<String>> {
        let all = cx.effects.arm()?.operations(&self.instance()).await?;
        let running = all.into_iter().find(InstanceOperation::is_running);
        Ok(running.map(|o| o.properties.operation_friendly_name.or(o.properties.operation).unwrap_or_default()))
    }
}

#[async_trait]
impl Step for ResizeMember {
    fn id(&self) -> &StepId {
        &self.step.id
    }
    fn site(&self) -> &SiteId {
        &self.member().site
    }
    fn link(&self) -> Option<&LinkName> {
        None
    }
    fn summary(&self) -> String {
        let role = if self.at_secondary { "secondary" } else { "primary" };
        let site = &self.member().site;
        let gap = match &self.resize.to {
            InstanceSetting::UpdatePolicy(_) if self.at_secondary => {
                "; until the primary has it too NO failover is possible, and it only goes forward"
            }
            InstanceSetting::UpdatePolicy(_) => "; its sessions are dropped once",
            _ => "; its sessions are dropped at the end",
        };
        format!("give {site}, the {role}, {}{gap}", self.resize.to.words())
    }
    fn preview(&self) -> Vec<String> {
        self.step.tools.request(&self.change())
    }
    fn undo_summary(&self) -> String {
        "nothing: the same command with the former value, in its own order".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        (self.at_secondary == self.resize.secondary_first).then_some(Line::L1)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.effects.pending(self.id()).is_some() {
            return Ok(Precheck::UnderWay);
        }
        if let Some(operation) = self.busy(cx).await? {
            return Ok(Precheck::Blocked {
                expected: format!("{} at rest", self.member().site),
                found: operation,
                hint: "milink fog resume once it has ended".to_owned(),
            });
        }
        if self.is_done(cx).await? {
            return Ok(Precheck::AlreadyDone(format!("{} already", self.resize.to.words())));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let site = &self.member().site;
        // What an earlier process asked for comes first: it is never asked for again.
        cx.effects.arm_wait(&cx.clock, self.id(), RESIZE_MAX).await?;
        if !self.is_done(cx).await? {
            cx.effects.arm_change_and_wait(&cx.clock, self.id(), site, &self.change(), RESIZE_MAX).await?;
        }
        cx.until(&format!("{site} to have {}", self.resize.to.words()), RESIZE_MAX, Backoff::relaxed(), || async {
            Ok((self.is_done(cx).await? && self.busy(cx).await?.is_none()).then_some(()))
        })
        .await?;
        cx.effects.forget_sessions(site);
        cx.until("the group to be whole again", SETTLE_MAX, Backoff::relaxed(), || async {
            Ok(is_whole(&self.step.look(cx).await).then_some(()))
        })
        .await
        .map_err(|e: Error| e.hint(format!("milink fog show {}, then milink fog resume", self.step.plan.group)))?;
        Ok(Done::note(format!("{site} has {}", self.resize.to.words())))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}
