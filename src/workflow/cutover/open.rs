//! L2: the application is let in on the target.

use super::bars;
use super::inside;
use super::jobs;
use super::snapshot::TARGET_BARS;
use super::snapshot::TARGET_JOBS;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::journal::record::Line;
use crate::model::claim::BarredLogin;
use crate::sql::query::job;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Open(pub LinkStep);

impl Open {
    fn bars(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        cx.proven(&self.0.sibling("cutover.snapshot"), TARGET_BARS)?
            .ok_or_else(|| Error::bug("the target was to be opened before its logins were noted"))
    }

    /// Nobody and nothing of the application is kept out any more.
    async fn is_open(&self, cx: &Context) -> Result<bool> {
        let bars = self.bars(cx)?;
        let link = &self.0.link;
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), TARGET_JOBS)?;
        let (found, jobs) = tokio::join!(
            cx.effects.read(&link.target, login::for_database(&link.database)),
            cx.effects.read(&link.target, job::list()),
        );
        let (found, jobs) = (found?, jobs?);
        let asleep = noted.iter().any(|n| jobs.iter().any(|j| j.job_id == n.job_id && !j.is_enabled));
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let shut = inside::any_shut(&found, &inside);
        Ok(!asleep && !shut && bars::still_barred(&found, &bars).is_empty())
    }
}

#[async_trait]
impl Step for Open {
    link_step!(target);

    fn crosses(&self) -> Option<Line> {
        Some(Line::L2)
    }
    fn summary(&self) -> String {
        format!("open {} to the application on {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        vec!["ALTER LOGIN [each noted login] ENABLE".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        // What is open already is left alone by `run`: a look of its own would only make the application wait.
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let bars = self.bars(cx)?;
        let inside = inside::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let noted = jobs::noted(cx, &self.0.sibling("cutover.snapshot"), TARGET_JOBS)?;
        let (id, site, database) = (&self.0.id, &self.0.link.target, self.0.link.database.as_str());
        let (n, users, woken) = if cx.effects.is_manual() {
            (
                bars::lift(cx, id, site, database, &bars).await?,
                inside::lift(cx, id, site, database, &inside).await?,
                jobs::wake(cx, id, site, &noted).await?,
            )
        } else {
            let (n, users, woken) = tokio::join!(
                bars::lift(cx, id, site, database, &bars),
                inside::lift(cx, id, site, database, &inside),
                jobs::wake(cx, id, site, &noted),
            );
            (n?, users?, woken?)
        };
        let jobs =
            if woken == 0 { String::new() } else { format!(", {} enabled", crate::base::text::count(woken, "job")) };
        let users =
            if users == 0 { String::new() } else { format!(" and {}", crate::base::text::count(users, "user")) };
        Ok(Done::note(format!("{}{users} let in{jobs}", crate::base::text::count(n, "login"))))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        // Without it, nobody would know of an application that stays shut out on both sides.
        if self.is_open(cx).await? {
            return Ok(());
        }
        Err(Error::refused(format!(
            "somebody who could get into {} before is still kept out on {}",
            self.0.link.database, self.0.link.target
        )))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone: the application may have written".to_owned())
    }
}
