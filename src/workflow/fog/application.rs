//! The application tier: what else has to move with the databases is named, and whether somebody said that it is seen to. A group
//! moves databases only (facts: failover-groups 3.5, 10.7).

use super::base::FogStep;
use super::base::fog_step;
use super::base::only_reads;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use async_trait::async_trait;
use serde_json::json;

/// Evidence: the dependencies, and whether each is seen to.
pub const APPLICATION: &str = "application";

pub struct Application(pub FogStep);

#[async_trait]
impl Step for Application {
    fog_step!(secondary);
    only_reads!(ready);

    fn summary(&self) -> String {
        format!("application tier, by hand: {}", self.0.plan.dependencies.join(", "))
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        let told = json!({ "dependencies": plan.dependencies, "confirmed": plan.dependencies_seen_to });
        cx.prove(&self.0.id, APPLICATION, &told)?;
        let names = plan.dependencies.join(", ");
        Ok(Done::note(if plan.dependencies_seen_to {
            format!("somebody sees to {names}")
        } else {
            format!("NOT CONFIRMED: {names}")
        }))
    }
}
