//! What will be shut, as it is now, set apart for this run, and a plain `undo.sql` that needs no milink: before anything is shut.

use super::bars;
use super::broker;
use super::canary;
use super::claims;
use super::claims::Noted;
use super::claims::Owner;
use super::claims::Side;
use super::inside;
use super::jobs;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::broker::Broker;
use crate::model::claim::BarredLogin;
use crate::model::claim::Claim;
use crate::model::claim::Kept;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::login::DatabaseLogins;
use crate::model::session::Job;
use crate::sql::query;
use crate::sql::query::instance;
use crate::sql::query::job;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::fmt::Write as _;

/// Evidence names.
pub const SOURCE_BARS: &str = "source_bars";
pub const TARGET_BARS: &str = "target_bars";
pub const SOURCE_JOBS: &str = "source_jobs";
pub const TARGET_JOBS: &str = "target_jobs";
/// Login of milink's own sessions on the source.
pub const OWN_LOGIN: &str = "own_login";

pub struct Snapshot(pub LinkStep);

/// Who can log in on one side, and as whom milink does.
struct Principals {
    found: DatabaseLogins,
    own: String,
}

impl Snapshot {
    fn undo_sql(&self, run: &RunId, source: &Noted, target: &Noted) -> Result<String> {
        let link = &self.0.link;
        let mut out = format!(
            "-- Lets the writers of {} back in, without milink. Written before anything was barred.\n\
             -- Valid until the switch was sent (line L1 in the journal). After that, ask the journal first.\n",
            link.name
        );
        for (site, noted) in [(&link.source, source), (&link.target, target)] {
            let _ = writeln!(out, "\n-- on {site}, in master:");
            for n in &noted.jobs {
                let statement = job::set_enabled(n.job_id, true)?;
                let _ = writeln!(out, "{} -- {}", statement.rendered.shown.trim_end(), text::one_line(&n.name));
            }
            for endpoint in &noted.endpoints {
                let _ = writeln!(out, "{}", query::endpoint::start(&endpoint.name)?.rendered.shown.trim_end());
            }
            for bar in &noted.bars {
                for statement in bars::lift_statements(bar)? {
                    let _ = writeln!(out, "{};", statement.rendered.shown.trim_end().trim_end_matches(';'));
                }
            }
            let logins = noted.bars.iter().cloned().map(Kept::Login);
            let jobs = noted.jobs.iter().cloned().map(Kept::Job);
            let users = noted.users.iter().cloned().map(Kept::User);
            for kept in logins.chain(jobs).chain(users).chain(noted.endpoints.iter().cloned().map(Kept::Endpoint)) {
                let claim = Claim::new(run, &link.name, &[], kept);
                let _ = writeln!(out, "{}", query::claim::drop(&claim)?.rendered.shown.trim_end());
            }
        }
        let canary = canary::name(run, link);
        let _ =
            writeln!(out, "\n-- on {}, what the fence was tried with, if the run died while it tried:", link.source);
        let _ = writeln!(out, "{}", query::canary::drop_login(&canary)?.rendered.shown.trim_end());
        if !source.users.is_empty() {
            let _ = writeln!(out, "\n-- on {}; it is replicated:", link.source);
            for user in &source.users {
                let _ = writeln!(out, "{}", inside::lift_statement(user)?.rendered.shown.trim_end());
            }
            let _ = writeln!(out, "{}", query::canary::drop_user(&link.database, &canary)?.rendered.shown.trim_end());
        }
        Ok(out)
    }

    async fn principals(&self, cx: &Context, site: &SiteId) -> Result<Principals> {
        let (facts, found) = tokio::join!(
            cx.effects.read(site, instance::facts()),
            cx.effects.read(site, login::for_database(&self.0.link.database)),
        );
        Ok(Principals { found: found?, own: facts?.login })
    }

    /// What is to be shut on a side, and the claims that stand there. `only`: no other logins.
    async fn side(
        &self,
        cx: &Context,
        site: &SiteId,
        who: &Principals,
        list: &[Job],
        only: Option<&[BarredLogin]>,
        broker: &Broker,
    ) -> Result<(Noted, Vec<Claim>)> {
        let link = &self.0.link;
        let allow = &self.0.policy.allow_logins;
        let wanted = |name: &str| only.is_none_or(|o| o.iter().any(|b| b.name == name));
        let mut noted = Noted {
            bars: bars::to_bar(&who.found, &who.own, allow),
            jobs: jobs::to_note(list, &link.database),
            // What is shut within a database is shut on the target by itself.
            endpoints: broker::to_note(broker),
            users: if only.is_none() { inside::to_bar(&who.found, &link.database, allow) } else { Vec::new() },
        };
        noted.bars.retain(|b| wanted(&b.name));
        let mut logins = bars::concerned(&who.found, &who.own, allow);
        logins.retain(|l| wanted(&l.name));
        if self.shares() {
            return Ok((noted, Vec::new()));
        }
        let side = Side {
            site,
            database: &link.database,
            logins,
            jobs: list,
            hears: broker.hears().is_some() || (only.is_none() && broker.is_enabled),
        };
        let claims = claims::survey(cx, &self.owner(), &side, &mut noted).await?;
        Ok((noted, claims))
    }

