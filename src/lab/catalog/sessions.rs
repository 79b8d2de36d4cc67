//! Sessions, connections, requests.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::tsql::value::Value;
use crate::lab::world::session::SessionState;
use crate::lab::world::values;
use time::OffsetDateTime;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.dm_exec_sessions" => seen(c).map(|s| session(c, s)).collect(),
        "sys.dm_exec_connections" => seen(c).map(|s| connection(c, s)).collect(),
        "sys.dm_exec_requests" => seen(c).filter(|s| s.request.is_some()).map(|s| request(c, s)).collect(),
        "sys.sysprocesses" => seen(c).map(|s| process(c, s)).collect(),
        "sys.dm_os_waiting_tasks" => seen(c).filter_map(|s| waiting(c, s)).collect(),
        "sys.dm_exec_sql_text" => sql_text(c),
        "sys.dm_exec_input_buffer" => {
            let spid = c.int_arg(0).unwrap_or(0);
            let of = seen(c).filter(|s| i64::from(s.spid) == spid);
            of.map(|s| row! { "event_type" => "Language Event", "event_info" => &s.last_text }).collect()
        }
        _ => return None,
    })
}

/// Without VIEW SERVER STATE a session sees itself only.
fn seen<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = &'a SessionState> {
    let permission = if c.config.major() >= 16 { "VIEW SERVER PERFORMANCE STATE" } else { "VIEW SERVER STATE" };
    let all = c.state.may(c.cx, permission);
    c.state.sessions.sessions.values().filter(move |s| all || s.spid == c.cx.spid)
}

fn database_id(c: &Ctx<'_>, s: &SessionState) -> i32 {
    c.state.database(&s.database).map_or(1, |d| d.id)
}

fn open_transactions(s: &SessionState) -> i32 {
    s.transaction.as_ref().map_or(0, |t| t.nesting.max(i32::from(!t.work.is_empty())))
}

fn millis(from: OffsetDateTime, to: OffsetDateTime) -> i32 {
    (to - from).whole_milliseconds().clamp(0, i128::from(i32::MAX)) as i32
}

fn session(c: &Ctx<'_>, s: &SessionState) -> ViewRow {
    row! {
        "session_id" => s.spid, "login_time" => s.login_time, "host_name" => &s.host_name,
        "program_name" => &s.program_name, "host_process_id" => s.client_pid as i32, "client_version" => 7,
        "client_interface_name" => s.client_interface.chars().take(32).collect::<String>(),
        "security_id" => &s.sid, "login_name" => &s.login,
        "status" => if s.request.is_some() { "running" } else { "sleeping" }, "memory_usage" => 4,
        "endpoint_id" => 4, "last_request_start_time" => s.request_start, "last_request_end_time" => s.request_end,
        "reads" => s.reads, "writes" => s.writes, "logical_reads" => s.reads * 4, "is_user_process" => true,
        "text_size" => 2_147_483_647, "language" => "us_english", "date_format" => "mdy", "date_first" => 7,
        "quoted_identifier" => true, "ansi_null_dflt_on" => true, "ansi_warnings" => true, "ansi_padding" => true,
        "ansi_nulls" => true, "concat_null_yields_null" => true, "transaction_isolation_level" => 2,
        "lock_timeout" => s.lock_timeout_ms, "row_count" => 0i64, "original_security_id" => &s.sid,
        "original_login_name" => &s.login, "group_id" => 2, "database_id" => database_id(c, s),
        "authenticating_database_id" => s.contained.as_ref().and_then(|(d, _)| c.state.database(d)).map_or(1, |d| d.id),
        "open_transaction_count" => open_transactions(s),
    }
}

fn connection(c: &Ctx<'_>, s: &SessionState) -> ViewRow {
    let _ = c;
    row! {
        "session_id" => s.spid, "most_recent_session_id" => s.spid, "connect_time" => s.login_time,
        "net_transport" => "TCP", "protocol_type" => "TSQL", "protocol_version" => 1_946_157_060, "endpoint_id" => 4,
        "encrypt_option" => if s.encrypted { "TRUE" } else { "FALSE" }, "auth_scheme" => "SQL",
        "num_reads" => s.requests as i32 + 2, "num_writes" => s.requests as i32 + 2, "last_read" => s.request_start,
        "last_write" => s.request_end.unwrap_or(s.request_start), "net_packet_size" => s.packet_size as i32,
        "client_net_address" => host_of(&s.client_address), "client_tcp_port" => port_of(&s.client_address),
        "local_net_address" => &c.config.host, "local_tcp_port" => 1433, "connection_id" => s.connection_id,
        "most_recent_sql_handle" => handle(s.spid, s.requests),
    }
}

