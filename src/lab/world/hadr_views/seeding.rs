//! Automatic seeding and its transfers. The one shows server local time, the other UTC; the lab's servers run in UTC.

use super::row::Builder;
use super::row::Row;
use super::row::datetime;
use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::Seeding;
use crate::lab::world::instance::InstanceState;
use time::Duration;

/// Descriptions of `failure_state` (facts: sql-server-hadr a).
const FAILURES: [&str; 26] = [
    "Internal Error",
    "User Cancellation",
    "SQL Error",
    "Request Denied",
    "Thread Abort",
    "Primary Failure",
    "Transport",
    "Transport Replica",
    "Check If Seeding Needed",
    "Send Database File Info",
    "Create Callback",
    "Create Operation",
    "Create VDI Client",
    "Open VDI Client",
    "Create USC Session",
    "Seeding",
    "Restore String Creation",
    "Database ID Lookup",
    "Create Async Task",
    "Create Timeout Task",
    "Async Task Failure",
    "Seeding Check Message Timeout",
    "File Message Timeout",
    "Database With Name Already Exists",
    "Secondary Catchup Timeout",
    "Secondary Restore Stream Ready Timeout",
];

/// Trace flag that compresses the stream.
const COMPRESS: i32 = 9567;

pub(super) fn automatic(state: &InstanceState) -> Vec<Row> {
    state
        .hadr
        .seedings
        .iter()
        .map(|s| {
            let done = matches!(s.current_state.as_str(), "COMPLETED" | "FAILED");
            let failure = s.failure_state.and_then(|f| FAILURES.get((f % 100) as usize)).copied();
            Builder::default()
                .put("start_time", datetime(s.start))
                .put("completion_time", s.end.filter(|_| done).map(datetime))
                .put("ag_id", s.ag_id)
                .put("ag_db_id", s.ag_db_id)
                .put("ag_remote_replica_id", s.remote_replica_id)
                .put("operation_id", s.operation_id)
                .put("is_source", s.is_source)
                .put("current_state", s.current_state.as_str())
                .put("performed_seeding", s.performed)
                .put("failure_state", s.failure_state)
                .put("failure_state_desc", failure)
                .put("error_code", s.error_code)
                .put("number_of_attempts", s.attempts)
                .build()
        })
        .collect()
}

pub(super) fn physical(state: &InstanceState) -> Vec<Row> {
    let compressed = state.trace_flags.contains(&COMPRESS);
    let moved = state.hadr.seedings.iter().filter(|s| s.performed || s.failure_state.is_some());
    moved.map(|s| transfer(state, s, compressed)).collect()
}

fn transfer(state: &InstanceState, s: &Seeding, compressed: bool) -> Row {
    let left = (s.size - s.transferred).max(0);
    let running = s.end.is_none();
    let estimate = (running && s.rate > 0).then(|| {
        let seconds = left / s.rate.max(1);
        datetime(s.start + Duration::seconds(s.transferred / s.rate.max(1) + seconds))
    });
    Builder::default()
        .put("local_physical_seeding_id", s.operation_id)
        .put("remote_physical_seeding_id", s.operation_id)
        .put("local_database_id", state.database(&s.database).map_or(0, |d| d.id))
        .put("local_database_name", s.database.as_str())
        .put("remote_machine_name", s.remote_machine.as_str())
        .put("role_desc", if s.is_source { "Source" } else { "Destination" })
        .put("internal_state_desc", s.internal_state.as_str())
        .put("transfer_rate_bytes_per_second", s.rate)
        .put("transferred_size_bytes", s.transferred)
        .put("database_size_bytes", s.size)
        .put("start_time_utc", datetime(s.start))
        .put("end_time_utc", s.end.map(datetime))
        .put("estimate_time_complete_utc", estimate)
        .put("total_disk_io_wait_time_ms", Value::BigInt(0))
        .put("total_network_wait_time_ms", Value::BigInt(0))
        .put("failure_code", s.failure_code)
        .put("failure_message", s.failure_message.clone())
        .put("failure_time_utc", s.end.filter(|_| s.failure_state.is_some()).map(datetime))
        .put("is_compression_enabled", compressed)
        .build()
}
