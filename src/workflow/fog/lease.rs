//! One actor a group: the lease is held on the side that is secondary, which answers even when the primary's region is lost.

use super::base::FogStep;
use super::base::fog_step;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::RunId;
use crate::sql::query::fence;
use crate::sql::query::lease;
use async_trait::async_trait;

pub struct Lease(pub FogStep);

#[async_trait]
impl Step for Lease {
    fog_step!(secondary);

    fn summary(&self) -> String {
        format!("take the lease of failover group {} on {}", self.0.plan.group, self.0.plan.secondary.site)
    }
    fn preview(&self) -> Vec<String> {
        let name = &self.0.plan.group;
        let take = lease::take(&lease::resource(name)).map(|s| s.rendered.shown);
        if self.0.is_of_servers() {
            return take.into_iter().collect();
        }
        let raise = fence::raise(&fence::name(name), 1, &RunId::from("[this run]")).map(|s| s.rendered.shown);
        take.into_iter().chain(raise).collect()
    }
    fn undo_summary(&self) -> String {
        "give the lease back".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    fn admits(&self) -> bool {
        true
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.effects.holds_lease(&self.0.plan.group) {
            return Ok(Precheck::AlreadyDone("held by this process".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let (name, site) = (&self.0.plan.group, &self.0.plan.secondary.site);
        // The `master` of a logical server stores nothing: there the lock's own session is the proof.
        if self.0.is_of_servers() {
            if cx.effects.take_plain_lease(&self.0.id, site, name).await? {
                return Ok(Done::note(format!("held on {site}")));
            }
            return Err(Error::refused(format!("the lease of failover group {name} is held by another run"))
                .hint("milink runs list; wait for that run to end"));
        }
        if let Some(taken) = cx.effects.take_lease(&self.0.id, site, name).await? {
            return Ok(Done::note(format!("held on {site}, fencing number {}", taken.number)));
        }
        let holder = cx.effects.read(site, lease::read(&lease::resource(name))).await?;
        let who = holder.first().map_or("somebody who let go just now".to_owned(), ToString::to_string);
        Err(Error::refused(format!("the lease of failover group {name} is held by {who}"))
            .hint("milink runs list; wait for that run to end"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        cx.effects.release_lease(&self.0.plan.group).await;
        Ok("released".to_owned())
    }
}
