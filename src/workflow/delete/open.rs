//! Logins that were kept out while the copy went are as they were before.

use super::close::BARS;
use super::close::Copy;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::query::database;
use crate::sql::query::login;
use crate::workflow::cutover::bars;
use crate::workflow::cutover::claims;
use crate::workflow::link_step::LinkStep;
use async_trait::async_trait;

pub struct Open(pub LinkStep, pub Copy);

impl Open {
    fn barred(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        Ok(cx.proven(&self.1.closed_by(&self.0), BARS)?.unwrap_or_default())
    }
}

#[async_trait]
impl Step for Open {
    fn id(&self) -> &StepId {
        &self.0.id
    }
    fn site(&self) -> &SiteId {
        self.1.site(&self.0)
    }
    fn link(&self) -> Option<&LinkName> {
        Some(&self.0.link.name)
    }
    fn summary(&self) -> String {
        format!("let the logins of {} in again", self.site())
    }
    fn preview(&self) -> Vec<String> {
        vec!["ALTER LOGIN [each noted login] ENABLE".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        // Whatever is left of the copy must refuse writes by itself before anybody is let in.
        let access = cx.effects.read(self.site(), database::access(&link.database)).await?;
        if access.is_some_and(|a| a.accepts_writes()) {
            return Ok(Precheck::Blocked {
                expected: format!("no copy of {} that takes writes on {}", link.database, self.site()),
                found: "one that does".to_owned(),
                hint: "milink link show, then the same command again".to_owned(),
            });
        }
        let (found, barred) =
            tokio::join!(cx.effects.read(self.site(), login::list()), claims::free(cx, self.site(), self.barred(cx)?),);
        let (found, barred) = (found?, barred?);
        let still = barred.iter().any(|b| found.iter().any(|l| l.name == b.name && !l.may_connect()));
        Ok(if still { Precheck::Ready } else { Precheck::AlreadyDone("nobody is barred".to_owned()) })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let (found, barred) =
            tokio::join!(cx.effects.read(self.site(), login::list()), claims::free(cx, self.site(), self.barred(cx)?),);
        let (found, barred) = (found?, barred?);
        let mut n = 0;
        for bar in barred.iter().filter(|b| found.iter().any(|l| l.name == b.name && !l.may_connect())) {
            for statement in bars::lift_statements(bar)? {
                cx.effects.change(&self.0.id, self.site(), &statement).await?;
            }
            n += 1;
        }
        Ok(Done::note(format!("{} let in", crate::base::text::count(n, "login"))))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}
