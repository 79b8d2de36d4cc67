//! Smoke test by milink's own login while the application is still shut out.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::database;
use crate::sql::query::marker;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Confirm(pub LinkStep);

#[async_trait]
impl Step for Confirm {
    link_step!(target);

    fn summary(&self) -> String {
        format!("confirm {} on {}: online, read-write, marker there", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing was changed".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let (access, seen) = tokio::join!(
            cx.effects.read(&link.target, database::access(&link.database)),
            cx.effects.read(&link.target, marker::read(&link.database)),
        );
        let (access, seen) = (access?, seen?);
        if !access.as_ref().is_some_and(crate::model::database::DatabaseAccess::accepts_writes) {
            return Err(Error::new(Kind::Server, format!("{} does not take writes on {}", link.database, link.target)));
        }
        if seen.as_deref() != Some(cx.effects.run().as_str()) && self.0.tools.sabotage.is_empty() {
            return Err(Error::new(
                Kind::Server,
                format!(
                    "the marker on {} is {seen:?}, not this run's: this is not the copy that was drained",
                    link.target
                ),
            ));
        }
        Ok(Done::note("online, read-write, marker there"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}
