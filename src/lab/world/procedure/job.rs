//! Making and changing Agent jobs, schedules, operators.

use super::Args;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Value;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::server::Job;
use crate::lab::world::server::JobStep;
use crate::lab::world::server::Operator;
use crate::lab::world::server::Schedule;
use crate::lab::world::values::agent_time;
use time::OffsetDateTime;

/// Parameters by procedure, in the server's order.
pub(super) fn parameters(procedure: &str) -> &'static [&'static str] {
    match procedure {
        "sp_add_job" => &[
            "@job_name",
            "@enabled",
            "@description",
            "@start_step_id",
            "@category_name",
            "@category_id",
            "@owner_login_name",
            "@notify_level_eventlog",
            "@notify_level_email",
            "@notify_level_netsend",
            "@notify_level_page",
            "@notify_email_operator_name",
            "@notify_netsend_operator_name",
            "@notify_page_operator_name",
            "@delete_level",
            "@job_id",
            "@originating_server",
        ],
        "sp_update_job" => &[
            "@job_id",
            "@job_name",
            "@new_name",
            "@enabled",
            "@description",
            "@start_step_id",
            "@category_name",
            "@owner_login_name",
            "@notify_level_eventlog",
            "@notify_level_email",
            "@notify_level_netsend",
            "@notify_level_page",
            "@notify_email_operator_name",
            "@notify_netsend_operator_name",
            "@notify_page_operator_name",
            "@delete_level",
            "@automatic_post",
        ],
        "sp_add_jobstep" => &[
            "@job_id",
            "@job_name",
            "@step_id",
            "@step_name",
            "@subsystem",
            "@command",
            "@additional_parameters",
            "@cmdexec_success_code",
            "@on_success_action",
            "@on_success_step_id",
            "@on_fail_action",
            "@on_fail_step_id",
            "@server",
            "@database_name",
            "@database_user_name",
            "@retry_attempts",
            "@retry_interval",
            "@os_run_priority",
            "@output_file_name",
            "@flags",
            "@proxy_id",
            "@proxy_name",
            "@step_uid",
        ],
        "sp_update_jobstep" => &[
            "@job_id",
            "@job_name",
            "@step_id",
            "@step_name",
            "@subsystem",
            "@command",
            "@additional_parameters",
            "@cmdexec_success_code",
            "@on_success_action",
            "@on_success_step_id",
            "@on_fail_action",
            "@on_fail_step_id",
            "@server",
            "@database_name",
        ],
        "sp_add_jobserver" => &["@job_id", "@job_name", "@server_name", "@automatic_post"],
        "sp_add_schedule" => &[
            "@schedule_name",
            "@enabled",
            "@freq_type",
            "@freq_interval",
            "@freq_subday_type",
            "@freq_subday_interval",
            "@freq_relative_interval",
            "@freq_recurrence_factor",
            "@active_start_date",
            "@active_end_date",
            "@active_start_time",
            "@active_end_time",
            "@owner_login_name",
            "@schedule_uid",
            "@schedule_id",
            "@originating_server",
        ],
        "sp_attach_schedule" => &["@job_id", "@job_name", "@schedule_id", "@schedule_name", "@automatic_post"],
        "sp_add_alert" => &["@name", "@message_id", "@severity", "@enabled", "@delay_between_responses"],
        "sp_delete_alert" => &["@name"],
        "sp_add_proxy" => {
            &["@proxy_name", "@enabled", "@description", "@credential_name", "@credential_id", "@proxy_id"]
        }
        "sp_delete_proxy" => &["@proxy_id", "@proxy_name"],
        "sysmail_add_profile_sp" => &["@profile_name", "@description", "@profile_id"],
        "sysmail_delete_profile_sp" => &["@profile_id", "@profile_name"],
        "sp_add_operator" => &["@name", "@enabled", "@email_address", "@pager_address"],
        "sp_delete_job" => {
            &["@job_id", "@job_name", "@originating_server", "@delete_history", "@delete_unused_schedule"]
        }
        "sp_stop_job" => &["@job_name", "@job_id", "@originating_server", "@server_name"],
        _ => &["@job_name", "@job_id", "@error_flag", "@server_name", "@step_name", "@output_flag"],
    }
}

fn owner_sid(s: &InstanceState, cx: &SessionCx, a: &Args<'_>) -> SqlResult<Vec<u8>> {
    match a.text("@owner_login_name") {
        None => Ok(s.sessions.get(cx.spid).map_or_else(|| vec![1], |x| x.sid.clone())),
        Some(l) => {
            let found = s.security.by_name(&l).map(|p| p.sid.clone());
            found.ok_or_else(|| error(14234, &[&"@owner_login_name", &"sp_helplogins"]))
        }
    }
}

