//! Policy, grace period, read-only endpoint, type of secondary: all that may change of a group.

use super::base::FogStep;
use super::base::fog_step;
use super::base::is_partial;
use super::create::PARTIAL_ANSWER;
use crate::arm::ArmChange;
use crate::arm::resource::failover_group::FailoverGroup;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::inventory::fog::view;
use crate::journal::record::Line;
use crate::plan::fog::FogSettings;
use async_trait::async_trait;
use std::time::Duration;

const UPDATE_MAX: Duration = Duration::from_secs(15 * 60);

pub struct Update(pub FogStep);

/// Does the group look as wanted? What it does not say is not taken for a yes.
pub fn is_as_wanted(group: &FailoverGroup, wanted: &FogSettings) -> bool {
    let v = view(group);
    let policy = if wanted.automatic_after_minutes.is_some() { "Automatic" } else { "Manual" };
    let kind = if wanted.standby { "Standby" } else { "Geo" };
    // Of logical servers the type is never told (facts: arm-api 7).
    let told = v.secondary_type.as_deref();
    v.policy.as_deref().is_some_and(|p| p.eq_ignore_ascii_case(policy))
        && v.grace_minutes == wanted.automatic_after_minutes
        && v.read_only_failover.unwrap_or(false) == wanted.read_only_failover
        && (told.is_none() && !group.properties.partner_servers.is_empty()
            || told.unwrap_or("Geo").eq_ignore_ascii_case(kind))
}

impl Update {
    fn put(&self) -> ArmChange {
        ArmChange::PutGroup { at: self.0.at_primary(), group: self.0.body() }
    }
    /// Of logical servers: exactly the databases of the plan.
    fn holds_all(&self, group: &FailoverGroup) -> bool {
        if !self.0.is_of_servers() {
            return true;
        }
        let fold = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(|n| n.to_lowercase()).collect();
            names.sort();
            names
        };
        fold(&group.database_names()) == fold(&self.0.plan.databases)
    }
    async fn done(&self, cx: &Context) -> Result<bool> {
        let group = self.0.group(cx, &self.0.at_primary()).await?.ok_or_else(|| self.0.gone())?;
        Ok(is_as_wanted(&group, &self.0.plan.settings) && self.holds_all(&group))
    }
}

#[async_trait]
impl Step for Update {
    fog_step!(primary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        if self.0.is_of_servers() {
            return format!(
                "put {} into failover group {}, with the settings wanted",
                plan.databases.join(", "),
                plan.group
            );
        }
        format!("update the settings of failover group {}", plan.group)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.put())
    }
    fn undo_summary(&self) -> String {
        "nothing: change the estate file back and update again".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.0.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match (self.done(cx).await?, cx.effects.pending(&self.0.id)) {
            (true, _) => Precheck::AlreadyDone("as wanted".to_owned()),
            (false, Some(_)) => Precheck::UnderWay,
            (false, None) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if self.done(cx).await? {
            return Ok(Done::note("as wanted"));
        }
        let site = &self.0.plan.primary.site;
        let limit = if self.0.is_of_servers() {
            Duration::from_millis(self.0.policy.seeding_timeout_ms).max(UPDATE_MAX)
        } else {
            UPDATE_MAX
        };
        if let Err(e) = cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, site, &self.put(), limit).await {
            if !is_partial(&e) {
                return Err(e);
            }
            cx.prove(&self.0.id, PARTIAL_ANSWER, &e.message())?;
            return Ok(Done::note("the service took only a part of the databases"));
        }
        cx.until("the settings to show", UPDATE_MAX, Backoff::relaxed(), || async {
            Ok(self.done(cx).await?.then_some(()))
        })
        .await?;
        Ok(Done::note("as wanted, read back"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("the settings never changed".to_owned())
    }
}
