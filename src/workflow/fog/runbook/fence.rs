//! The copy that is left behind is shut before its group goes: the moment it goes, that copy takes writes. Logins live in
//! `master`, which takes writes on a secondary too, so they are barred while the copy is still read-only.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::BarredLogin;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::login::DatabaseLogins;
use crate::sql::query::instance;
use crate::sql::query::login;
use crate::workflow::cutover::bars;
use crate::workflow::cutover::claims;
use crate::workflow::cutover::claims::Noted;
use crate::workflow::cutover::claims::Owner;
use crate::workflow::cutover::claims::Side;
use crate::workflow::cutover::hunt::Hunt;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence: who is barred, as each was before.
pub const BARS: &str = "bars";
/// Sessions there can only read, so they end at once.
const CLEAR_MAX: Duration = Duration::from_secs(120);
/// Somebody answers for users that need no login.
const WAIVER: &str = "fog.contained_users";

pub struct Fence(pub FogStep);

/// Every login of the instance: it holds nothing but the group's databases.
pub(super) async fn logins(cx: &Context, site: &SiteId) -> Result<DatabaseLogins> {
    Ok(DatabaseLogins { logins: cx.effects.read(site, login::list()).await?, ..DatabaseLogins::default() })
}

impl Fence {
    fn site_of(&self) -> &SiteId {
        &self.0.plan.secondary.site
    }

    /// Users that log in to the database itself: what is shut within a copy comes from its primary, so nothing here bars them.
    async fn contained(&self, cx: &Context) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for database in &self.0.plan.databases {
            let inside = cx.effects.read(self.site_of(), login::for_database(database)).await?;
            found.extend(inside.contained.iter().map(|u| format!("{} in {database}", u.name)));
        }
        Ok(found)
    }

    async fn note(&self, cx: &Context) -> Result<Vec<BarredLogin>> {
        let site = self.site_of();
        let (facts, found) = tokio::join!(cx.effects.read(site, instance::facts()), logins(cx, site));
        let (facts, found) = (facts?, found?);
        let name = LinkName(self.0.plan.group.clone());
        let together = [name.clone()];
        let owner = Owner { step: &self.0.id, link: &name, together: &together };
        let concerned = bars::concerned(&found, &facts.login, &[]);
        let side = Side { site, database: "", logins: concerned, jobs: &[], hears: false };
        let mut noted = Noted { bars: bars::to_bar(&found, &facts.login, &[]), ..Noted::default() };
        let claims = claims::survey(cx, &owner, &side, &mut noted).await?;
        claims::take(cx, &owner, site, &noted, &claims).await?;
        Ok(noted.bars)
    }
}

#[async_trait]
impl Step for Fence {
    fog_step!(secondary);

    fn summary(&self) -> String {
        format!(
            "shut {} to everybody before it is let go: without its group its copies take writes",
            self.0.plan.secondary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        vec![
            "ALTER LOGIN [each login that can get in] DISABLE (groups: DENY CONNECT SQL)".to_owned(),
            format!("KILL each session in {}", self.0.plan.databases.join(", ")),
        ]
    }
    fn undo_summary(&self) -> String {
        "let the same logins in again".to_owned()
    }
    /// Beyond the first change of a run of several acts nothing is proven again: there it is done once, and stays.
    fn volatile(&self) -> bool {
        !self.0.later
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let site = self.site_of().clone();
        if self.0.tools.sabotaged(&self.0.id) {
            return Ok(Done::note("left out"));
        }
        if !self.0.plan.waived.iter().any(|w| w == WAIVER) {
            let contained = self.contained(cx).await?;
            if !contained.is_empty() {
                return Err(Error::refused(format!(
                    "users that need no login could write to {site} once the group is gone: {}",
                    contained.join(", ")
                ))
                .hint(format!("REVOKE CONNECT from them on the primary first, or [[waiver]] check = \"{WAIVER}\"")));
            }
        }
        // Noted once: a second look would take the bars for the normal state.
        let barred: Vec<BarredLogin> = if let Some(noted) = cx.proven(&self.0.id, BARS)? {
            noted
        } else {
            let found = self.note(cx).await?;
            cx.prove(&self.0.id, BARS, &found)?;
            found
        };
        for bar in bars::still_open(&logins(cx, &site).await?, &barred) {
            cx.effects.change(&self.0.id, &site, &bars::bar_statement(bar)?).await?;
        }
        for database in &self.0.plan.databases {
            let hunt = Hunt::new(&site, database, &barred);
            cx.until(
                &format!("{database} on {site} to be empty of sessions"),
                CLEAR_MAX,
                Backoff::urgent(),
                || async { Ok((hunt.round(cx, &self.0.id).await? == 0).then_some(())) },
            )
            .await?;
        }
        let facts = cx.effects.read(&site, instance::facts()).await?;
        if let Some(first) = bars::to_bar(&logins(cx, &site).await?, &facts.login, &[]).first() {
            return Err(Error::refused(format!("login `{}` can still get in on {site}", first.name)));
        }
        Ok(Done::note(format!("{} barred on {site}, nobody left", text::count(barred.len(), "login"))))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let n = lift(&self.0, cx, &self.0.id).await?;
        claims::undo(cx, &self.0.id).await?;
        Ok(format!("{} let in again", text::count(n, "login")))
    }
}

/// Lets in whoever the fence `noted_by` shut, as `step`'s change.
pub(super) async fn lift(step: &FogStep, cx: &Context, noted_by: &crate::model::ids::StepId) -> Result<usize> {
    let Some(barred) = cx.proven::<Vec<BarredLogin>>(noted_by, BARS)? else { return Ok(0) };
    let site = &step.plan.secondary.site;
    let (found, barred) = tokio::join!(logins(cx, site), claims::free(cx, site, barred));
    let (found, barred) = (found?, barred?);
    let shut = bars::still_barred(&found, &barred);
    for bar in &shut {
        for statement in bars::lift_statements(bar)? {
            cx.effects.change(&step.id, site, &statement).await?;
        }
    }
    Ok(shut.len())
}
