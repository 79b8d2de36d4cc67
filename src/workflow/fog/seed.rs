//! Until every database has caught up, seen from both sides: only then is anything protected.

use super::base::FogStep;
use super::base::LEFT_OUT;
use super::base::fog_step;
use super::base::is_partial;
use super::create::PARTIAL_ANSWER;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::geo::GroupFacts;
use crate::plan::fog::FogOp;
use crate::rules::fog::seeding;
use crate::rules::fog::state::Standing;
use crate::rules::fog::state::standing;
use async_trait::async_trait;
use std::fmt::Write;
use std::time::Duration;

pub struct Seed(pub FogStep);

/// Databases that have caught up, and all.
pub fn caught_up(facts: &GroupFacts) -> (usize, usize) {
    let done = facts.databases.iter().filter(|d| {
        d.row.known().and_then(Option::as_ref).is_some_and(|r| {
            r.state.as_deref().is_some_and(|s| s.replace(['_', '-'], "").eq_ignore_ascii_case("catchup"))
        })
    });
    (done.count(), facts.databases.len())
}

pub fn is_whole(facts: &GroupFacts) -> bool {
    let (done, all) = caught_up(facts);
    matches!(standing(facts), Standing::InSync { .. }) && done == all
}

/// How long it should take, against when the service would cancel it; the view gives no percentage (facts:
/// failover-groups 5).
fn forecast(step: &FogStep, facts: &GroupFacts, so_far: Duration) -> String {
    let mut said = format!("; {} so far", text::duration(so_far));
    if let Some(bytes) = facts.bytes {
        let (least, most) = seeding::hours(bytes, step.plan.gb_per_hour());
        let _ = write!(said, " of {least:.1} to {most:.1} h for {}", text::bytes(bytes));
    }
    let limit = Duration::from_secs_f64(seeding::HOURS_MAX * 3600.0);
    let left = limit.saturating_sub(so_far);
    let _ = write!(said, ", cancelled in {}", text::duration(left));
    said
}

#[async_trait]
impl Step for Seed {
    fog_step!(primary);

    fn summary(&self) -> String {
        format!(
            "copy {} to {} and wait until every one has caught up",
            text::count(self.0.plan.databases.len(), "database"),
            self.0.plan.secondary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing: the copies stay with the group".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let facts = self.0.look(cx).await;
        if facts.missing().is_empty() && is_whole(&facts) {
            return Ok(Precheck::AlreadyDone("caught up on both sides".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let limit = Duration::from_millis(self.0.policy.seeding_timeout_ms);
        let from = cx.clock.monotonic();
        let creation = self.0.sibling(if self.0.plan.op == FogOp::Update { "fog.update" } else { "fog.create" });
        cx.until("every database to catch up", limit, Backoff::relaxed(), || async {
            if let Some(e) = cx.effects.arm_failed(&creation).await? {
                if !is_partial(&e) {
                    return Err(e.with_kind(Kind::Refused));
                }
                cx.prove(&creation, PARTIAL_ANSWER, &e.message())?;
            }
            let facts = self.0.look(cx).await;
            let stands = standing(&facts);
            if stands == Standing::None {
                return Err(Error::refused("the group is gone: its creation was cancelled or it was deleted")
                    .hint("copies may be left on the secondary: drop them, then create again"));
            }
            let (done, all) = caught_up(&facts);
            let fraction = if all == 0 { 0.0 } else { done as f64 / all as f64 };
            let so_far = cx.clock.monotonic().saturating_sub(from);
            let text =
                format!("{done} of {} caught up{}", text::count(all, "database"), forecast(&self.0, &facts, so_far));
            cx.progress(&self.0.id, text, Some(fraction));
            // A group of chosen databases is not whole before each is in it, unless the service said that it left some out.
            let all_in = facts.missing().is_empty() || cx.proven::<String>(&creation, PARTIAL_ANSWER)?.is_some();
            Ok((all_in && is_whole(&facts)).then_some(()))
        })
        .await?;
        let took = cx.clock.monotonic().saturating_sub(from);
        cx.prove(&self.0.id, "seconds", &took.as_secs())?;
        let found = self.0.look(cx).await;
        let bytes = found.bytes;
        let hours = bytes.map(|b| seeding::hours(b, self.0.plan.gb_per_hour()));
        cx.prove(
            &self.0.id,
            "seeding",
            &serde_json::json!({ "bytes": bytes, "ms": took.as_millis() as u64, "forecast_hours": hours }),
        )?;
        let left_out = found.missing();
        if !left_out.is_empty() {
            let why = cx.proven::<String>(&creation, PARTIAL_ANSWER)?.unwrap_or_default();
            cx.prove(&self.0.id, LEFT_OUT, &left_out)?;
            return Ok(Done::note(format!("PARTIAL: {} not in the group: {why}", left_out.join(", "))));
        }
        Ok(Done::note(format!("CATCH_UP on both sides and in every database after {}", text::duration(took))))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}
