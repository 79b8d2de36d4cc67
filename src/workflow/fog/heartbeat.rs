//! A client that writes a number several times a second, through the whole drill: what it saw is the measure.

use super::base::FogStep;
use super::base::fog_step;
use super::beats::Beat;
use super::failover::unix_ms;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::SiteId;
use crate::sql::query::geo;
use crate::sql::query::marker;
use async_trait::async_trait;
use std::time::Duration;

/// Between two beats: the resolution of what is measured.
const BEAT: Duration = Duration::from_millis(250);
/// A beat that takes longer is given up.
const BEAT_MAX: Duration = Duration::from_secs(3);
/// Beats before anything is switched.
const FIRST: usize = 4;
const GUARD: &str = "drill.heartbeat";

pub struct Heartbeat(pub FogStep);

fn number(text: &str) -> Option<u64> {
    text.strip_prefix("beat-")?.parse().ok()
}

/// Does not end: writes where it may, looks on the other side where it may not.
async fn beat(step: FogStep, cx: Context) {
    let plan = step.plan.clone();
    let mut sites = [plan.primary.site.clone(), plan.secondary.site.clone()];
    let mut n = 0;
    loop {
        n += 1;
        let done = within(BEAT_MAX, write(&step, &cx, &sites[0], n)).await;
        let acknowledged = matches!(done, Some(Ok(())));
        step.tools.beats.add(Beat { number: n, at_ms: unix_ms(&cx), site: sites[0].clone(), acknowledged });
        if !acknowledged && takes_writes(&step, &cx, &sites[1]).await {
            sites.swap(0, 1);
            let found = match plan.databases.first() {
                Some(d) => cx.effects.read(&step.door(&sites[0], d), marker::read(d)).await.ok().flatten(),
                None => None,
            };
            step.tools.beats.landed(&sites[0], found.as_deref().and_then(number));
            continue;
        }
        pause(BEAT).await;
    }
}

async fn write(step: &FogStep, cx: &Context, site: &SiteId, n: u64) -> Result<()> {
    for database in &step.plan.databases {
        let door = step.door(site, database);
        cx.effects.change(&step.id, &door, &marker::set(database, &format!("beat-{n}"))?).await?;
    }
    Ok(())
}

async fn takes_writes(step: &FogStep, cx: &Context, site: &SiteId) -> bool {
    cx.effects.forget_sessions(site);
    let Some(database) = step.plan.databases.first() else { return false };
    let look = within(BEAT_MAX, cx.effects.read(&step.door(site, database), geo::landed(database))).await;
    matches!(look, Some(Ok((_, Some(word)))) if word == "READ_WRITE")
}

#[async_trait]
impl Step for Heartbeat {
    fog_step!(primary);

    fn summary(&self) -> String {
        format!("write a number into every database of {} four times a second, to measure by", self.0.plan.group)
    }
    fn preview(&self) -> Vec<String> {
        let shown = |d: &String| marker::set(d, "beat-1").map(|s| s.rendered.shown);
        self.0.plan.databases.iter().filter_map(|d| shown(d).ok()).collect()
    }
    fn undo_summary(&self) -> String {
        "stop writing, and remove what was written".to_owned()
    }
    /// It dies with the process.
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        self.0.tools.beats.clear();
        let task = tokio::spawn(beat(self.0.clone(), cx.for_guard()));
        cx.guards.keep(GUARD, task);
        cx.until("the first beats", BEAT_MAX * 4, crate::base::retry::Backoff::relaxed(), || async {
            Ok((self.0.tools.beats.acknowledged() >= FIRST).then_some(()))
        })
        .await?;
        Ok(Done::note("writing; every acknowledgement is remembered"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        stop(&self.0, cx).await?;
        Ok("stopped and removed".to_owned())
    }
}

/// Ends the writing, and removes what was written where it can be.
pub(super) async fn stop(step: &FogStep, cx: &Context) -> Result<()> {
    cx.guards.end(GUARD);
    for database in &step.plan.databases {
        let door = step.door(&step.plan.primary.site, database);
        cx.effects.change(&step.id, &door, &marker::clear(database)?).await?;
    }
    Ok(())
}
