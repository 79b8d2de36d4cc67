//! The application's own name is pointed at the target by the user's hook.

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::workflow::hooks;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Repoint(pub LinkStep);

#[async_trait]
impl Step for Repoint {
    link_step!(target);

    fn summary(&self) -> String {
        format!("point the application of {} at {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        self.0.tools.hooks.get("repoint").map(|h| h.command.join(" ")).into_iter().collect()
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.tools.hooks.contains_key("repoint") {
            Precheck::Ready
        } else {
            Precheck::Skip("no [application] repoint hook: point the application at the target yourself".to_owned())
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        hooks::run(cx, &self.0, "repoint").await?;
        Ok(Done::note(format!("pointed at {}", self.0.link.target)))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed on a server".to_owned())
    }
}
