//! One actor a link: an application lock on the source, held by a session of its own as long as the process lives, and a
//! fencing number that outlives it.

use super::claims;
use super::drain::TOKEN;
use super::token::FenceToken;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::RunId;
use crate::sql::query::fence;
use crate::sql::query::lease;
use crate::sql::query::marker;
use crate::workflow::held;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Lease(pub LinkStep);

impl Lease {
    fn resource(&self) -> String {
        lease::resource(self.0.link.name.as_str())
    }
}

#[async_trait]
impl Step for Lease {
    link_step!(source);

    fn summary(&self) -> String {
        format!("take the lease of link {} on {}", self.0.link.name, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        let take = lease::take(&self.resource()).map(|s| s.rendered.shown);
        // The number is the stored one plus one: 1 at the first time.
        let run = RunId::from("[this run]");
        let raise = fence::raise(&fence::name(self.0.link.name.as_str()), 1, &run).map(|s| s.rendered.shown);
        take.into_iter().chain(raise).collect()
    }
    fn undo_summary(&self) -> String {
        "give the lease back".to_owned()
    }
    /// It dies with the process, so a run that is taken up again takes it again.
    fn volatile(&self) -> bool {
        true
    }
    fn admits(&self) -> bool {
        true
    }
    async fn superseded(&self, cx: &Context) -> Result<Option<RunId>> {
        let Some(other) = held::superseded_by(cx, &self.0.id)? else { return Ok(None) };
        // One that was refused has taken nothing over: what is shut is still ours to open. Who takes over takes all.
        for site in [&self.0.link.source, &self.0.link.target] {
            if !claims::own(cx, site).await?.is_empty() {
                return Ok(None);
            }
        }
        // Where there was nobody to shut there is nothing to set apart. Who drained last has left its marker: as long as it is ours,
        // nobody else has come to a switch, and one of ours may be in effect.
        if cx.proven::<FenceToken>(&self.0.sibling("cutover.drain"), TOKEN)?.is_some() {
            let seen = cx.effects.read(&self.0.link.target, marker::read(&self.0.link.database)).await?;
            if seen.as_deref() == Some(cx.effects.run().as_str()) {
                return Ok(None);
            }
        }
        Ok(Some(other))
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.effects.holds_lease(self.0.link.name.as_str()) {
            return Ok(Precheck::AlreadyDone("held by this process".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        if let Some(number) = held::take(cx, &self.0.id, &link.source, link.name.as_str()).await? {
            return Ok(Done::note(format!(
                "lease {} held on {}, fencing number {number}",
                self.resource(),
                link.source
            )));
        }
        let refused = held::refused(cx, &link.source, link.name.as_str(), &format!("link {}", link.name)).await?;
        Err(refused.hint("milink cutover status; wait for that run to end, or abort it"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        cx.effects.release_lease(self.0.link.name.as_str()).await;
        Ok("released".to_owned())
    }
}
