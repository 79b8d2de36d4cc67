//! The link is deleted in Azure. From here on there is no way back but a new link.

use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// A management operation of minutes at most.
const DELETE_MAX: Duration = Duration::from_secs(15 * 60);

pub struct Unlink(pub LinkStep);

impl Unlink {
    fn instance(&self) -> InstanceRef {
        InstanceRef { resource_group: self.0.link.resource_group.clone(), name: self.0.link.managed_instance.clone() }
    }
    fn deletion(&self) -> ArmChange {
        ArmChange::DeleteLink { instance: self.instance(), name: self.0.link.name.0.clone() }
    }
    async fn is_there(&self, cx: &Context) -> Result<bool> {
        Ok(cx.effects.arm()?.link(&self.instance(), self.0.link.name.as_str()).await?.is_some())
    }
}

#[async_trait]
impl Step for Unlink {
    link_step!(target);

    fn crosses(&self) -> Option<Line> {
        Some(Line::L1)
    }
    fn summary(&self) -> String {
        format!("delete link {} in Azure", self.0.link.name)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.deletion())
    }
    fn undo_summary(&self) -> String {
        "none: the link can only be created again, and is seeded again then".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match (self.is_there(cx).await?, cx.effects.pending(&self.0.id).is_some()) {
            (false, _) => Precheck::AlreadyDone("not there".to_owned()),
            (true, true) => Precheck::UnderWay,
            (true, false) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if cx.effects.pending(&self.0.id).is_none() {
            cx.effects.arm_change(&self.0.id, &self.0.link.target, &self.deletion()).await?;
        }
        if cx.effects.pending(&self.0.id).is_some() {
            cx.effects.arm_wait(&cx.clock, &self.0.id, DELETE_MAX).await?;
        }
        cx.until(&format!("link {} to be gone", self.0.link.name), DELETE_MAX, Backoff::relaxed(), || async {
            Ok((!self.is_there(cx).await?).then_some(()))
        })
        .await?;
        Ok(Done::note("deleted"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was deleted".to_owned())
    }
}
