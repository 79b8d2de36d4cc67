//! A picture of the catalogue before anything is barred. On the way back it is taken again, last of all, and the two must be equal:
//! that is the proof that everybody is let in as before (facts: cutover-night 2).

use super::broker;
use super::canary;
use super::claims;
use super::inside;
use super::jobs;
use super::snapshot;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::catalogue::Difference;
use crate::model::catalogue::Fact;
use crate::model::catalogue::differences;
use crate::model::claim::BarredLogin;
use crate::model::claim::Kept;
use crate::model::claim::NotedJob;
use crate::model::ids::SiteId;
use crate::model::session::Job;
use crate::sql::query;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;

/// Evidence names.
const BEFORE: &str = "before";
const AFTER: &str = "after_undo";

pub struct Catalogue(pub LinkStep);

/// Both sides. The users of the target are copies of the source's, and come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Picture {
    source: Vec<Fact>,
    target: Vec<Fact>,
}

/// What came of the comparison, for the journal.
#[derive(Debug, Serialize)]
struct Compared {
    /// What the run had shut and is not as it was.
    ours: Vec<String>,
    /// What somebody else changed meanwhile.
    others: Vec<String>,
}

type Names = BTreeSet<(String, String)>;

fn names(facts: &[Fact]) -> impl Iterator<Item = (String, String)> {
    facts.iter().map(|f| (f.kind.clone(), f.name.clone()))
}

impl Catalogue {
    /// The database's users, their logins on both sides, its jobs, and every endpoint: others have nothing to do with the run, and a
    /// server may have thousands. `also`: what an earlier picture showed of the source and of the target.
    async fn picture(&self, cx: &Context, also: Option<&Picture>) -> Result<Picture> {
        let link = &self.0.link;
        let (server, database, target, found, jobs_here, jobs_there) = tokio::join!(
            cx.effects.read(&link.source, query::catalogue::server()),
            cx.effects.read(&link.source, query::catalogue::database(&link.database)),
            cx.effects.read(&link.target, query::catalogue::server()),
            cx.effects.read(&link.source, query::login::for_database(&link.database)),
            cx.effects.read(&link.source, query::job::list()),
            cx.effects.read(&link.target, query::job::list()),
        );
        let (found, jobs_here, jobs_there) = (found?, jobs_here?, jobs_there?);
        let canary = canary::name(cx.effects.run(), link);
        let logins = found.logins.iter().map(|l| l.name.clone()).chain([canary]);
        let logins: Names = logins.map(|name| ("login".to_owned(), name)).collect();
        let kept = |facts: Vec<Fact>, jobs: &[Job], also: Option<&Vec<Fact>>| -> Vec<Fact> {
            let jobs =
                jobs.iter().filter(|j| jobs::works_in(j, &link.database)).map(|j| ("job".to_owned(), j.name.clone()));
            let wanted: Names = jobs.chain(logins.iter().cloned()).chain(names(also.map_or(&[], |a| a))).collect();
            let of = |f: &Fact| f.kind == "endpoint" || wanted.contains(&(f.kind.clone(), f.name.clone()));
            facts.into_iter().filter(of).collect()
        };
        let mut source = kept(server?, &jobs_here, also.map(|a| &a.source));
        source.extend(database?);
        Ok(Picture { source, target: kept(target?, &jobs_there, also.map(|a| &a.target)) })
    }

    /// Whom the run was to shut on a side: (kind, name).
    fn touched(&self, cx: &Context, bars: &str, jobs: &str) -> Result<BTreeSet<(&'static str, String)>> {
        let snapshot = self.0.sibling("cutover.snapshot");
        let logins: Vec<BarredLogin> = cx.proven(&snapshot, bars)?.unwrap_or_default();
        let jobs: Vec<NotedJob> = cx.proven(&snapshot, jobs)?.unwrap_or_default();
        let users = inside::noted(cx, &snapshot)?;
        let endpoints = broker::noted(cx, &snapshot)?.into_iter().map(|e| ("endpoint", e.name));
        let logins = logins.into_iter().map(|b| ("login", b.name));
        let jobs = jobs.into_iter().map(|j| ("job", j.name));
        Ok(logins.chain(jobs).chain(endpoints).chain(users.into_iter().map(|u| ("user", u.user))).collect())
    }

