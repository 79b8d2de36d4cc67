//! The groups that were made for the link go from the source; its database stays in service.

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::group;
use crate::workflow::cutover::retire::groups_of;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Groups(pub LinkStep);

#[async_trait]
impl Step for Groups {
    link_step!(source);

    fn summary(&self) -> String {
        format!("drop the groups of link {} on {}", self.0.link.name, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        [group::drop(self.0.link.name.as_str()), group::drop(&self.0.link.group)]
            .into_iter()
            .flatten()
            .map(|s| s.rendered.shown.clone())
            .collect()
    }
    fn undo_summary(&self) -> String {
        "none: a new link makes them again".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(if groups_of(cx, &self.0.link).await?.is_empty() {
            Precheck::AlreadyDone("not there".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let found = groups_of(cx, &self.0.link).await?;
        for name in &found {
            cx.effects.change(&self.0.id, &self.0.link.source, &group::drop(name)?).await?;
        }
        Ok(Done::note(format!("dropped {}", found.join(", "))))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}
