//! What will be barred, as it is now, and a plain `undo.sql` that needs no milink: before anything is barred.

use super::bars;
use super::bars::BarredLogin;
use super::inside;
use super::inside::InsideBar;
use super::jobs;
use super::jobs::NotedJob;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::SiteId;
use crate::sql::ident::QuotedIdent;
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

/// What is to be shut on one side, as it was before.
struct Noted {
    bars: Vec<BarredLogin>,
    jobs: Vec<NotedJob>,
}

impl Snapshot {
    fn undo_sql(&self, source: &Noted, target: &Noted, inside: &[InsideBar]) -> Result<String> {
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
            for bar in &noted.bars {
                for statement in bars::lift_statements(bar)? {
                    let _ = writeln!(out, "{};", statement.rendered.shown.trim_end().trim_end_matches(';'));
                }
            }
        }
        if !inside.is_empty() {
            let database = QuotedIdent::new(&link.database)?;
            let _ = writeln!(out, "\n-- on {}; it is replicated:\nUSE {database};", link.source);
            for bar in inside {
                let _ = writeln!(out, "{}", bar.lift(&link.database)?.rendered.shown.trim_end());
            }
        }
        Ok(out)
    }

    /// Who is to be barred, sysadmins who are not, and milink's own login.
    async fn principals(
        &self,
        cx: &Context,
        site: &SiteId,
    ) -> Result<(Vec<BarredLogin>, Vec<String>, String, Vec<InsideBar>)> {
        let (facts, found) = tokio::join!(
            cx.effects.read(site, instance::facts()),
            cx.effects.read(site, login::for_database(&self.0.link.database)),
        );
        let (facts, found) = (facts?, found?);
        Ok((
            bars::to_bar(&found, &facts.login, &self.0.policy.allow_logins),
            bars::residual_sysadmins(&found, &facts.login),
            facts.login,
            inside::to_bar(&found, &self.0.policy.allow_logins),
        ))
    }
}

#[async_trait]
impl Step for Snapshot {
    link_step!(source);

    fn summary(&self) -> String {
        format!("note who may write in {} and write undo.sql", self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "undo.sql stays".to_owned()
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
        let (here, there, jobs_here, jobs_there) = tokio::join!(
            self.principals(cx, &link.source),
            self.principals(cx, &link.target),
            cx.effects.read(&link.source, job::list()),
            cx.effects.read(&link.target, job::list()),
        );
        let ((source, residual, own, inside), (all, ..)) = (here?, there?);
        let (source_jobs, target_jobs) =
            (jobs::to_note(&jobs_here?, &link.database), jobs::to_note(&jobs_there?, &link.database));
        // On the target only the application's own logins are closed: others may be at work in other databases.
        let target: Vec<_> = all.into_iter().filter(|t| source.iter().any(|s| s.name == t.name)).collect();
        let source = Noted { bars: source, jobs: source_jobs };
        let target = Noted { bars: target, jobs: target_jobs };
        let text = self.undo_sql(&source, &target, &inside)?;
        let file = format!("undo-{}.sql", link.name);
        let places = cx.effects.write_undo(&self.0.tools.undo_dirs, &file, &text)?;
        cx.prove(&self.0.id, "residual_sysadmins", &residual)?;
        cx.prove(&self.0.id, OWN_LOGIN, &own)?;
        cx.prove(&self.0.id, "undo_sql", &places)?;
        cx.prove(&self.0.id, SOURCE_JOBS, &source.jobs)?;
        cx.prove(&self.0.id, TARGET_JOBS, &target.jobs)?;
        cx.prove(&self.0.id, inside::INSIDE_BARS, &inside)?;
        cx.prove(&self.0.id, SOURCE_BARS, &source.bars)?;
        cx.prove(&self.0.id, TARGET_BARS, &target.bars)?;
        let users = inside.iter().map(|b| b.user.as_str());
        let names: Vec<_> = source.bars.iter().map(|b| b.name.as_str()).chain(users).collect();
        let jobs: Vec<_> = source.jobs.iter().map(|j| j.name.as_str()).collect();
        Ok(Done::note(format!(
            "will bar {}{}; sysadmins who ignore bars: {}; undo.sql in {}",
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") },
            if jobs.is_empty() { String::new() } else { format!(" and stop jobs {}", jobs.join(", ")) },
            if residual.is_empty() { "none".to_owned() } else { residual.join(", ") },
            places.join(" and "),
        )))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("undo.sql stays".to_owned())
    }
}