    fn owner(&self) -> Owner<'_> {
        Owner { step: &self.0.id, link: &self.0.link.name, together: &self.0.together }
    }

    /// A test leaves the claims out, to see the oracle turn red.
    fn shares(&self) -> bool {
        self.0.tools.sabotage.iter().any(|s| s == "cutover.claims")
    }
}

#[async_trait]
impl Step for Snapshot {
    link_step!(source);

    fn summary(&self) -> String {
        format!("note who may write in {}, set them apart and write undo.sql", self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        vec!["EXEC master.sys.sp_addextendedproperty @name = N'milink_bar_…' [each login and job]".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "give back what was set apart; undo.sql stays".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        // Never taken twice: a second snapshot would take the bars for the normal state.
        Ok(match cx.proven::<Vec<BarredLogin>>(&self.0.id, TARGET_BARS)? {
            Some(_) => Precheck::AlreadyDone("taken by this run before anything was barred".to_owned()),
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let (here, there, jobs_here, jobs_there, broker) = tokio::join!(
            self.principals(cx, &link.source),
            self.principals(cx, &link.target),
            cx.effects.read(&link.source, job::list()),
            cx.effects.read(&link.target, job::list()),
            cx.effects.read(&link.source, query::broker::show(&link.database)),
        );
        let (here, there, jobs_here, jobs_there) = (here?, there?, jobs_here?, jobs_there?);
        let broker = broker?;
        let residual = bars::residual_sysadmins(&here.found, &here.own);
        let (source, held_here) = self.side(cx, &link.source, &here, &jobs_here, None, &broker).await?;
        // On the target only the application's own logins are closed: others may be at work in other databases.
        let (target, held_there) =
            self.side(cx, &link.target, &there, &jobs_there, Some(&source.bars), &Broker::default()).await?;
        if !self.shares() {
            claims::take(cx, &self.owner(), &link.source, &source, &held_here).await?;
            claims::take(cx, &self.owner(), &link.target, &target, &held_there).await?;
        }
        let text = self.undo_sql(cx.effects.run(), &source, &target)?;
        let file = format!("undo-{}.sql", link.name);
        let places = cx.effects.write_undo(&self.0.tools.undo_dirs, &file, &text)?;
        cx.prove(&self.0.id, "residual_sysadmins", &residual)?;
        cx.prove(&self.0.id, OWN_LOGIN, &here.own)?;
        cx.prove(&self.0.id, "undo_sql", &places)?;
        cx.prove(&self.0.id, SOURCE_JOBS, &source.jobs)?;
        cx.prove(&self.0.id, TARGET_JOBS, &target.jobs)?;
        cx.prove(&self.0.id, inside::INSIDE_BARS, &source.users)?;
        cx.prove(&self.0.id, broker::SOURCE_BROKER, &source.endpoints)?;
        cx.prove(&self.0.id, SOURCE_BARS, &source.bars)?;
        cx.prove(&self.0.id, TARGET_BARS, &target.bars)?;
        let users = source.users.iter().map(|u| u.user.as_str());
        let names: Vec<_> = source.bars.iter().map(|b| b.name.as_str()).chain(users).collect();
        let jobs: Vec<_> = source.jobs.iter().map(|j| j.name.as_str()).collect();
        Ok(Done::note(format!(
            "will bar {}{}{}; sysadmins who ignore bars: {}; undo.sql in {}",
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") },
            if jobs.is_empty() { String::new() } else { format!(" and stop jobs {}", jobs.join(", ")) },
            source.endpoints.first().map_or(String::new(), |e| format!(" and endpoint {} of Service Broker", e.name)),
            if residual.is_empty() { "none".to_owned() } else { residual.join(", ") },
            places.join(" and "),
        )))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let n = claims::undo(cx, &self.0.id).await?;
        Ok(format!("{n} given back; undo.sql stays"))
    }
}
