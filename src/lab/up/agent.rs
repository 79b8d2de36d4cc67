//! SQL Server Agent at work: what was started, or is due by its schedule, runs as its owner, in sessions of its own. Only schedules by
//! the second are kept; others start by `sp_start_job`.

use super::local::Local;
use super::powershell;
use crate::base::clock::pause;
use crate::lab::world::instance::Instance;
use crate::lab::world::server::Job;
use crate::lab::world::server::JobRun;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// How often the Agent looks at its jobs.
const TURN: Duration = Duration::from_millis(50);
/// `freq_subday_type`: every so many seconds.
const BY_SECONDS: i32 = 2;
/// `@flags` of a step: its output goes to msdb.dbo.sysjobstepslogs.
const LOG_TO_TABLE: i32 = 8;
/// `@on_fail_action`: the next step.
const GO_ON: u8 = 3;
/// Outcomes of a run.
const FAILED: u8 = 0;
const SUCCEEDED: u8 = 1;

/// Runs jobs for ever.
pub async fn serve(instance: Arc<Instance>) {
    let mut at_work = FuturesUnordered::new();
    let mut busy: BTreeSet<String> = BTreeSet::new();
    loop {
        for key in due(&instance, &busy) {
            busy.insert(key.clone());
            at_work.push(run(instance.clone(), key));
        }
        tokio::select! {
            biased;
            Some(done) = at_work.next(), if !at_work.is_empty() => { busy.remove(&done); }
            () = pause(TURN) => {}
        }
    }
}

/// Jobs that were started, and those whose time has come; the latter are started.
fn due(instance: &Arc<Instance>, busy: &BTreeSet<String>) -> Vec<String> {
    let now = instance.clock.now();
    instance.with(|s| {
        let schedules = s.server.schedules.clone();
        let by_second = |job: &Job| {
            let mut own = job.schedules.iter().filter_map(|id| schedules.get(id));
            own.find(|x| x.enabled && x.freq_subday_type == BY_SECONDS).map(|x| i64::from(x.freq_subday_interval))
        };
        let mut found = Vec::new();
        for (key, job) in &mut s.server.jobs {
            if busy.contains(key) {
                continue;
            }
            let since = job.last_run.as_ref().map_or(i64::MAX, |r| (now - r.end).whole_seconds());
            if job.enabled && job.running.is_none() && by_second(job).is_some_and(|every| since >= every) {
                job.running = Some(now);
            }
            if job.running.is_some() {
                // How long it runs is up to its steps.
                job.run_seconds = u32::MAX;
                found.push(key.clone());
            }
        }
        found
    })
}

/// One run: its steps one after the other, until one fails or somebody stops it.
async fn run(instance: Arc<Instance>, key: String) -> String {
    let begun = instance.with(|s| {
        let job = s.server.jobs.get(&key)?;
        let owner = s.security.by_sid(&job.owner_sid).map(|p| p.name.clone())?;
        Some((job.clone(), owner))
    });
    let Some((job, owner)) = begun else { return key };
    let mut outcome = SUCCEEDED;
    for (at, step) in job.steps.iter().enumerate() {
        if step.subsystem.eq_ignore_ascii_case("PowerShell") {
            let said = powershell::run(&instance, &step.command).await;
            log(&instance, &key, at, said.text);
            if !said.ok && step.on_fail != GO_ON {
                outcome = FAILED;
                break;
            }
            continue;
        }
        if !step.subsystem.eq_ignore_ascii_case("TSQL") {
            continue;
        }
        let program = format!("SQLAgent - TSQL JobStep (Job 0x{} : Step {})", job.id.simple(), at + 1);
        let database = step.database.as_deref().unwrap_or("master");
        let done = async {
            let mut session = Local::open(&instance, &owner, database, &program)?;
            session.batch(&step.command).await
        };
        let stopped = async {
            while instance.with(|s| s.server.jobs.get(&key).is_some_and(|j| j.running == job.running)) {
                pause(TURN).await;
            }
        };
        tokio::select! {
            biased;
            ended = done => if ended.is_err() { outcome = FAILED; break },
            () = stopped => return key,
        }
    }
    finish(&instance, &key, job.running, outcome);
    key
}

/// What a step wrote, where it is to be kept in a table.
fn log(instance: &Arc<Instance>, key: &str, at: usize, text: String) {
    let now = instance.clock.now();
    instance.with(|s| {
        let step = s.server.jobs.get_mut(key).and_then(|j| j.steps.get_mut(at));
        if let Some(step) = step.filter(|s| s.flags & LOG_TO_TABLE != 0) {
            step.log = Some((now, text));
        }
    });
}

fn finish(instance: &Arc<Instance>, key: &str, running: Option<OffsetDateTime>, outcome: u8) {
    let end = instance.clock.now();
    instance.with(|s| {
        let Some(job) = s.server.jobs.get_mut(key).filter(|j| j.running == running) else { return };
        let Some(start) = job.running.take() else { return };
        let run = JobRun { start, end, outcome };
        job.last_run = Some(run.clone());
        let (id, name) = (job.id, job.name.clone());
        s.server.job_history.push((id, name, run));
    });
}
