//! A login or job may serve databases of several links. Whoever shuts it sets it apart first, on the server: another run that
//! needs it is refused, so that nobody lets in what somebody else keeps out, or takes it shut for its normal state.

use super::jobs;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim;
use crate::model::claim::BarredLogin;
use crate::model::claim::BarredUser;
use crate::model::claim::Claim;
use crate::model::claim::Kept;
use crate::model::claim::NotedEndpoint;
use crate::model::claim::NotedJob;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::login::Login;
use crate::model::session::Job;
use crate::sql::query;

/// Evidence of a step: the sites where it began to set things apart.
const CLAIMED_ON: &str = "claimed_on";

/// What is to be shut on one side, as it was before.
#[derive(Debug, Default)]
pub struct Noted {
    pub bars: Vec<BarredLogin>,
    pub jobs: Vec<NotedJob>,
    /// On the source only: what is shut within a database is replicated.
    pub users: Vec<BarredUser>,
    /// Of the Broker, on the source only.
    pub endpoints: Vec<NotedEndpoint>,
}

/// What a side looks like to the run that is about to shut it.
pub struct Side<'a> {
    pub site: &'a SiteId,
    pub database: &'a str,
    /// Logins that would be barred if they could get in.
    pub logins: Vec<&'a Login>,
    pub jobs: &'a [Job],
    /// Messages come into the database by an endpoint.
    pub hears: bool,
}

/// Who asks.
pub struct Owner<'a> {
    pub step: &'a StepId,
    pub link: &'a LinkName,
    /// All links of the run.
    pub together: &'a [LinkName],
}

impl Side<'_> {
    fn touches(&self, claim: &Claim) -> bool {
        if let Kept::User(user) = &claim.kept {
            return user.database.eq_ignore_ascii_case(self.database);
        }
        if let Kept::Endpoint(_) = &claim.kept {
            return self.hears;
        }
        let property = claim.kept.property();
        self.logins.iter().any(|l| claim::login_property(&l.sid) == property)
            || self.jobs.iter().any(|j| jobs::works_in(j, self.database) && claim::job_property(j.job_id) == property)
    }
}

/// Whether a claim is this run's own, or left by a lost run of the same links, whose leases are all held here.
fn ours(cx: &Context, owner: &Owner<'_>, claim: &Claim) -> bool {
    claim.run == *cx.effects.run() || claim.is_inherited_by(owner.together)
}

/// Reads what others hold; adds to `noted` what a lost run had shut already, with the state from before.
pub async fn survey(cx: &Context, owner: &Owner<'_>, side: &Side<'_>, noted: &mut Noted) -> Result<Vec<Claim>> {
    let found = cx.effects.read(side.site, query::claim::list()).await?;
    for claim in found.iter().filter(|c| side.touches(c)) {
        if !ours(cx, owner, claim) {
            return Err(held(side.site, claim));
        }
        match &claim.kept {
            Kept::Login(login) => {
                noted.bars.retain(|b| b.sid != login.sid);
                noted.bars.push(login.clone());
            }
            Kept::Job(job) => {
                noted.jobs.retain(|j| j.job_id != job.job_id);
                noted.jobs.push(job.clone());
            }
            Kept::Endpoint(endpoint) => {
                noted.endpoints.retain(|e| e.name != endpoint.name);
                noted.endpoints.push(endpoint.clone());
            }
            Kept::User(user) => {
                noted.users.retain(|u| u.user != user.user);
                noted.users.push(user.clone());
            }
        }
    }
    noted.bars.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn held(site: &SiteId, claim: &Claim) -> Error {
    Error::refused(format!("{} on {site} is set apart by run {} of link {}", claim.kept, claim.run, claim.link)).hint(
        format!(
            "links that share a login are cut over in one [[wave]], or one after the other: let that run end, or \
             milink cutover abort {}; if its state directory is lost, a cutover of the same links takes it over",
            claim.run
        ),
    )
}

/// Sets everything in `noted` apart. `found` is what [`survey`] read.
pub async fn take(cx: &Context, owner: &Owner<'_>, site: &SiteId, noted: &Noted, found: &[Claim]) -> Result<()> {
    let kept = noted.bars.iter().cloned().map(Kept::Login).chain(noted.jobs.iter().cloned().map(Kept::Job));
    let kept = kept.chain(noted.users.iter().cloned().map(Kept::User));
    let kept = kept.chain(noted.endpoints.iter().cloned().map(Kept::Endpoint));
    let mut begun = false;
    for kept in kept {
        let claim = Claim::new(cx.effects.run(), owner.link, owner.together, kept);
        let there = found.iter().find(|c| c.kept.property() == claim.kept.property());
        if there.is_some_and(|c| c.run == claim.run) {
            continue;
        }
        if !begun {
            begin(cx, owner.step, site)?;
            begun = true;
        }
        if there.is_some() {
            cx.effects.change(owner.step, site, &query::claim::renew(&claim)?).await?;
            continue;
        }
        match cx.effects.change(owner.step, site, &query::claim::take(&claim)?).await {
            Err(e) if e.server_number() == Some(query::claim::EXISTS) => {
                let now = cx.effects.read(site, query::claim::list()).await?;
                let holder = now.into_iter().find(|c| c.kept.property() == claim.kept.property());
                match holder {
                    // Another link of this run was first.
                    Some(c) if c.run == claim.run => {}
                    Some(c) => return Err(held(site, &c)),
                    None => return Err(e.during("somebody let go of it just now; try again")),
                }
            }
            other => {
                other?;
            }
        }
    }
    Ok(())
}

fn begin(cx: &Context, step: &StepId, site: &SiteId) -> Result<()> {
    let mut sites: Vec<SiteId> = cx.proven(step, CLAIMED_ON)?.unwrap_or_default();
    if !sites.contains(site) {
        sites.push(site.clone());
        cx.prove(step, CLAIMED_ON, &sites)?;
    }
    Ok(())
}

/// This run's own claims on a site.
pub async fn own(cx: &Context, site: &SiteId) -> Result<Vec<Claim>> {
    let mut found = cx.effects.read(site, query::claim::list()).await?;
    found.retain(|c| c.run == *cx.effects.run());
    Ok(found)
}

/// Those of `bars` that no other run has set apart since: only they are let in.
pub async fn free(cx: &Context, site: &SiteId, mut bars: Vec<BarredLogin>) -> Result<Vec<BarredLogin>> {
    let found = cx.effects.read(site, query::claim::list()).await?;
    let run = cx.effects.run();
    let taken = |b: &BarredLogin| {
        let property = claim::login_property(&b.sid);
        found.iter().any(|c| c.run != *run && c.kept.property() == property)
    };
    bars.retain(|b| !taken(b));
    Ok(bars)
}

/// Gives back what this run has set apart on a site. Only once nothing of it is shut any more.
pub async fn give_back(cx: &Context, step: &StepId, site: &SiteId) -> Result<usize> {
    let own = own(cx, site).await?;
    for claim in &own {
        match cx.effects.change(step, site, &query::claim::drop(claim)?).await {
            // A step of another link of the same run was first.
            Err(e) if e.server_number() == Some(query::claim::GONE) => {}
            other => {
                other?;
            }
        }
    }
    Ok(own.len())
}

/// The same on every site where `step` began to set things apart.
pub async fn undo(cx: &Context, step: &StepId) -> Result<usize> {
    let mut n = 0;
    for site in cx.proven::<Vec<SiteId>>(step, CLAIMED_ON)?.unwrap_or_default() {
        n += give_back(cx, step, &site).await?;
    }
    Ok(n)
}
