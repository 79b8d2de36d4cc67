//! Automatic seeding, the receiving side.

use super::open::may_create;
use crate::lab::mirror::managed;
use crate::lab::mirror::report;
use crate::lab::mirror::report::Ends;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire::Fork;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::database::SeedImage;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Seeding;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// An offered seeding.
pub(super) struct Offer<'a> {
    pub(super) database: &'a str,
    pub(super) operation: Uuid,
    pub(super) size: u64,
    pub(super) revert: bool,
    pub(super) attempt: i32,
}

/// Row of the operation on this side.
fn row(state: &mut InstanceState, operation: Uuid) -> Option<&mut Seeding> {
    state.hadr.seedings.iter_mut().find(|s| s.operation_id == operation && !s.is_source)
}

/// Local AG that the database goes into.
fn local_ag(state: &InstanceState, group: &str) -> Option<String> {
    let g = state.hadr.group(group)?;
    if g.distributed { state.hadr.local_ag_of(g).map(|a| a.name.clone()) } else { Some(g.name.clone()) }
}

/// Makes room for a copy: failure state and error number when it may not come.
pub(super) fn prepare(
    state: &mut InstanceState,
    config: &InstanceConfig,
    ends: &Ends,
    offer: &Offer<'_>,
    now: OffsetDateTime,
) -> Result<(), (i32, i32)> {
    let Some(group) = state.hadr.group(&ends.group) else { return Err((7, 41100)) };
    // a copy that has to revert is there already
    if !offer.revert && !may_create(state, config, group) {
        let ag = local_ag(state, &ends.group).unwrap_or_default();
        let text = format!(
            "Local availability replica for availability group '{ag}' has not been granted permission to create \
             databases, but has a SEEDING_MODE of AUTOMATIC. Use the ALTER AVAILABILITY GROUP ... GRANT CREATE ANY \
             DATABASE command to allow the creation of databases seeded by the primary availability replica."
        );
        report::log_error(state, now, 19506, 16, &text);
        return Err((21, 19506));
    }
    let Some(ag) = local_ag(state, &ends.group) else { return Err((7, 41100)) };
    let member = roles::databases_of(state, &ends.group).iter().any(|d| d.eq_ignore_ascii_case(offer.database));
    if offer.revert {
        roles::evict(state, offer.database, now);
        if let Some(db) = state.database_mut(offer.database) {
            db.state = DatabaseState::Restoring;
        }
    } else if member {
        // what an earlier attempt left behind
        state.databases.remove(&offer.database.to_lowercase());
    }
    if !offer.revert && state.create_restoring(offer.database, now).is_err() {
        return Err((23, 1801));
    }
    if let Some(ag) = state.hadr.group_mut(&ag)
        && !ag.databases.iter().any(|d| d.eq_ignore_ascii_case(offer.database))
    {
        ag.databases.push(offer.database.to_owned());
        ag.database_id(offer.database);
    }
    let (local_id, sync) = (ends.local_id, if offer.revert { 3 } else { 0 });
    if let Some(g) = state.hadr.group_mut(&ends.group) {
        let id = g.database_id(offer.database);
        let p = g.progress_of(local_id, offer.database);
        *p = Progress { sync_state: sync, ..Progress::unknown(offer.database, id, local_id) };
    }
    roles::refresh_access(state, config);
    begin(state, ends, offer, now);
    Ok(())
}

fn begin(state: &mut InstanceState, ends: &Ends, offer: &Offer<'_>, now: OffsetDateTime) {
    let Some(g) = state.hadr.group_mut(&ends.group) else { return };
    let (ag_id, ag_db_id) = (g.group_id, g.database_id(offer.database));
    state.hadr.seedings.push(Seeding {
        operation_id: offer.operation,
        ag_id,
        ag_db_id,
        remote_replica_id: ends.remote_id,
        database: offer.database.to_owned(),
        remote_machine: ends.remote.clone(),
        is_source: false,
        current_state: "SEEDING".to_owned(),
        performed: true,
        failure_state: None,
        error_code: None,
        attempts: offer.attempt,
        start: now,
        end: None,
        transferred: 0,
        size: offer.size as i64,
        rate: 0,
        internal_state: "WaitingForBackupToStartSending".to_owned(),
        failure_code: 0,
        failure_message: None,
    });
}

/// Counts received bytes.
pub(super) fn received(state: &mut InstanceState, operation: Uuid, bytes: i64, elapsed: Duration) {
    if let Some(row) = row(state, operation) {
        "ReadingAndSendingData".clone_into(&mut row.internal_state);
        row.transferred += bytes;
        row.rate = (row.transferred as f64 / elapsed.as_seconds_f64().max(0.001)) as i64;
    }
}

/// What a managed instance does not take (facts: mi-link 10, arm-api 3.4).
fn unfit(config: &InstanceConfig, image: &SeedImage) -> Option<(i32, String)> {
    if !config.is_managed() {
        return None;
    }
    let count = |kind: u8| image.options.files.iter().filter(|f| f.kind == kind).count();
    if count(1) > 1 {
        return Some((41948, "The source database has multiple log files.".to_owned()));
    }
    if count(2) > 0 {
        return Some((41950, "The source database has FILESTREAM or FileTables.".to_owned()));
    }
    if image.options.files.iter().any(|f| f.state == 7) {
        return Some((41951, "The source database has DEFUNCT files.".to_owned()));
    }
    None
}

/// Puts the copy in place; failure state, number and text when it cannot be used.
pub(super) fn install(
    state: &mut InstanceState,
    config: &InstanceConfig,
    ends: &Ends,
    database: &str,
    image: Result<SeedImage, String>,
    history: Vec<Fork>,
    now: OffsetDateTime,
) -> Result<(), (i32, i32, String)> {
    let image = image.map_err(|e| (215, 3634, e))?;
    if let Some((number, text)) = unfit(config, &image) {
        managed::note_creation_error(state, &ends.group, number);
        return Err((216, number, text));
    }
    let Some(db) = state.database_mut(database) else { return Err((217, 911, "database is gone".to_owned())) };
    let lsn = image.lsn;
    db.load_seed(image);
    state.hadr.forks.insert(database.to_lowercase(), history);
    if let Some(g) = state.hadr.group_mut(&ends.group) {
        let p = g.progress_of(ends.local_id, database);
        p.seeded = true;
        p.sync_state = 1;
        (p.last_received, p.last_hardened, p.last_redone) = (Some((lsn, now)), Some((lsn, now)), Some((lsn, now)));
    }
    Ok(())
}

/// The operation goes on to CATCHUP, COMPLETED or FAILED.
pub(super) fn mark(
    state: &mut InstanceState,
    operation: Uuid,
    current: &str,
    failure: Option<(i32, i32)>,
    now: OffsetDateTime,
) {
    if let Some(row) = row(state, operation) {
        current.clone_into(&mut row.current_state);
        let internal = if failure.is_some() { "Failed" } else { "Success" };
        internal.clone_into(&mut row.internal_state);
        row.failure_state = failure.map(|f| f.0);
        row.error_code = failure.map(|f| f.1);
        row.failure_code = failure.map_or(0, |f| f.1);
        row.end = Some(now);
    }
}
