//! The group goes: both names vanish at once, and what was the secondary takes writes from then on.

use super::base::FogStep;
use super::base::fog_step;
use super::failover::unix_ms;
use super::runbook::fence::BARS;
use crate::arm::ArmChange;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::model::claim::BarredLogin;
use async_trait::async_trait;
use std::time::Duration;

const DELETE_MAX: Duration = Duration::from_secs(30 * 60);

/// Evidence: when it was seen to be gone; Unix time, milliseconds.
pub const DELETED: &str = "deleted_ms";

pub struct Delete(pub FogStep);

impl Delete {
    fn change(&self) -> ArmChange {
        ArmChange::DeleteGroup { at: self.0.at_primary() }
    }
}

#[async_trait]
impl Step for Delete {
    fog_step!(primary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        if self.0.is_of_servers() {
            return format!("delete failover group {}: its names vanish, the databases stay replicated", plan.group);
        }
        let open = if self.0.is_act() { " [UNPROTECTED from here on, no listeners]" } else { "" };
        format!(
            "delete failover group {}: its names vanish, and the copies on {} take writes from then on{open}",
            plan.group, plan.secondary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.change())
    }
    fn undo_summary(&self) -> String {
        "nothing: the name is free for anybody, and a new group needs an empty secondary".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.0.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match (self.0.group(cx, &self.0.at_primary()).await?, cx.effects.pending(&self.0.id)) {
            (None, _) => Precheck::AlreadyDone("gone".to_owned()),
            (Some(_), Some(_)) => Precheck::UnderWay,
            (Some(_), None) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if self.0.forgets() || self.0.group(cx, &self.0.at_primary()).await?.is_none() {
            return Ok(Done::note("gone"));
        }
        let site = &self.0.plan.primary.site;
        cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, site, &self.change(), DELETE_MAX).await?;
        cx.until("the group to be gone", DELETE_MAX, Backoff::relaxed(), || async {
            Ok(self.0.group(cx, &self.0.at_primary()).await?.is_none().then_some(()))
        })
        .await?;
        cx.prove(&self.0.id, DELETED, &unix_ms(cx))?;
        let site = &self.0.plan.secondary.site;
        if cx.proven::<Vec<BarredLogin>>(&self.0.sibling("runbook.fence"), BARS)?.is_some() {
            return Ok(Done::note(format!(
                "gone; the databases on {site} take writes, and everybody is kept out there"
            )));
        }
        if self.0.is_of_servers() {
            return Ok(Done::note(format!(
                "gone; the databases stay geo-replicated to {site}, each by itself: stop the links where that is not wanted"
            )));
        }
        Ok(Done::note(format!("gone; the databases on {site} are independent and take writes: bar or drop them")))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("the group is still there".to_owned())
    }
}
