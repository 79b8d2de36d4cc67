//! SQL Server Agent: the tables of msdb.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::world::server::Job;
use crate::lab::world::server::JobRun;
use crate::lab::world::server::JobStep;
use crate::lab::world::server::Schedule;
use crate::lab::world::values::agent_time;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    let s = &c.state.server;
    Some(match view {
        "msdb.dbo.sysjobs" => s.jobs.values().map(job).collect(),
        "msdb.dbo.sysjobsteps" => s.jobs.values().flat_map(steps).collect(),
        "msdb.dbo.sysjobschedules" => {
            let pairs = s.jobs.values().flat_map(|j| j.schedules.iter().map(move |id| (j, id)));
            pairs.map(|(j, id)| row! { "schedule_id" => *id, "job_id" => j.id, "next_run_date" => 0, "next_run_time" => 0 }).collect()
        }
        "msdb.dbo.sysschedules" => s.schedules.values().map(schedule).collect(),
        "msdb.dbo.sysjobservers" => s.jobs.values().map(job_server).collect(),
        "msdb.dbo.sysoperators" => s
            .operators
            .iter()
            .map(|o| row! { "id" => o.id, "name" => &o.name, "enabled" => u8::from(o.enabled), "email_address" => o.email.clone() })
            .collect(),
        "msdb.dbo.syscategories" => CATEGORIES
            .iter()
            .map(|(id, class, kind, name)| row! { "category_id" => *id, "category_class" => *class, "category_type" => *kind, "name" => *name })
            .collect(),
        "msdb.dbo.sysalerts" => named(&s.alerts, |id, name| row! { "id" => id, "name" => name, "event_source" => "MSSQLSERVER", "enabled" => 1u8 }),
        "msdb.dbo.sysproxies" => named(&s.proxies, |id, name| row! { "proxy_id" => id, "name" => name, "enabled" => 1u8 }),
        "msdb.dbo.sysmail_profile" => named(&s.mail_profiles, |id, name| row! { "profile_id" => id, "name" => name }),
        "msdb.dbo.log_shipping_primary_databases" => s
            .log_shipping
            .iter()
            .map(|name| {
                row! {
                    "primary_id" => uuid::Uuid::nil(), "primary_database" => name, "backup_directory" => "D:\\ship",
                    "backup_share" => "\\\\files\\ship", "backup_retention_period" => 4320, "monitor_server" => &c.config.server_name,
                    "user_specified_monitor" => false, "monitor_server_security_mode" => true, "backup_compression" => 2u8,
                    "backup_job_id" => uuid::Uuid::nil(),
                }
            })
            .collect(),
        "msdb.dbo.sysjobhistory" => history(c),
        "msdb.dbo.sysjobactivity" => s.jobs.values().map(|j| activity(j)).collect(),
        "msdb.dbo.sysjobstepslogs" => s.jobs.values().flat_map(|j| &j.steps).enumerate().filter_map(logged).collect(),
        "msdb.dbo.syssubsystems" => SUBSYSTEMS
            .iter()
            .enumerate()
            .map(|(i, name)| row! { "subsystem_id" => i as i32 + 1, "subsystem" => *name, "max_worker_threads" => 20 })
            .collect(),
        _ => return None,
    })
}

const CATEGORIES: [(i32, i32, u8, &str); 8] = [
    (0, 1, 1, "[Uncategorized (Local)]"),
    (1, 1, 1, "Jobs from MSX"),
    (2, 1, 2, "[Uncategorized (Multi-Server)]"),
    (3, 1, 1, "Database Maintenance"),
    (8, 1, 1, "Data Collector"),
    (10, 1, 1, "REPL-Distribution"),
    (98, 2, 3, "[Uncategorized]"),
    (99, 3, 3, "[Uncategorized]"),
];
const SUBSYSTEMS: [&str; 5] = ["TSQL", "ActiveScripting", "CmdExec", "SSIS", "PowerShell"];

fn job(j: &Job) -> ViewRow {
    row! {
        "job_id" => j.id, "originating_server_id" => 0, "name" => &j.name, "enabled" => u8::from(j.enabled),
        "description" => &j.description, "start_step_id" => j.start_step, "category_id" => j.category_id,
        "owner_sid" => &j.owner_sid, "notify_level_email" => j.notify_level_email,
        "notify_email_operator_id" => j.notify_email_operator, "date_created" => j.created,
        "date_modified" => j.modified, "version_number" => j.version,
    }
}

