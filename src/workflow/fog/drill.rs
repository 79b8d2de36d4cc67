//! A drill after its failover: measured, brought home, written down (facts: failover-groups 10.4, 10.5).

use super::base::FogStep;
use super::base::SENT;
use super::base::fog_step;
use super::base::only_reads;
use super::confirm;
use super::failover;
use super::failover::unix_ms;
use super::heartbeat;
use super::listeners;
use super::quiet;
use super::seed::caught_up;
use super::seed::is_whole;
use crate::arm::ArmChange;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::SiteId;
use crate::plan::fog::FogOp;
use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;

/// Resynchronising after a planned failover is short, but first full backups may hold it up.
const SETTLE_MAX: Duration = Duration::from_secs(30 * 60);
/// Evidence: the measured values of one way.
pub const MEASURED: &str = "measured";

/// One way of a drill. Unknown is null, never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Acknowledged writes that the new primary did not have.
    pub lost_writes: Option<u64>,
    /// Last acknowledged to first acknowledged write of one client, as the heartbeat saw it.
    pub write_outage_ms: Option<i64>,
    /// From the decision until …
    pub accepted_ms: Option<i64>,
    pub role_ms: Option<i64>,
    pub writable_ms: Option<i64>,
    pub listener_ms: Option<i64>,
}

/// Of a forced drill: databases without the marker that was on both sides before; `None`: it cannot be read now.
async fn lost_of_forced(step: &FogStep, cx: &Context, to: &SiteId) -> Result<Option<u64>> {
    let Some(marker) = cx.proven::<String>(&step.sibling("drill.quiet"), quiet::MARKER)? else { return Ok(None) };
    Ok(quiet::without(step, cx, to, &marker).await.ok().map(|missing| missing.len() as u64))
}

async fn measured(step: &FogStep, cx: &Context, [over, sure, names]: [&str; 3], to: &SiteId) -> Result<Measured> {
    let time = |kind: &str, name: &str| cx.proven::<i64>(&step.sibling(kind), name);
    let decided = time(over, failover::DECIDED)?;
    let since = |at: Option<i64>| Some(at? - decided?);
    let gap = step.tools.beats.gap_to(to);
    let lost_writes = match step.plan.op {
        FogOp::ForcedDrill => lost_of_forced(step, cx, to).await?,
        _ => gap.and_then(|g| g.lost),
    };
    Ok(Measured {
        lost_writes,
        write_outage_ms: gap.map(|g| g.first_ms - g.last_ms),
        accepted_ms: since(time(over, failover::ACCEPTED)?),
        role_ms: since(time(sure, confirm::ROLE)?),
        writable_ms: since(time(sure, confirm::WRITABLE)?),
        listener_ms: since(time(names, listeners::RESOLVED)?),
    })
}

fn said(m: &Measured) -> String {
    let ms = |v: Option<i64>| v.map_or("unknown".to_owned(), |v| format!("{:.1} s", v as f64 / 1000.0));
    format!(
        "lost writes {}, write outage {}, listener after {}",
        m.lost_writes.map_or("unknown".to_owned(), |n| n.to_string()),
        ms(m.write_outage_ms),
        ms(m.listener_ms)
    )
}

pub struct Measure(pub FogStep);

/// How long the first write on the new side may take to show.
const FIRST_WRITE_MAX: Duration = Duration::from_secs(60);

/// Waits for the heartbeat on the new primary. A drill that another process took up again may have no beats: then what they
/// would tell is unknown, and says so.
async fn first_write(step: &FogStep, cx: &Context, to: &SiteId) {
    if step.tools.beats.acknowledged() == 0 {
        return;
    }
    let seen = cx.until("the heartbeat on the new primary", FIRST_WRITE_MAX, Backoff::relaxed(), || async {
        Ok(step.tools.beats.gap_to(to).map(|_| ()))
    });
    if let Err(e) = seen.await {
        cx.progress(&step.id, e.chain(), None);
    }
}

#[async_trait]
impl Step for Measure {
    fog_step!(secondary);
    only_reads!(ready);
    fn summary(&self) -> String {
        "measure what was lost and how long nobody could write".to_owned()
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let to = &self.0.plan.secondary.site;
        first_write(&self.0, cx, to).await;
        let m = measured(&self.0, cx, ["fog.failover", "fog.confirm", "fog.listeners"], to).await?;
        cx.prove(&self.0.id, MEASURED, &m)?;
        Ok(Done::note(said(&m)))
    }
}

