//! Logins that were kept out of the old copy may serve other databases of the same server: they are put back as they were, once
//! the old copy refuses writes by itself.

use super::bars;
use super::broker;
use super::claims;
use super::snapshot::SOURCE_BARS;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::model::database::DatabaseAccess;
use crate::model::login::DatabaseLogins;
use crate::sql::query::database;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct ReleaseSource(pub LinkStep);

impl ReleaseSource {
    /// Those that are still kept out. The old copy may be a secondary that lets nobody look inside: the server's list will do.
    async fn barred(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        let bars: Vec<BarredLogin> = cx.proven(&self.0.sibling("cutover.snapshot"), SOURCE_BARS)?.unwrap_or_default();
        let source = &self.0.link.source;
        let (logins, bars) = tokio::join!(cx.effects.read(source, login::list()), claims::free(cx, source, bars));
        let (logins, bars) = (logins?, bars?);
        let found = DatabaseLogins { logins, ..DatabaseLogins::default() };
        Ok(bars::still_barred(&found, &bars).into_iter().cloned().collect())
    }
}

#[async_trait]
impl Step for ReleaseSource {
    link_step!(source);

    fn summary(&self) -> String {
        format!(
            "let the logins of {} in again on {}, for its other databases",
            self.0.link.database, self.0.link.source
        )
    }
    fn preview(&self) -> Vec<String> {
        vec!["ALTER LOGIN [each noted login] ENABLE".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let access = cx.effects.read(&link.source, database::access(&link.database)).await?;
        if access.as_ref().is_some_and(DatabaseAccess::accepts_writes) {
            return Ok(Precheck::Blocked {
                expected: format!("an old copy of {} on {} that refuses writes", link.database, link.source),
                found: "one that takes them".to_owned(),
                hint: "it stays fenced; milink cutover resume".to_owned(),
            });
        }
        let endpoints = broker::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        let silent = broker::is_stopped(cx, &link.source, &endpoints).await?;
        Ok(if self.barred(cx).await?.is_empty() && !silent {
            Precheck::AlreadyDone("nobody is barred".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let barred = self.barred(cx).await?;
        let statements = barred.iter().map(bars::lift_statements).collect::<Result<Vec<_>>>()?.concat();
        cx.effects.change_all(&self.0.id, &self.0.link.source, &statements).await?;
        let endpoints = broker::noted(cx, &self.0.sibling("cutover.snapshot"))?;
        broker::start(cx, &self.0.id, &self.0.link.source, &endpoints).await?;
        Ok(Done::note(format!(
            "{} let in; the old copy refuses writes by itself",
            crate::base::text::count(barred.len(), "login")
        )))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        match self.barred(cx).await?.first() {
            None => Ok(()),
            Some(bar) => {
                Err(Error::refused(format!("login `{}` is still kept out on {}", bar.name, self.0.link.source)))
            }
        }
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}
