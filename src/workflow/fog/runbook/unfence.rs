//! The member that was shut is a secondary again: whoever could log in before may do so again, for a failover needs them.

use super::fence;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::geo;
use crate::workflow::cutover::claims;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use async_trait::async_trait;

pub struct Unfence(pub FogStep);

#[async_trait]
impl Step for Unfence {
    fog_step!(secondary);

    fn summary(&self) -> String {
        format!("let the logins of {} in again: it only reads now", self.0.plan.secondary.site)
    }
    fn preview(&self) -> Vec<String> {
        vec!["ALTER LOGIN [each noted login] ENABLE".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "nothing: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let plan = &self.0.plan;
        for database in &plan.databases {
            let (_, word) = cx.effects.read(&plan.secondary.site, geo::landed(database)).await?;
            if word.as_deref() != Some("READ_ONLY") {
                return Ok(Precheck::Blocked {
                    expected: format!("{database} read-only on {}", plan.secondary.site),
                    found: word.unwrap_or_else(|| "no such database, or not to be read".to_owned()),
                    hint: "milink fog show; then milink fog resume".to_owned(),
                });
            }
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let n = fence::lift(&self.0, cx, &self.0.sibling("runbook.fence")).await?;
        claims::give_back(cx, &self.0.id, &self.0.plan.secondary.site).await?;
        Ok(Done::note(format!("{} let in on {}", text::count(n, "login"), self.0.plan.secondary.site)))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}
