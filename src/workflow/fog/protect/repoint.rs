//! The application leaves the address of the instance for the listener, by the user's own hook.

use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::hooks;
use async_trait::async_trait;

pub struct Repoint(pub FogStep);

#[async_trait]
impl Step for Repoint {
    fog_step!(primary);

    fn summary(&self) -> String {
        format!("point the application at {}", self.0.plan.read_write_listener)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.hooks.get(hooks::REPOINT).map(|h| h.command.join(" ")).into_iter().collect()
    }
    fn undo_summary(&self) -> String {
        "nothing: the instance answers by its own name as before".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.tools.hooks.contains_key(hooks::REPOINT) {
            Precheck::Ready
        } else {
            let listener = &self.0.plan.read_write_listener;
            Precheck::Skip(format!("no [application] repoint hook: point the application at {listener} yourself"))
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        for database in &plan.databases {
            hooks::to_listener(cx, &self.0, database).await?;
        }
        let n = text::count(plan.databases.len(), "database");
        Ok(Done::note(format!("{n} pointed at {}", plan.read_write_listener)))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed on a server".to_owned())
    }
}
