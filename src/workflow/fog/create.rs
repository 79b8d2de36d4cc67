//! The group is registered. It protects nothing before it has been seeded.

use super::base::FogStep;
use super::base::SENT;
use super::base::fog_step;
use super::base::is_partial;
use crate::arm::ArmChange;
use crate::arm::client::same_id;
use crate::arm::resource::failover_group::FailoverGroup;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use async_trait::async_trait;
use std::time::Duration;

/// Until an accepted group is seen at both of its addresses.
const REGISTER_MAX: Duration = Duration::from_secs(10 * 60);

/// Evidence: what the service answered when it left databases out.
pub const PARTIAL_ANSWER: &str = "partial";

pub struct Create(pub FogStep);

impl Create {
    fn put(&self) -> ArmChange {
        ArmChange::PutGroup { at: self.0.at_primary(), group: self.0.body() }
    }

    fn is_ours(&self, group: &FailoverGroup) -> bool {
        if self.0.is_of_servers() {
            return group.is_primary() == Some(true) && group.is_partner(&self.0.plan.secondary.id);
        }
        let pair = group.properties.managed_instance_pairs.first();
        let is = |id: Option<&String>, wanted: &str| id.is_some_and(|id| same_id(id, wanted));
        pair.is_some_and(|p| {
            is(p.primary_managed_instance_id.as_ref(), &self.0.plan.primary.id)
                && is(p.partner_managed_instance_id.as_ref(), &self.0.plan.secondary.id)
        })
    }
}

#[async_trait]
impl Step for Create {
    fog_step!(primary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        format!("create failover group {} from {} to {}", plan.group, plan.primary.site, plan.secondary.site)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.put())
    }
    fn undo_summary(&self) -> String {
        "nothing: once it is sent, the way is forward; `milink fog delete` abandons a creation".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.0.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let at = self.0.at_primary();
        let found = self.0.seen(cx, || self.0.group(cx, &at)).await?;
        Ok(match found {
            None if self.0.pending(cx) => Precheck::UnderWay,
            None => Precheck::Ready,
            Some(group) if self.is_ours(&group) => Precheck::AlreadyDone("registered".to_owned()),
            Some(_) => Precheck::Blocked {
                expected: format!("no other group called {}", self.0.plan.group),
                found: "one of other members".to_owned(),
                hint: "choose another name in the estate file".to_owned(),
            },
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let there =
            !self.0.forgets() && self.0.group(cx, &self.0.at_primary()).await?.is_some_and(|g| self.is_ours(&g));
        if !there && !self.0.pending(cx) {
            cx.prove(&self.0.id, SENT, &true)?;
            cx.effects.arm_change(&self.0.id, &self.0.plan.primary.site, &self.put()).await?;
        }
        cx.until("the group to be registered", REGISTER_MAX, Backoff::relaxed(), || async {
            if let Some(e) = cx.effects.arm_failed(&self.0.id).await? {
                if !is_partial(&e) {
                    return Err(e.with_kind(Kind::Refused));
                }
                // The group stands, some databases are not in it: the next step says which.
                cx.prove(&self.0.id, PARTIAL_ANSWER, &e.message())?;
            }
            Ok(self.0.group(cx, &self.0.at_primary()).await?.filter(|g| self.is_ours(g)).map(|_| ()))
        })
        .await?;
        let what = if self.0.is_of_servers() { "servers" } else { "instances" };
        Ok(Done::note(format!("registered on both {what}; not protected yet")))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        // Only called while the request was never accepted.
        Ok(match self.0.group(cx, &self.0.at_primary()).await? {
            None => "it was never made".to_owned(),
            Some(_) => format!("it is there; `milink fog delete {}` takes it away", self.0.plan.group),
        })
    }
}
