//! Agent jobs that work in the database: stopped with the other writers, put back with them (facts: cutover-night 2.3).

use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::claim::NotedJob;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::session::Job;
use crate::sql::query::job;

/// The server's word for a job that is not running, in `sp_stop_job`.
const NOT_RUNNING: i32 = 22022;

/// One of its steps starts in the database.
pub fn works_in(job: &Job, database: &str) -> bool {
    job.databases.iter().any(|d| d.eq_ignore_ascii_case(database))
}

/// Enabled jobs with a step in the database.
pub fn to_note(jobs: &[Job], database: &str) -> Vec<NotedJob> {
    let mine = jobs.iter().filter(|j| j.is_enabled && works_in(j, database));
    mine.map(|j| NotedJob { job_id: j.job_id, name: j.name.clone() }).collect()
}

/// The first job that could still write there.
pub fn at_work<'a>(jobs: &'a [Job], database: &str) -> Option<&'a Job> {
    jobs.iter().find(|j| (j.is_enabled || j.is_running) && works_in(j, database))
}

/// Disables the noted jobs and stops those that run; a disabled job still obeys `sp_start_job`, so all are looked at again later.
pub async fn quiet(cx: &Context, step: &StepId, site: &SiteId, database: &str, noted: &[NotedJob]) -> Result<()> {
    let found = cx.effects.read(site, job::list()).await?;
    for j in found.iter().filter(|j| works_in(j, database)) {
        if j.is_enabled && noted.iter().any(|n| n.job_id == j.job_id) {
            cx.effects.change(step, site, &job::set_enabled(j.job_id, false)?).await?;
        }
        if j.is_running {
            match cx.effects.change(step, site, &job::stop(j.job_id)?).await {
                Err(e) if e.server_number() == Some(NOT_RUNNING) => {}
                other => {
                    other?;
                }
            }
        }
    }
    Ok(())
}

/// Enables the noted jobs again.
pub async fn wake(cx: &Context, step: &StepId, site: &SiteId, noted: &[NotedJob]) -> Result<usize> {
    if noted.is_empty() {
        return Ok(0);
    }
    let found = cx.effects.read(site, job::list()).await?;
    let asleep: Vec<_> = noted.iter().filter(|n| found.iter().any(|j| j.job_id == n.job_id && !j.is_enabled)).collect();
    let statements = asleep.iter().map(|n| job::set_enabled(n.job_id, true)).collect::<Result<Vec<_>>>()?;
    cx.effects.change_all(step, site, &statements).await?;
    Ok(asleep.len())
}

/// What a snapshot noted of a side.
pub fn noted(cx: &Context, snapshot: &StepId, evidence: &str) -> Result<Vec<NotedJob>> {
    cx.proven(snapshot, evidence)?
        .ok_or_else(|| Error::bug(format!("jobs were to be stopped before they were noted ({evidence})")))
}
