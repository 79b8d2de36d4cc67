//! The target is fenced too: nobody may write there before smoke test and go (facts: cutover-night 1).

use super::bars;
use super::jobs;
use super::snapshot::TARGET_BARS;
use super::snapshot::TARGET_JOBS;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::sql::query::job;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct CloseTarget(pub LinkStep);

impl CloseTarget {
    fn bars(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        cx.proven(&self.0.sibling("cutover.snapshot"), TARGET_BARS)?
            .ok_or_else(|| Error::bug("the target was to be closed before its logins were noted"))
    }
}

#[async_trait]
impl Step for CloseTarget {
    link_step!(target);

    fn summary(&self) -> String {
        format!("close {} to the application on {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        vec![
            "EXEC msdb.dbo.sp_update_job [each noted job] @enabled = 0".to_owned(),
            "ALTER LOGIN [each noted login] DISABLE".to_owned(),
        ]
    }
    fn undo_summary(&self) -> String {
        "let the noted logins in again".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let bars = self.bars(cx)?;
        let link = &self.0.link;
        let (found, at_work) = tokio::join!(
            cx.effects.read(&link.target, login::for_database(&link.database)),
            cx.effects.read(&link.target, job::list()),
        );
        let quiet = jobs::at_work(&at_work?, &link.database).is_none();
        Ok(if quiet && bars::still_open(&found?, &bars).is_empty() {
            Precheck::AlreadyDone(format!("{} cannot get in", crate::base::text::count(bars.len(), "login")))
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let bars = self.bars(cx)?;
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), TARGET_JOBS)?;
        jobs::quiet(cx, &self.0.id, &self.0.link.target, &self.0.link.database, &noted).await?;
        bars::apply(cx, &self.0.id, &self.0.link.target, &self.0.link.database, &bars).await?;
        let found = cx.effects.read(&self.0.link.target, login::for_database(&self.0.link.database)).await?;
        let open = bars::still_open(&found, &bars);
        if let Some(first) = open.first() {
            return Err(Error::refused(format!("login `{}` can still get in on {}", first.name, self.0.link.target)));
        }
        Ok(Done::note(format!("{} barred", crate::base::text::count(bars.len(), "login"))))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let Ok(bars) = self.bars(cx) else { return Ok("nothing was barred".to_owned()) };
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), TARGET_JOBS)?;
        jobs::wake(cx, &self.0.id, &self.0.link.target, &noted).await?;
        let n = bars::lift(cx, &self.0.id, &self.0.link.target, &self.0.link.database, &bars).await?;
        Ok(format!("{} let in again", crate::base::text::count(n, "login")))
    }
}