pub(super) fn add(s: &mut InstanceState, cx: &SessionCx, a: &Args<'_>, now: OffsetDateTime) -> SqlResult<ProcOutcome> {
    let name = a.need("@job_name")?;
    let key = name.to_lowercase();
    if s.server.jobs.contains_key(&key) {
        return Err(error(14261, &[&"@job_name", &name]));
    }
    let owner = owner_sid(s, cx, a)?;
    let id = crate::base::random::uuid();
    let base = Job::new(id, &name, owner, now);
    let job = Job {
        enabled: a.int("@enabled").unwrap_or(1) != 0,
        description: a.text("@description").unwrap_or_else(|| base.description.clone()),
        category_id: a.int("@category_id").unwrap_or(0) as i32,
        ..base
    };
    s.server.jobs.insert(key, job);
    Ok(ProcOutcome { outputs: vec![("@job_id".to_owned(), Value::Guid(id))], ..ProcOutcome::default() })
}

pub(super) fn update(s: &mut InstanceState, key: &str, a: &Args<'_>, now: OffsetDateTime) -> SqlResult<ProcOutcome> {
    let owner = match a.text("@owner_login_name") {
        None => None,
        Some(l) => {
            let found = s.security.by_name(&l).map(|p| p.sid.clone());
            Some(found.ok_or_else(|| error(14234, &[&"@owner_login_name", &"sp_helplogins"]))?)
        }
    };
    let new_name = a.text("@new_name");
    if let Some(n) = &new_name
        && n.to_lowercase() != key
        && s.server.jobs.contains_key(&n.to_lowercase())
    {
        return Err(error(14261, &[&"@new_name", n]));
    }
    let enabled = match a.int("@enabled") {
        Some(n @ (0 | 1)) => Some(n == 1),
        Some(_) => return Err(error(14266, &[&"@enabled", &"0, 1"])),
        None => None,
    };
    let Some(mut job) = s.server.jobs.remove(key) else { return Ok(ProcOutcome::default()) };
    job.enabled = enabled.unwrap_or(job.enabled);
    job.owner_sid = owner.unwrap_or(job.owner_sid);
    job.description = a.text("@description").unwrap_or(job.description);
    job.start_step = a.int("@start_step_id").map_or(job.start_step, |n| n as i32);
    job.name = new_name.unwrap_or(job.name);
    job.modified = now;
    job.version += 1;
    s.server.jobs.insert(job.name.to_lowercase(), job);
    Ok(ProcOutcome::default())
}

pub(super) fn add_step(s: &mut InstanceState, key: &str, a: &Args<'_>) -> SqlResult<ProcOutcome> {
    let name = a.need("@step_name")?;
    let Some(job) = s.server.jobs.get_mut(key) else { return Ok(ProcOutcome::default()) };
    if job.steps.iter().any(|x| x.name.eq_ignore_ascii_case(&name)) {
        return Err(error(14261, &[&"@step_name", &name]));
    }
    let subsystem = a.text("@subsystem").unwrap_or_else(|| "TSQL".to_owned());
    let tsql = subsystem.eq_ignore_ascii_case("TSQL");
    let step = JobStep {
        name,
        uid: crate::base::random::uuid(),
        command: a.text("@command").unwrap_or_default(),
        database: a.text("@database_name").or_else(|| tsql.then(|| "master".to_owned())),
        on_success: a.int("@on_success_action").unwrap_or(1) as u8,
        on_fail: a.int("@on_fail_action").unwrap_or(2) as u8,
        proxy_id: a.int("@proxy_id").map(|n| n as i32),
        flags: a.int("@flags").unwrap_or(0) as i32,
        log: None,
        subsystem,
    };
    let at = a.int("@step_id").map_or(job.steps.len(), |n| (n.max(1) - 1) as usize).min(job.steps.len());
    job.steps.insert(at, step);
    job.version += 1;
    Ok(ProcOutcome::default())
}

