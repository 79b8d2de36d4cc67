//! Copies that the group cannot make by itself: zone redundancy is inherited, and the partner's region has no zones. Made as
//! geo-secondaries without it; the group then takes them as they are (facts: failover-groups 9.3).

use super::base::FogStep;
use super::base::fog_step;
use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::model::geo::Side;
use async_trait::async_trait;
use std::time::Duration;

pub struct Copies(pub FogStep);

impl Copies {
    fn put(&self, database: &str) -> ArmChange {
        let plan = &self.0.plan;
        ArmChange::PutSecondary {
            server: InstanceRef {
                resource_group: plan.secondary.resource_group.clone(),
                name: plan.secondary.instance.clone(),
            },
            database: database.to_owned(),
            location: plan.secondary.location.clone(),
            source: format!("{}/databases/{database}", plan.primary.id),
            zone_redundant: false,
        }
    }

    /// Databases whose copy does not follow yet; an answer that did not come is an error.
    async fn open(&self, cx: &Context) -> Result<Vec<String>> {
        let plan = &self.0.plan;
        let facts = self.0.look(cx).await;
        let pair = facts.servers.as_ref().ok_or_else(|| self.0.gone())?;
        if let Some(why) = pair.side(Side::A).replicas.why() {
            return Err(crate::base::error::Error::new(crate::base::error::Kind::Unreachable, why.to_owned()));
        }
        let follows = |d: &String| {
            let replica = pair.replica_to(Side::A, d, &plan.secondary.instance);
            replica.and_then(|r| r.state.as_deref()).is_some_and(|s| {
                s.chars().filter(|c| !"-_ ".contains(*c)).collect::<String>().eq_ignore_ascii_case("catchup")
            })
        };
        Ok(plan.copies_first.iter().filter(|d| !follows(d)).cloned().collect())
    }
    /// It is being made, or stands.
    async fn begun(&self, cx: &Context, database: &str) -> bool {
        let facts = self.0.look(cx).await;
        let instance = &self.0.plan.secondary.instance;
        facts.servers.as_ref().is_some_and(|p| p.replica_to(Side::A, database, instance).is_some())
    }
}

#[async_trait]
impl Step for Copies {
    fog_step!(secondary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        format!(
            "copy {} to {} by active geo-replication, WITHOUT zone redundancy there",
            plan.copies_first.join(", "),
            plan.secondary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        self.0.plan.copies_first.iter().flat_map(|d| self.0.tools.request(&self.put(d))).collect()
    }
    fn undo_summary(&self) -> String {
        "nothing: the copies follow by themselves; stop their replication links where they are not wanted".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        Some(Line::L1)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match (self.open(cx).await?.is_empty(), cx.effects.pending(&self.0.id)) {
            (true, _) => Precheck::AlreadyDone("every copy follows".to_owned()),
            (false, Some(_)) => Precheck::UnderWay,
            (false, None) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let limit = Duration::from_millis(self.0.policy.seeding_timeout_ms);
        let site = &self.0.plan.secondary.site;
        // What an earlier process began comes first: its request is never sent again.
        cx.effects.arm_wait(&cx.clock, &self.0.id, limit).await?;
        for database in self.open(cx).await? {
            if !self.begun(cx, &database).await {
                let change = self.put(&database);
                cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, site, &change, limit).await?;
            }
        }
        cx.until("every copy to follow", limit, Backoff::relaxed(), || async {
            Ok(self.open(cx).await?.is_empty().then_some(()))
        })
        .await?;
        Ok(Done::note(format!("{} follow, without zone redundancy", self.0.plan.copies_first.join(", "))))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("no copy was begun".to_owned())
    }
}