fn steps(j: &Job) -> Vec<ViewRow> {
    let last = j.last_run.as_ref();
    j.steps
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let (date, time) = last.map_or((0, 0), |r| agent_time(r.start));
            row! {
                "job_id" => j.id, "step_id" => i as i32 + 1, "step_name" => &s.name, "subsystem" => &s.subsystem,
                "command" => &s.command, "on_success_action" => s.on_success, "on_fail_action" => s.on_fail,
                "database_name" => s.database.clone(), "last_run_outcome" => last.map_or(0, |r| i32::from(r.outcome)),
                "last_run_duration" => last.map_or(0, duration), "last_run_date" => date, "last_run_time" => time,
                "proxy_id" => s.proxy_id, "step_uid" => s.uid,
            }
        })
        .collect()
}

fn named(names: &[String], show: impl Fn(i32, &str) -> ViewRow) -> Vec<ViewRow> {
    names.iter().enumerate().map(|(at, name)| show(at as i32 + 1, name)).collect()
}

fn logged((at, s): (usize, &JobStep)) -> Option<ViewRow> {
    let (when, text) = s.log.as_ref()?;
    Some(row! {
        "log_id" => at as i32 + 1, "log" => text, "date_created" => *when, "date_modified" => *when,
        "log_size" => text.len() as i64, "step_uid" => s.uid,
    })
}

/// `hhmmss` of a run.
fn duration(r: &JobRun) -> i32 {
    let s = (r.end - r.start).whole_seconds().max(0) as i32;
    s / 3600 * 10_000 + s / 60 % 60 * 100 + s % 60
}

fn schedule(s: &Schedule) -> ViewRow {
    row! {
        "schedule_id" => s.id, "schedule_uid" => s.uid, "name" => &s.name, "owner_sid" => &s.owner_sid,
        "enabled" => i32::from(s.enabled), "freq_type" => s.freq_type, "freq_interval" => s.freq_interval,
        "freq_subday_type" => s.freq_subday_type, "freq_subday_interval" => s.freq_subday_interval,
        "active_start_date" => s.active_start_date, "active_end_date" => 99_991_231,
        "active_start_time" => s.active_start_time, "active_end_time" => 235_959, "date_created" => s.created,
        "date_modified" => s.created, "version_number" => 1,
    }
}

fn job_server(j: &Job) -> ViewRow {
    let last = j.last_run.as_ref();
    let (date, time) = last.map_or((0, 0), |r| agent_time(r.start));
    row! {
        "job_id" => j.id, "server_id" => 0, "last_run_outcome" => last.map_or(5u8, |r| r.outcome),
        "last_run_date" => date, "last_run_time" => time, "last_run_duration" => last.map_or(0, duration),
    }
}

fn history(c: &Ctx<'_>) -> Vec<ViewRow> {
    let runs = c.state.server.job_history.iter().enumerate();
    runs.map(|(i, (id, name, r))| {
        let (date, time) = agent_time(r.start);
        let word = match r.outcome {
            1 => "succeeded",
            3 => "was stopped prior to completion",
            _ => "failed",
        };
        row! {
            "instance_id" => i as i32 + 1, "job_id" => *id, "step_id" => 0, "step_name" => "(Job outcome)",
            "message" => format!("The job {word}.  The Job was invoked by User.  ({name})"),
            "run_status" => i32::from(r.outcome), "run_date" => date, "run_time" => time,
            "run_duration" => duration(r), "server" => &c.config.server_name,
        }
    })
    .collect()
}

fn activity(j: &Job) -> ViewRow {
    let run = j.last_run.as_ref();
    let start = j.running.or(run.map(|r| r.start));
    row! {
        "session_id" => 1, "job_id" => j.id, "run_requested_date" => start, "run_requested_source" => start.map(|_| 4),
        "start_execution_date" => start, "last_executed_step_id" => run.map(|_| j.steps.len() as i32),
        "stop_execution_date" => if j.running.is_some() { None } else { run.map(|r| r.end) },
    }
}