    /// Of a side: what the run left behind, and what others changed.
    async fn side(
        &self,
        cx: &Context,
        site: &SiteId,
        found: Vec<Difference>,
        touched: &BTreeSet<(&'static str, String)>,
        compared: &mut Compared,
    ) -> Result<()> {
        let claims = cx.effects.read(site, query::claim::list()).await?;
        let run = cx.effects.run();
        // Another run may have set it apart by now, and shut it.
        let taken = |d: &Difference| {
            claims.iter().filter(|c| c.run != *run).any(|c| match &c.kept {
                Kept::Login(login) => d.kind == "login" && d.name == login.name,
                Kept::Job(job) => d.kind == "job" && d.name == job.name,
                Kept::Endpoint(endpoint) => d.kind == "endpoint" && d.name == endpoint.name,
                Kept::User(user) => d.kind == "user" && d.name == user.user,
            })
        };
        let canary = canary::name(run, &self.0.link);
        for d in found.iter().filter(|d| !taken(d)) {
            let ours = d.name == canary || touched.iter().any(|(kind, name)| *kind == d.kind && *name == d.name);
            let list = if ours { &mut compared.ours } else { &mut compared.others };
            list.push(format!("{d} ({site})"));
        }
        for claim in claims::own(cx, site).await? {
            compared.ours.push(format!("{} is still set apart on {site}", claim.kept));
        }
        Ok(())
    }
}

#[async_trait]
impl Step for Catalogue {
    link_step!(source);

    fn summary(&self) -> String {
        let link = &self.0.link;
        format!("picture who may do what on {} and {}, to compare with after a way back", link.source, link.target)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "compare with the picture taken before".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match cx.proven::<Picture>(&self.0.id, BEFORE)? {
            Some(_) => Precheck::AlreadyDone("taken by this run before anything was barred".to_owned()),
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let picture = self.picture(cx, None).await?;
        let lines = picture.source.len() + picture.target.len();
        cx.prove(&self.0.id, BEFORE, &picture)?;
        Ok(Done::note(format!("{} noted", text::count(lines, "line"))))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let Some(before) = cx.proven::<Picture>(&self.0.id, BEFORE)? else {
            return Ok("no picture was taken: nothing had been barred".to_owned());
        };
        let link = &self.0.link;
        let now = self.picture(cx, Some(&before)).await?;
        let mut compared = Compared { ours: Vec::new(), others: Vec::new() };
        let here = self.touched(cx, snapshot::SOURCE_BARS, snapshot::SOURCE_JOBS)?;
        let there = self.touched(cx, snapshot::TARGET_BARS, snapshot::TARGET_JOBS)?;
        self.side(cx, &link.source, differences(&before.source, &now.source), &here, &mut compared).await?;
        self.side(cx, &link.target, differences(&before.target, &now.target), &there, &mut compared).await?;
        cx.prove(&self.0.id, AFTER, &compared)?;
        if !compared.ours.is_empty() {
            return Err(Error::new(Kind::Refused, format!("the way back is not whole: {}", compared.ours.join("; ")))
                .hint("put it back by hand as undo.sql says, then milink cutover resume compares again"));
        }
        let lines = text::count(before.source.len() + before.target.len(), "line");
        let others = if compared.others.is_empty() {
            String::new()
        } else {
            format!("; changed meanwhile by somebody else: {}", compared.others.join("; "))
        };
        Ok(format!("{} and {} are as they were, {lines} compared{others}", link.source, link.target))
    }
}
