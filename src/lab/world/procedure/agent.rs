//! Procedures of SQL Server Agent.

use super::Args;
use super::info;
use super::job;
use super::said;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Value;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::server::Job;
use crate::lab::world::server::JobRun;
use crate::lab::world::values;
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) fn call(host: &InstanceHost, cx: &SessionCx, procedure: &str, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind(procedure, job::parameters(procedure), args)?;
    let now = host.instance.clock.now();
    let done = host.with(|s| {
        s.open(cx, "msdb")?;
        match procedure {
            "sp_add_job" => job::add(s, cx, &a, now),
            "sp_add_schedule" => job::add_schedule(s, cx, &a, now),
            "sp_add_operator" => job::add_operator(s, cx, &a),
            "sp_add_alert"
            | "sp_delete_alert"
            | "sp_add_proxy"
            | "sp_delete_proxy"
            | "sysmail_add_profile_sp"
            | "sysmail_delete_profile_sp" => job::name_only(s, cx, procedure, &a),
            _ => {
                let key = find(s, cx, &a)?;
                match procedure {
                    "sp_start_job" => start(s, cx, &key, now),
                    "sp_stop_job" => stop(s, cx, &key, now),
                    "sp_delete_job" => {
                        s.server.jobs.remove(&key);
                        Ok(ProcOutcome::default())
                    }
                    "sp_update_job" => job::update(s, &key, &a, now),
                    "sp_add_jobstep" => job::add_step(s, &key, &a),
                    "sp_update_jobstep" => job::update_step(s, &key, &a, now),
                    "sp_attach_schedule" => job::attach(s, &key, &a),
                    // a job's target server is always the local one in the lab
                    _ => Ok(ProcOutcome::default()),
                }
            }
        }
    });
    host.instance.notify();
    done
}

/// A job by id or name that this login may touch: its own, or any as sysadmin or operator.
fn find(s: &InstanceState, cx: &SessionCx, a: &Args<'_>) -> SqlResult<String> {
    let by_name = a.text("@job_name");
    let by_id = match a.given("@job_id") {
        Some(Value::Guid(g)) => Some(g),
        Some(v) => values::text(&v).and_then(|t| Uuid::parse_str(t.trim()).ok()),
        None => None,
    };
    let key = match (&by_name, by_id) {
        (Some(n), _) => Some(n.to_lowercase()).filter(|k| s.server.jobs.contains_key(k)),
        (None, Some(id)) => s.server.jobs.iter().find(|(_, j)| j.id == id).map(|(k, _)| k.clone()),
        (None, None) => {
            return Err(SqlError::new(14294, 16, "Supply either @job_id or @job_name to identify the job."));
        }
    };
    let (what, shown) = match &by_name {
        Some(n) => ("@job_name", n.clone()),
        None => ("@job_id", by_id.map(|i| i.to_string().to_uppercase()).unwrap_or_default()),
    };
    let missing = || error(14262, &[&what, &shown]);
    let key = key.ok_or_else(missing)?;
    let job = s.server.jobs.get(&key).ok_or_else(missing)?;
    let own = s.sessions.get(cx.spid).is_some_and(|x| x.sid == job.owner_sid);
    if own || s.sysadmin(cx) { Ok(key) } else { Err(missing()) }
}

fn refused(verb: &str, job: &Job, cx: &SessionCx, why: &str) -> SqlError {
    let text = format!("Request to {verb} job {} (from User {}) refused because {why}.", job.name, cx.login);
    error(22022, &[&text])
}

/// A disabled job still obeys this (facts: cutover-night 2.3).
fn start(s: &mut InstanceState, cx: &SessionCx, key: &str, now: OffsetDateTime) -> SqlResult<ProcOutcome> {
    if !s.server.agent_running {
        return Err(error(
            22022,
            &[&"SQLServerAgent is not currently running so it cannot be notified of this action."],
        ));
    }
    let Some(job) = s.server.jobs.get_mut(key) else { return Ok(ProcOutcome::default()) };
    if job.running.is_some() {
        let why = format!("the job is already running from a request by User {}", cx.login);
        return Err(refused("run", job, cx, &why));
    }
    if job.steps.is_empty() {
        return Err(refused("run", job, cx, "the job has no job steps"));
    }
    job.running = Some(now);
    Ok(said(vec![info(format!("Job '{}' started successfully.", job.name))]))
}

fn stop(s: &mut InstanceState, cx: &SessionCx, key: &str, now: OffsetDateTime) -> SqlResult<ProcOutcome> {
    let Some(job) = s.server.jobs.get_mut(key) else { return Ok(ProcOutcome::default()) };
    let Some(start) = job.running.take() else {
        return Err(refused("stop", job, cx, "the job is not currently running"));
    };
    let run = JobRun { start, end: now, outcome: 3 };
    job.last_run = Some(run.clone());
    let (id, name) = (job.id, job.name.clone());
    s.server.job_history.push((id, name.clone(), run));
    Ok(said(vec![info(format!("Job '{name}' stopped successfully."))]))
}
