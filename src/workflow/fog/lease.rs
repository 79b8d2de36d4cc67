//! One actor a group. The lease is held on the side that is secondary, which answers even when the primary's region is lost; and,
//! where it answers, on the primary as well: after a change of roles that is where another run would take it.

use super::base::FogStep;
use super::base::fog_step;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::lease::lease_lost;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::plan::fog::FogOp;
use crate::sql::query::fence;
use crate::sql::query::lease;
use crate::workflow::cutover::claims;
use crate::workflow::held;
use async_trait::async_trait;

pub struct Lease(pub FogStep);

impl Lease {
    fn group(&self) -> &str {
        &self.0.plan.group
    }

    /// The primary may be what is lost: then the other side's lease alone counts.
    fn may_do_without(&self, e: &Error) -> bool {
        let of_outage = matches!(self.0.plan.op, FogOp::ForcedFailover | FogOp::PlannedFirst);
        of_outage && matches!(e.kind(), Kind::Unreachable | Kind::TimedOut)
    }

    /// On the primary; false: another run has it there.
    async fn beside(&self, cx: &Context) -> Result<bool> {
        let site = &self.0.plan.primary.site;
        let taken = if self.0.is_of_servers() {
            cx.effects.take_plain_lease_beside(&self.0.id, site, self.group()).await
        } else {
            cx.effects.take_lease_beside(&self.0.id, site, self.group()).await.map(|t| t.is_some())
        };
        match taken {
            Err(e) if self.may_do_without(&e) => {
                cx.progress(&self.0.id, format!("goes on without {site}: {}", e.chain()), None);
                Ok(true)
            }
            other => other,
        }
    }

    async fn refused(&self, cx: &Context, site: &SiteId) -> Error {
        let what = format!("failover group {}", self.group());
        let told = held::refused(cx, site, self.group(), &what).await;
        told.unwrap_or_else(|_| Error::refused(format!("the lease of {what} is held by another run")))
            .hint("milink runs list; wait for that run to end")
    }
}

#[async_trait]
impl Step for Lease {
    fog_step!(secondary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        format!("take the lease of failover group {} on {} and {}", plan.group, plan.secondary.site, plan.primary.site)
    }
    fn preview(&self) -> Vec<String> {
        let take = lease::take(&lease::resource(self.group())).map(|s| s.rendered.shown);
        if self.0.is_of_servers() {
            return take.into_iter().collect();
        }
        let raise = fence::raise(&fence::name(self.group()), 1, &RunId::from("[this run]")).map(|s| s.rendered.shown);
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
    async fn superseded(&self, cx: &Context) -> Result<Option<RunId>> {
        let Some(other) = held::superseded_by(cx, &self.0.id)? else { return Ok(None) };
        // What is shut in this run's name is still its own to open: another run is refused there.
        if self.0.plan.op == FogOp::Runbook {
            for site in [&self.0.plan.secondary.site, &self.0.plan.primary.site] {
                if !claims::own(cx, site).await?.is_empty() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(other))
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.effects.holds_lease(self.group()) {
            return Ok(Precheck::AlreadyDone("held by this process".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let (secondary, primary) = (&self.0.plan.secondary.site, &self.0.plan.primary.site);
        // The `master` of a logical server stores nothing: there the lock's own session is the proof.
        let note = if self.0.is_of_servers() {
            if !cx.effects.take_plain_lease(&self.0.id, secondary, self.group()).await? {
                return Err(self.refused(cx, secondary).await);
            }
            String::new()
        } else {
            match held::take(cx, &self.0.id, secondary, self.group()).await? {
                Some(number) => format!(", fencing number {number}"),
                None => return Err(self.refused(cx, secondary).await),
            }
        };
        if !self.beside(cx).await? {
            return Err(self.refused(cx, primary).await);
        }
        Ok(Done::note(format!("held on {secondary}{note}")))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        if let Some(heir) = held::heir(cx, &self.0.id)? {
            for site in [&self.0.plan.secondary.site, &self.0.plan.primary.site] {
                match cx.effects.name_lease(&self.0.id, site, self.group(), &heir).await {
                    Err(e) if lease_lost(&e) => return Err(e),
                    // Then a run of the heir is told that it was replaced, and ends: nothing is done wrong by it.
                    Ok(()) | Err(_) => {}
                }
            }
        }
        cx.effects.release_lease(self.group()).await;
        Ok("released".to_owned())
    }
}
