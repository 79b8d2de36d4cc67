//! The copy that must not be written is closed before the link goes: without its link it takes writes.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::DatabaseLogins;
use crate::sql::query::instance;
use crate::sql::query::login;
use crate::workflow::cutover::bars;
use crate::workflow::cutover::claims;
use crate::workflow::cutover::claims::Noted;
use crate::workflow::cutover::claims::Owner;
use crate::workflow::cutover::claims::Side;
use crate::workflow::cutover::hunt::Hunt;
use crate::workflow::link_step::LinkStep;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence: who is barred, as each was before.
pub(super) const BARS: &str = "bars";
/// Sessions of the copy may take so long to die; they only read there.
const CLEAR_MAX: Duration = Duration::from_secs(120);

/// Which end of the link the copy is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    Source,
    Target,
}

impl Copy {
    pub(super) fn site(self, step: &LinkStep) -> &SiteId {
        match self {
            Copy::Source => &step.link.source,
            Copy::Target => &step.link.target,
        }
    }
    /// The step that closed it.
    pub(super) fn closed_by(self, step: &LinkStep) -> StepId {
        step.sibling(match self {
            Copy::Source => "delete.close_source",
            Copy::Target => "delete.close_target",
        })
    }
}

pub struct Close(pub LinkStep, pub Copy);

impl Close {
    /// Who could get into the copy. A secondary on SQL Server lets nobody look inside (976): its users are those of the
    /// other end, its logins its own.
    async fn found(&self, cx: &Context) -> Result<DatabaseLogins> {
        let (site, link) = (self.1.site(&self.0), &self.0.link);
        if self.1 == Copy::Target {
            return cx.effects.read(site, login::for_database(&link.database)).await;
        }
        let (users, logins) = tokio::join!(
            cx.effects.read(&link.target, login::users(&link.database)),
            cx.effects.read(site, login::list()),
        );
        let (users, mut logins) = (users?, logins?);
        logins.retain(|l| users.contains(&l.sid) || l.is_sysadmin || l.has_control_server);
        Ok(DatabaseLogins { logins, ..DatabaseLogins::default() })
    }

    async fn to_bar(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        let (facts, found) = tokio::join!(cx.effects.read(self.1.site(&self.0), instance::facts()), self.found(cx));
        Ok(bars::to_bar(&found?, &facts?.login, &[]))
    }

    /// Notes whom to bar, each set apart for this run first.
    async fn note(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        let site = self.1.site(&self.0);
        let (facts, found) = tokio::join!(cx.effects.read(site, instance::facts()), self.found(cx));
        let (facts, found) = (facts?, found?);
        let owner = Owner { step: &self.0.id, link: &self.0.link.name, together: &self.0.together };
        let logins = bars::concerned(&found, &facts.login, &[]);
        let side = Side { site, database: &self.0.link.database, logins, jobs: &[], hears: false };
        let mut noted = Noted { bars: bars::to_bar(&found, &facts.login, &[]), ..Noted::default() };
        let claims = claims::survey(cx, &owner, &side, &mut noted).await?;
        claims::take(cx, &owner, site, &noted, &claims).await?;
        Ok(noted.bars)
    }
}

#[async_trait]
impl Step for Close {
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
        format!(
            "close the copy of {} on {}: its logins are kept out until it is gone",
            self.0.link.database,
            self.site()
        )
    }
    fn preview(&self) -> Vec<String> {
        vec![
            "ALTER LOGIN [each login that can get in] DISABLE (groups: DENY CONNECT SQL)".to_owned(),
            format!("KILL each session in {}", self.0.link.database),
        ]
    }
    fn undo_summary(&self) -> String {
        "let the same logins in again".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let site = self.1.site(&self.0).clone();
        let database = &self.0.link.database;
        // Noted once: a second look would take the bars for the normal state.
        let barred: Vec<BarredLogin> = if let Some(noted) = cx.proven(&self.0.id, BARS)? {
            noted
        } else {
            let found = self.note(cx).await?;
            cx.prove(&self.0.id, BARS, &found)?;
            found
        };
        for bar in bars::still_open(&self.found(cx).await?, &barred) {
            cx.effects.change(&self.0.id, &site, &bars::bar_statement(bar)?).await?;
        }
        let hunt = Hunt::new(&site, database, &barred);
        cx.until(&format!("{database} on {site} to be empty of sessions"), CLEAR_MAX, Backoff::urgent(), || async {
            Ok((hunt.round(cx, &self.0.id).await? == 0).then_some(()))
        })
        .await?;
        let left = self.to_bar(cx).await?;
        if let Some(first) = left.first() {
            return Err(Error::new(Kind::Refused, format!("login `{}` can still get in on {site}", first.name)));
        }
        Ok(Done::note(format!("{} barred, nobody left", crate::base::text::count(barred.len(), "login"))))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let Some(barred) = cx.proven::<Vec<BarredLogin>>(&self.0.id, BARS)? else {
            claims::undo(cx, &self.0.id).await?;
            return Ok("nobody was barred".to_owned());
        };
        let site = self.1.site(&self.0);
        let (found, barred) = tokio::join!(self.found(cx), claims::free(cx, site, barred));
        let (found, barred) = (found?, barred?);
        let shut = bars::still_barred(&found, &barred);
        for bar in &shut {
            for statement in bars::lift_statements(bar)? {
                cx.effects.change(&self.0.id, site, &statement).await?;
            }
        }
        claims::undo(cx, &self.0.id).await?;
        Ok(format!("{} let in again", crate::base::text::count(shut.len(), "login")))
    }
}
