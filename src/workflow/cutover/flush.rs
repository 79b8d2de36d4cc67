//! What would still move the log by itself is done beforehand, outside of the outage (facts: cutover-night 2.2).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::database;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Flush(pub LinkStep);

impl Flush {
    fn statements(&self) -> Result<[crate::sql::Statement; 3]> {
        let database = &self.0.link.database;
        Ok([database::flush_query_store(database)?, database::checkpoint(database)?, database::flush_log(database)?])
    }
}

#[async_trait]
impl Step for Flush {
    link_step!(source);

    fn summary(&self) -> String {
        format!("flush {}: Query Store, checkpoint, delayed commits", self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        self.statements().map(|all| all.iter().map(|s| s.rendered.shown.clone()).collect()).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "nothing to undo".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        for statement in self.statements()? {
            cx.effects.change(&self.0.id, &self.0.link.source, &statement).await?;
        }
        Ok(Done::note("flushed"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}