pub(super) fn update_step(
    s: &mut InstanceState,
    key: &str,
    a: &Args<'_>,
    now: OffsetDateTime,
) -> SqlResult<ProcOutcome> {
    let at = a.int("@step_id").unwrap_or(0);
    let Some(job) = s.server.jobs.get_mut(key) else { return Ok(ProcOutcome::default()) };
    let step = usize::try_from(at - 1).ok().and_then(|i| job.steps.get_mut(i));
    let Some(step) = step else { return Err(error(14262, &[&"@step_id", &at])) };
    if let Some(n) = a.text("@step_name") {
        step.name = n;
    }
    if let Some(c) = a.text("@command") {
        step.command = c;
    }
    if let Some(d) = a.text("@database_name") {
        step.database = Some(d);
    }
    job.modified = now;
    job.version += 1;
    Ok(ProcOutcome::default())
}

pub(super) fn add_schedule(
    s: &mut InstanceState,
    cx: &SessionCx,
    a: &Args<'_>,
    now: OffsetDateTime,
) -> SqlResult<ProcOutcome> {
    let name = a.need("@schedule_name")?;
    let id = s.server.schedules.keys().max().map_or(8, |m| m + 1);
    let int = |n: &str, default: i64| a.int(n).unwrap_or(default) as i32;
    let schedule = Schedule {
        id,
        uid: crate::base::random::uuid(),
        name,
        owner_sid: owner_sid(s, cx, a)?,
        enabled: int("@enabled", 1) != 0,
        freq_type: int("@freq_type", 0),
        freq_interval: int("@freq_interval", 0),
        freq_subday_type: int("@freq_subday_type", 0),
        freq_subday_interval: int("@freq_subday_interval", 0),
        active_start_date: int("@active_start_date", i64::from(agent_time(now).0)),
        active_start_time: int("@active_start_time", 0),
        created: now,
    };
    s.server.schedules.insert(id, schedule);
    Ok(ProcOutcome { outputs: vec![("@schedule_id".to_owned(), Value::Int(id))], ..ProcOutcome::default() })
}

pub(super) fn attach(s: &mut InstanceState, key: &str, a: &Args<'_>) -> SqlResult<ProcOutcome> {
    let by_name = a.text("@schedule_name");
    let id = match (&by_name, a.int("@schedule_id")) {
        (Some(n), _) => s.server.schedules.values().find(|x| x.name.eq_ignore_ascii_case(n)).map(|x| x.id),
        (None, Some(id)) => s.server.schedules.get(&(id as i32)).map(|x| x.id),
        _ => None,
    };
    let id = id.ok_or_else(|| error(14262, &[&"@schedule_name", &by_name.clone().unwrap_or_default()]))?;
    if let Some(job) = s.server.jobs.get_mut(key)
        && !job.schedules.contains(&id)
    {
        job.schedules.push(id);
    }
    Ok(ProcOutcome::default())
}

/// Alerts, proxies and mail profiles are kept by their names alone.
pub(super) fn name_only(
    s: &mut InstanceState,
    cx: &SessionCx,
    procedure: &str,
    a: &Args<'_>,
) -> SqlResult<ProcOutcome> {
    if !s.sysadmin(cx) {
        return Err(error(15247, &[]));
    }
    let (list, parameter) = match procedure {
        "sp_add_alert" | "sp_delete_alert" => (&mut s.server.alerts, "@name"),
        "sp_add_proxy" | "sp_delete_proxy" => (&mut s.server.proxies, "@proxy_name"),
        _ => (&mut s.server.mail_profiles, "@profile_name"),
    };
    let name = a.need(parameter)?;
    let at = list.iter().position(|n| n.eq_ignore_ascii_case(&name));
    match (procedure.contains("add"), at) {
        (true, Some(_)) => return Err(error(14261, &[&parameter, &name])),
        (true, None) => list.push(name),
        (false, Some(at)) => drop(list.remove(at)),
        (false, None) => return Err(error(14262, &[&parameter, &name])),
    }
    Ok(ProcOutcome::default())
}

pub(super) fn add_operator(s: &mut InstanceState, cx: &SessionCx, a: &Args<'_>) -> SqlResult<ProcOutcome> {
    if !s.sysadmin(cx) {
        return Err(error(15247, &[]));
    }
    let name = a.need("@name")?;
    if s.server.operators.iter().any(|o| o.name.eq_ignore_ascii_case(&name)) {
        return Err(error(14261, &[&"@name", &name]));
    }
    let id = s.server.operators.iter().map(|o| o.id).max().unwrap_or(0) + 1;
    let enabled = a.int("@enabled").unwrap_or(1) != 0;
    s.server.operators.push(Operator { id, name, enabled, email: a.text("@email_address") });
    Ok(ProcOutcome::default())
}