pub struct Settle(pub FogStep);

#[async_trait]
impl Step for Settle {
    fog_step!(secondary);
    only_reads!(ready);
    fn summary(&self) -> String {
        "wait until both sides and every database have caught up again".to_owned()
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        cx.until("both sides to catch up", SETTLE_MAX, Backoff::relaxed(), || async {
            let facts = self.0.look(cx).await;
            let (done, all) = caught_up(&facts);
            cx.progress(&self.0.id, format!("{done} of {all} caught up"), None);
            Ok(is_whole(&facts).then_some(()))
        })
        .await?;
        Ok(Done::note("CATCH_UP on both sides and in every database"))
    }
}

pub struct Failback(pub FogStep);

impl Failback {
    /// To the side that was primary before the drill.
    fn change(&self) -> ArmChange {
        ArmChange::FailoverGroup { at: self.0.at_primary(), forced: false }
    }

    async fn switched(&self, cx: &Context) -> Result<Option<()>> {
        let group = self.0.group(cx, &self.0.at_primary()).await?.ok_or_else(|| self.0.gone())?;
        Ok((group.is_primary() == Some(true)).then_some(()))
    }
}

#[async_trait]
impl Step for Failback {
    fog_step!(primary);
    fn summary(&self) -> String {
        format!("fail back, without loss, to {}", self.0.plan.primary.site)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.request(&self.change())
    }
    fn undo_summary(&self) -> String {
        "nothing: this is the way home".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match self.0.seen(cx, || self.switched(cx)).await? {
            Some(()) => Precheck::AlreadyDone(format!("{} is primary", self.0.plan.primary.site)),
            None if self.0.pending(cx) => Precheck::UnderWay,
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if !self.0.forgets() && self.switched(cx).await?.is_some() {
            return Ok(Done::note(format!("{} is primary", self.0.plan.primary.site)));
        }
        if !self.0.pending(cx) {
            cx.prove(&self.0.id, failover::DECIDED, &unix_ms(cx))?;
            cx.prove(&self.0.id, SENT, &true)?;
            cx.effects.arm_change(&self.0.id, &self.0.plan.primary.site, &self.change()).await?;
            cx.prove(&self.0.id, failover::ACCEPTED, &unix_ms(cx))?;
        }
        let limit = Duration::from_millis(self.0.policy.switch_timeout_ms);
        cx.effects.arm_wait(&cx.clock, &self.0.id, limit).await?;
        Ok(Done::note("the service says it is over"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}

pub struct Home(pub FogStep);

#[async_trait]
impl Step for Home {
    fog_step!(primary);
    only_reads!(ready);
    fn summary(&self) -> String {
        format!("see {} take writes again, behind its listener", self.0.plan.primary.site)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        confirm::roles(&self.0, cx, &plan.primary, &plan.secondary, true).await?;
        cx.until("the listeners to lead home", SETTLE_MAX, Backoff::relaxed(), || async {
            let found = listeners::land(&self.0, cx, &plan.primary, &plan.secondary).await;
            Ok(found.iter().all(|l| l.landing == crate::inventory::listener::Landing::Right).then_some(()))
        })
        .await?;
        cx.prove(&self.0.id, listeners::RESOLVED, &unix_ms(cx))?;
        first_write(&self.0, cx, &plan.primary.site).await;
        let m = measured(&self.0, cx, ["drill.failback", "drill.home", "drill.home"], &plan.primary.site).await?;
        cx.prove(&self.0.id, MEASURED, &m)?;
        Ok(Done::note(said(&m)))
    }
}

pub struct Report(pub FogStep);

#[async_trait]
impl Step for Report {
    fog_step!(primary);
    fn summary(&self) -> String {
        "stop the heartbeat, remove what it wrote, and see the group whole".to_owned()
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        heartbeat::stop(&self.0, cx).await?;
        cx.until("both sides to catch up", SETTLE_MAX, Backoff::relaxed(), || async {
            Ok(is_whole(&self.0.look(cx).await).then_some(()))
        })
        .await?;
        Ok(Done::note("home again, CATCH_UP on both sides"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}
