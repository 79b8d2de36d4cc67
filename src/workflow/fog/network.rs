//! One resource of a network, put by its id, and read back. A peering counts when both halves are connected.

use super::base::FogStep;
use super::base::only_reads;
use crate::arm::ArmChange;
use crate::arm::change::API_VERSION_NETWORK;
use crate::base::error::Error;
use crate::base::error::Kind;
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
use crate::plan::fog::PlannedNetwork;
use crate::plan::network::NetworkChange;
use async_trait::async_trait;
use std::time::Duration;

/// A rule or a subnet is there within seconds; a peering takes up to a few minutes.
const PUT_MAX: Duration = Duration::from_secs(15 * 60);

pub struct Put {
    pub step: FogStep,
    pub planned: PlannedNetwork,
}

impl Put {
    fn change(&self) -> ArmChange {
        ArmChange::PutNetwork { id: self.planned.change.id(), body: self.planned.change.body() }
    }
    async fn found(&self, cx: &Context) -> Result<Option<serde_json::Value>> {
        cx.effects.arm()?.resource(&self.planned.change.id(), API_VERSION_NETWORK).await
    }
    async fn is_done(&self, cx: &Context) -> Result<bool> {
        Ok(self.found(cx).await?.is_some_and(|f| self.planned.change.is_done(&f)))
    }
}

#[async_trait]
impl Step for Put {
    fn id(&self) -> &StepId {
        &self.step.id
    }
    fn site(&self) -> &SiteId {
        let plan = &self.step.plan;
        if self.planned.at_secondary { &plan.secondary.site } else { &plan.primary.site }
    }
    fn link(&self) -> Option<&LinkName> {
        None
    }
    fn summary(&self) -> String {
        self.planned.change.words()
    }
    fn preview(&self) -> Vec<String> {
        self.step.tools.request(&self.change())
    }
    fn undo_summary(&self) -> String {
        "nothing: it lets something pass, and takes nothing away; delete it in Azure".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.step.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let pending = cx.effects.pending(self.id()).is_some();
        Ok(match self.found(cx).await? {
            Some(found) if self.planned.change.is_done(&found) => Precheck::AlreadyDone("as wanted".to_owned()),
            _ if pending => Precheck::UnderWay,
            // A name that somebody uses for something else is theirs.
            Some(_) if !matches!(self.planned.change, NetworkChange::Delegation { .. }) => Precheck::Blocked {
                expected: format!("nothing called so, to {}", self.planned.change.words()),
                found: format!("{} with other settings", self.planned.change.id()),
                hint: "milink fog network plan, and rename or delete what is there".to_owned(),
            },
            _ => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if self.is_done(cx).await? {
            return Ok(Done::note("as wanted"));
        }
        cx.effects.arm_change_and_wait(&cx.clock, self.id(), self.site(), &self.change(), PUT_MAX).await?;
        cx.until("the change to show", PUT_MAX, Backoff::relaxed(), || async {
            Ok(self.is_done(cx).await?.then_some(()))
        })
        .await?;
        Ok(Done::note("as wanted, read back"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}

/// Both halves say `Connected`.
pub struct Connected(pub FogStep);

#[async_trait]
impl Step for Connected {
    super::base::fog_step!(primary);
    only_reads!(ready);

    fn summary(&self) -> String {
        "see both halves of the peering connected".to_owned()
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let halves = self.0.plan.network.iter().filter(|n| matches!(n.change, NetworkChange::Peering { .. }));
        for half in halves {
            let id = half.change.id();
            let wait = cx.until("the peering to be connected", PUT_MAX, Backoff::relaxed(), || async {
                let found = cx.effects.arm()?.resource(&id, API_VERSION_NETWORK).await?;
                let state = found.as_ref().and_then(|f| f["properties"]["peeringState"].as_str());
                cx.progress(&self.0.id, format!("{id} is {}", state.unwrap_or("not there")), None);
                Ok(state.is_some_and(|s| s.eq_ignore_ascii_case("Connected")).then_some(()))
            });
            wait.await.map_err(|e: Error| match e.kind() {
                Kind::TimedOut => e.hint("the other half: milink fog network plan"),
                _ => e,
            })?;
        }
        Ok(Done::note("Connected on both sides; a path that was set is not proven: milink fog create does that"))
    }
}
