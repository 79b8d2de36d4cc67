//! What keeps a log from being truncated, and what seeding reads.

use crate::lab::world::database::Database;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;

/// Trace flag that holds the log while a database is being seeded (facts: mi-link 6.4).
const HOLD_WHILE_SEEDING: i32 = 12381;

/// Oldest log a replica still needs; truncation stops there. `None`: no replica holds the log. A copy that is being
/// seeded does not hold it, unless trace flag 12381 is on: that is how a link's creation breaks (1412).
pub fn log_hold(state: &InstanceState, db: &Database) -> Option<Lsn> {
    let Some(ag) = &db.ag else { return None };
    let mut hold: Option<Lsn> = None;
    let mut keep = |lsn: Lsn| hold = Some(hold.map_or(lsn, |h| h.min(lsn)));
    if let Some(geo) = db.geo.as_ref().filter(|g| g.primary) {
        keep(geo.hardened);
    }
    for group in state.hadr.groups.values() {
        let member = if group.distributed { group.own(ag).is_some() } else { group.name.eq_ignore_ascii_case(ag) };
        if !member {
            continue;
        }
        if group.role == Role::Secondary {
            keep(db.redone);
            continue;
        }
        for p in group.progress.iter().filter(|p| p.database.eq_ignore_ascii_case(&db.name)) {
            if p.seeded {
                keep(p.last_hardened.map_or(db.log_start(), |h| h.0));
            } else if state.trace_flags.contains(&HOLD_WHILE_SEEDING) && is_seeding(state, &db.name) {
                keep(db.log_start());
            }
        }
    }
    hold
}

fn is_seeding(state: &InstanceState, database: &str) -> bool {
    state.hadr.seedings.iter().any(|s| s.is_source && s.database.eq_ignore_ascii_case(database) && s.end.is_none())
}

/// Databases that a seeding reads now: `sys.dm_exec_requests` shows `VDI_CLIENT_WORKER` for them.
pub fn seeding_databases(state: &InstanceState) -> Vec<i32> {
    let reading = |s: &&crate::lab::world::hadr::Seeding| s.is_source && s.current_state == "SEEDING";
    state.hadr.seedings.iter().filter(reading).filter_map(|s| state.database(&s.database).map(|d| d.id)).collect()
}
