//! How the link does: only its primary knows.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use super::case::when;
use crate::model::fact::OrUnknown;
use crate::model::fact::Unknown;
use crate::model::group::ReplicaDatabase;
use crate::model::group::SyncHealth;
use crate::model::group::SyncState;

/// The row of the other side, as the primary keeps it.
fn other<'a>(c: &Case<'a>) -> Result<Option<&'a ReplicaDatabase>, Unknown> {
    let primary = if c.purpose == Purpose::Failback { c.target } else { c.source };
    let rows = &primary.groups.get()?.databases;
    Ok(rows.iter().find(|r| r.is_distributed && !r.is_local && same(&r.group, c.link.name.as_str())))
}

pub(super) fn healthy(c: &Case<'_>) -> Judged {
    let Some(row) = other(c)? else {
        return fail_with("the primary keeps no row of the other side", "milink link show {link}");
    };
    let state = row.sync_state.as_ref().or_unknown("the state is not shown")?;
    let following = matches!(state, SyncState::Synchronizing | SyncState::Synchronized);
    let healthy = row.health.as_ref() != Some(&SyncHealth::NotHealthy);
    let health = row.health.as_ref().map_or("health not shown", SyncHealth::as_str);
    when(following && healthy, format!("{state}, {health}"))
}

/// Between the newest commit here and the newest that the other side has hardened: what would have to be waited for.
pub(super) fn lag(c: &Case<'_>) -> Judged {
    let Some(row) = other(c)? else { return fail_with("no row of the other side", "milink link show {link}") };
    let seconds = row.secondary_lag_seconds.or_unknown("secondary_lag_seconds is NULL")?;
    let limit = c.wishes.lag_max_ms;
    let ms = u64::try_from(seconds).unwrap_or(0).saturating_mul(1000);
    let found = format!("{seconds} s, at most {} s", limit / 1000);
    if ms <= limit { pass(found) } else { fail(found) }
}

/// Redo that does not keep up shows a target that is too small.
pub(super) fn redo(c: &Case<'_>) -> Judged {
    let Some(row) = other(c)? else { return fail_with("no row of the other side", "milink link show {link}") };
    match (row.redo_queue_kb, row.redo_rate_kb) {
        (Some(0), _) => pass("empty"),
        (Some(queue), Some(rate)) if rate > 0 => {
            let seconds = queue / rate;
            let limit = i64::try_from(c.wishes.lag_max_ms / 1000).unwrap_or(i64::MAX);
            when(seconds <= limit, format!("{queue} KB at {rate} KB/s: {seconds} s"))
        }
        (Some(queue), _) => when(queue < 1024, format!("{queue} KB, rate not known")),
        (None, _) => unknown("redo_queue_size is NULL"),
    }
}

/// The log that waits to be sent cannot be reused, and fills the disk.
pub(super) fn send_queue(c: &Case<'_>) -> Judged {
    let Some(row) = other(c)? else { return fail_with("no row of the other side", "milink link show {link}") };
    let queue = row.log_send_queue_kb.or_unknown("log_send_queue_size is NULL")?;
    when(queue < 1 << 20, format!("{queue} KB"))
}
