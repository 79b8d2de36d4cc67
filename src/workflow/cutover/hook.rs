//! The user's executables at the fixed points of a cutover, as steps: journaled, with a veto.

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::workflow::hooks;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

/// A hook that is called on the way forward.
pub struct Hook(pub LinkStep, pub &'static str);

/// A hook that is called on the way back, after everything else was undone.
pub struct OnAbort(pub LinkStep);

fn command(step: &LinkStep, point: &str) -> Vec<String> {
    step.tools.hooks.get(point).map(|h| h.command.join(" ")).into_iter().collect()
}

fn gone(point: &str) -> Precheck {
    Precheck::Skip(format!("the estate file names no {point} hook any more"))
}

#[async_trait]
impl Step for Hook {
    link_step!(source);

    fn summary(&self) -> String {
        format!("call the {} hook for {}", self.1, self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        command(&self.0, self.1)
    }
    fn undo_summary(&self) -> String {
        "none: the on-abort hook is the place for that".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.tools.hooks.contains_key(self.1) { Precheck::Ready } else { gone(self.1) })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        hooks::run(cx, &self.0, self.1).await?;
        Ok(Done::note("said yes"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed on a server".to_owned())
    }
}

#[async_trait]
impl Step for OnAbort {
    link_step!(source);

    fn summary(&self) -> String {
        format!("hold the on-abort hook of {} ready", self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        format!("call the on-abort hook: {}", command(&self.0, "on-abort").join(""))
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.tools.hooks.contains_key("on-abort") { Precheck::Ready } else { gone("on-abort") })
    }
    async fn run(&self, _: &Context) -> Result<Done> {
        Ok(Done::note("called if the run goes back"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        hooks::run(cx, &self.0, "on-abort").await?;
        Ok("called".to_owned())
    }
}
