//! The roles change. Sent to the side that is to become primary, and never twice.

use super::base::FogStep;
use super::base::SENT;
use super::base::fog_step;
use crate::arm::ArmChange;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::plan::fog::FogOp;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence: when the request was accepted; Unix time, milliseconds.
pub const ACCEPTED: &str = "accepted_ms";
pub const DECIDED: &str = "decided_ms";

pub struct Failover(pub FogStep);

impl Failover {
    fn change(&self) -> ArmChange {
        if self.0.plan.op == FogOp::PlannedFirst {
            return ArmChange::TryPlannedFirst { at: self.0.at_secondary() };
        }
        // A test may see the wrong call noticed.
        let forced = self.0.plan.op.is_forced() || self.0.tools.sabotage.iter().any(|s| s == "fog.failover.lossless");
        ArmChange::FailoverGroup { at: self.0.at_secondary(), forced }
    }

    /// The side that is to be primary says it is.
    async fn switched(&self, cx: &Context) -> Result<Option<()>> {
        let group = self.0.group(cx, &self.0.at_secondary()).await?.ok_or_else(|| self.0.gone())?;
        Ok((group.is_primary() == Some(true)).then_some(()))
    }
}

pub fn unix_ms(cx: &Context) -> i64 {
    (cx.clock.now().unix_timestamp_nanos() / 1_000_000) as i64
}

#[async_trait]
impl Step for Failover {
    fog_step!(secondary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        let how = match plan.op {
            FogOp::ForcedFailover => "force a failover WITH DATA LOSS of",
            FogOp::ForcedDrill => "force a failover, with nobody connected and nothing to lose, of",
            FogOp::PlannedFirst => "try a planned failover, and if it does not succeed force one WITH DATA LOSS, of",
            _ => {
                "fail over, without loss (replication is synchronous until the roles have switched, then asynchronous again),"
            }
        };
        format!("{how} {} from {} to {}", plan.group, plan.primary.site, plan.secondary.site)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.change())
    }
    fn undo_summary(&self) -> String {
        "a planned failover the other way, once both sides have caught up".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.0.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match self.0.seen(cx, || self.switched(cx)).await? {
            Some(()) => Precheck::AlreadyDone(format!("{} is primary", self.0.plan.secondary.site)),
            None if self.0.pending(cx) => Precheck::UnderWay,
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        // Asked once more after it was done: a second request would be refused.
        if !self.0.forgets() && self.switched(cx).await?.is_some() {
            return Ok(Done::note(format!("{} is primary", self.0.plan.secondary.site)));
        }
        if !self.0.pending(cx) {
            cx.prove(&self.0.id, DECIDED, &unix_ms(cx))?;
            cx.prove(&self.0.id, SENT, &true)?;
            cx.effects.arm_change(&self.0.id, &self.0.plan.secondary.site, &self.change()).await?;
            cx.prove(&self.0.id, ACCEPTED, &unix_ms(cx))?;
        }
        let limit = Duration::from_millis(self.0.policy.switch_timeout_ms);
        // Over or not: only the roles that are read back count.
        cx.effects.arm_wait(&cx.clock, &self.0.id, limit).await?;
        Ok(Done::note("the service says it is over"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        // Only called while the request was never accepted.
        Ok("the roles never changed".to_owned())
    }
}
