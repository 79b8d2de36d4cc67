//! One actor a link: an application lock on the source, held by a session of its own as long as the run lives.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::lease;
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
        lease::take(&self.resource()).map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "give the lease back".to_owned()
    }
    /// It dies with the process, so a run that is taken up again takes it again.
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.effects.holds_lease(&self.resource()) {
            return Ok(Precheck::AlreadyDone("held by this run".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let granted = cx.effects.take_lease(&self.0.id, &link.source, &self.resource()).await?;
        if granted {
            return Ok(Done::note(format!("lease {} held on {}", self.resource(), link.source)));
        }
        let holder = cx.effects.read(&link.source, lease::read(&self.resource())).await?;
        let who = holder.first().map_or_else(
            || "somebody who let go just now".to_owned(),
            |h| {
                format!(
                    "session {} ({} on {}, {})",
                    h.session_id,
                    h.login.as_deref().unwrap_or("unknown login"),
                    h.host.as_deref().unwrap_or("unknown host"),
                    h.program.as_deref().unwrap_or("unknown program"),
                )
            },
        );
        Err(Error::refused(format!("the lease of link {} is held by {who}", link.name))
            .hint("milink cutover status; wait for that run to end, or abort it"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        cx.effects.release_lease(&self.resource()).await;
        Ok("released".to_owned())
    }
}