fn host_of(address: &str) -> String {
    address.rsplit_once(':').map_or(address, |(h, _)| h).trim_matches(['[', ']']).to_owned()
}

fn port_of(address: &str) -> Option<i32> {
    address.rsplit_once(':').and_then(|(_, p)| p.parse().ok())
}

fn request(c: &Ctx<'_>, s: &SessionState) -> ViewRow {
    let (command, _) = s.request.clone().unwrap_or_default();
    let wait = s.waiting.as_ref();
    let elapsed = millis(s.request_start, c.now);
    row! {
        "session_id" => s.spid, "start_time" => s.request_start,
        "status" => if wait.is_some() { "suspended" } else { "running" },
        "command" => command.chars().take(32).collect::<String>(), "sql_handle" => handle(s.spid, s.requests),
        "statement_start_offset" => 0, "statement_end_offset" => -1, "database_id" => database_id(c, s),
        "user_id" => 1, "connection_id" => s.connection_id, "blocking_session_id" => wait.map_or(0, |w| w.3),
        "wait_type" => wait.map(|w| w.0), "wait_time" => wait.map_or(0, |w| millis(w.1, c.now)),
        "last_wait_type" => wait.map_or("MEMORY_ALLOCATION_EXT", |w| w.0),
        "wait_resource" => wait.map_or("", |w| w.2.as_str()), "open_transaction_count" => open_transactions(s),
        "open_resultset_count" => 1, "transaction_id" => s.transaction.as_ref().map_or(0, |t| t.id),
        "total_elapsed_time" => elapsed, "scheduler_id" => s.spid % 8, "text_size" => 2_147_483_647,
        "language" => "us_english", "date_format" => "mdy", "date_first" => 7, "quoted_identifier" => true,
        "ansi_null_dflt_on" => true, "ansi_warnings" => true, "ansi_padding" => true, "ansi_nulls" => true,
        "concat_null_yields_null" => true, "transaction_isolation_level" => 2, "lock_timeout" => s.lock_timeout_ms,
        "row_count" => 0i64, "group_id" => 2, "dop" => 1,
    }
}

fn process(c: &Ctx<'_>, s: &SessionState) -> ViewRow {
    let wait = s.waiting.as_ref();
    let command = s.request.as_ref().map_or("AWAITING COMMAND", |r| r.0.as_str());
    let mut sid = s.sid.clone();
    sid.resize(86, 0);
    row! {
        "spid" => s.spid, "blocked" => wait.map_or(0, |w| w.3), "waittime" => i64::from(wait.map_or(0, |w| millis(w.1, c.now))),
        "lastwaittype" => wait.map_or("MISCELLANEOUS", |w| w.0), "waitresource" => wait.map_or("", |w| w.2.as_str()),
        "dbid" => database_id(c, s), "uid" => 1, "memusage" => 4, "login_time" => s.login_time,
        "last_batch" => s.request_start, "open_tran" => open_transactions(s),
        "status" => if s.request.is_some() { "runnable" } else { "sleeping" }, "sid" => sid,
        "hostname" => &s.host_name, "program_name" => &s.program_name, "hostprocess" => s.client_pid.to_string(),
        "cmd" => command, "net_library" => "TCP/IP", "loginame" => &s.login,
    }
}

fn waiting(c: &Ctx<'_>, s: &SessionState) -> Option<ViewRow> {
    let (kind, since, resource, by) = s.waiting.as_ref()?;
    Some(row! {
        "waiting_task_address" => handle(s.spid, 0)[..8].to_vec(), "session_id" => s.spid, "exec_context_id" => 0,
        "wait_duration_ms" => i64::from(millis(*since, c.now)), "wait_type" => *kind,
        "blocking_session_id" => (*by != 0).then_some(*by), "resource_description" => resource,
    })
}

/// A handle that names a session's latest batch.
fn handle(spid: i32, request: i64) -> Vec<u8> {
    let mut h = vec![2, 0, 0, 0];
    h.extend_from_slice(&spid.to_be_bytes());
    h.extend_from_slice(&request.to_be_bytes());
    h.resize(44, 0);
    h
}

fn sql_text(c: &Ctx<'_>) -> Vec<ViewRow> {
    let Some(Value::Bytes(h)) = c.args.first().map(values::bare) else { return Vec::new() };
    let found = seen(c).find(|s| handle(s.spid, s.requests)[..] == h[..]);
    found.map(|s| row! { "encrypted" => false, "text" => &s.last_text }).into_iter().collect()
}
