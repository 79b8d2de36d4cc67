//! Automatic seeding, the sending side (facts: sql-server-hadr a, "Automatic seeding").

use super::database::Counting;
use super::database::Shipped;
use super::database::Stage;
use crate::lab::mirror::report;
use crate::lab::mirror::report::Ends;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire::Chunk;
use crate::lab::mirror::wire::Copy;
use crate::lab::mirror::wire::Down;
use crate::lab::net::Network;
use crate::lab::world::clock::LabClock;
use crate::lab::world::hadr::Seeding;
use crate::lab::world::instance::InstanceState;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;
use uuid::Uuid;

/// What a copy goes over.
pub(super) struct Line<'a> {
    pub(super) network: &'a Network,
    pub(super) clock: &'a LabClock,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// Pause before a refused seeding is offered again.
const RETRY: Duration = Duration::from_secs(30);
/// `remote_machine_name` is not known to the sender of a link: it shows the replica.
fn machine(ends: &Ends) -> String {
    ends.remote.clone()
}

/// Row of an operation.
pub(super) fn row(state: &mut InstanceState, operation: Option<Uuid>) -> Option<&mut Seeding> {
    let id = operation?;
    state.hadr.seedings.iter_mut().find(|s| s.operation_id == id && s.is_source)
}

fn set(state: &mut InstanceState, db: &Shipped, current: &str, internal: &str) {
    if let Some(row) = row(state, db.operation) {
        current.clone_into(&mut row.current_state);
        internal.clone_into(&mut row.internal_state);
    }
}

/// New row: PENDING, then at once CHECK_IF_SEEDING_NEEDED. Attempts count on from the last failed row.
fn begin(state: &mut InstanceState, ends: &Ends, db: &mut Shipped, now: OffsetDateTime) {
    let Some(g) = state.hadr.group_mut(&ends.group) else { return };
    let (ag_id, ag_db_id) = (g.group_id, g.database_id(&db.name));
    let before = state
        .hadr
        .seedings
        .iter()
        .rev()
        .find(|s| s.is_source && s.ag_db_id == ag_db_id && s.remote_replica_id == ends.remote_id)
        .filter(|s| s.current_state == "FAILED")
        .map_or(0, |s| s.attempts);
    let size = state.database(&db.name).map_or(0, |d| d.size_bytes() as i64);
    let operation_id = crate::base::random::uuid();
    db.operation = Some(operation_id);
    state.hadr.seedings.push(Seeding {
        operation_id,
        ag_id,
        ag_db_id,
        remote_replica_id: ends.remote_id,
        database: db.name.clone(),
        remote_machine: machine(ends),
        is_source: true,
        current_state: "CHECK_IF_SEEDING_NEEDED".to_owned(),
        performed: false,
        failure_state: None,
        error_code: None,
        attempts: before + 1,
        start: now,
        end: None,
        transferred: 0,
        size,
        rate: 0,
        internal_state: "WaitingForRestoreToStart".to_owned(),
        failure_code: 0,
        failure_message: None,
    });
}

/// Decides what a database needs on this connection, and starts it.
pub(super) fn check(state: &mut InstanceState, ends: &Ends, db: &mut Shipped, now: OffsetDateTime) -> Option<Down> {
    let history = roles::forks(state, &db.name);
    let known = state.hadr.group(&ends.group).is_some_and(|g| {
        g.progress.iter().any(|p| p.replica_id == ends.remote_id && p.seeded && p.database == db.name)
    });
    let end = state.database(&db.name)?.log_end;
    match db.copy {
        Copy::Present { hardened, .. } if roles::continues(&history, end, db.copy) => {
            if !known {
                begin(state, ends, db, now);
                set(state, db, "CATCHUP", "Success");
                db.catch_up = Some(end);
            }
            join(state, ends, db, hardened, now)
        }
        Copy::Present { .. } => {
            db.revert = true;
            begin(state, ends, db, now);
            set_sync_state(state, ends, &db.name, 3);
            db.stage = Stage::Limit;
            None
        }
        Copy::Absent => {
            let manual = state.hadr.group(&ends.group)?.own(&ends.remote)?.seeding_mode == 1;
            if manual {
                db.stage = Stage::Retry(Instant::now() + RETRY);
                return None;
            }
            begin(state, ends, db, now);
            db.stage = Stage::Limit;
            None
        }
        Copy::Foreign => {
            begin(state, ends, db, now);
            fail(state, ends, db, Refused { state: 23, number: 1801, transient: false }, now);
            None
        }
    }
}

/// Log follows from `from`: unless it was truncated (1408).
fn join(
    state: &mut InstanceState,
    ends: &Ends,
    db: &mut Shipped,
    from: crate::lab::world::lsn::Lsn,
    now: OffsetDateTime,
) -> Option<Down> {
    let database = db.name.clone();
    let forks = roles::forks(state, &database);
    if state.database(&database)?.blocks_from(from).is_none() {
        let text = format!(
            "The remote copy of database \"{database}\" is not recovered far enough to enable database mirroring or to \
             join it to the availability group. You need to apply missing log records to the remote database by \
             restoring the current log backups from the principal/primary database."
        );
        report::log_error(state, now, 1408, 16, &text);
        db.stage = Stage::Failed;
        return Some(Down::SeedFailed { database, number: 1408, text });
    }
    db.sent = from;
    db.stage = Stage::Shipping;
    if let Some(p) = state.hadr.group_mut(&ends.group).map(|g| g.progress_of(ends.remote_id, &database)) {
        p.seeded = true;
        p.last_hardened = Some((from, now));
        p.last_sent = Some((from, now));
        p.sync_state = 1;
    }
    report::database_connected(state, ends, &database, true, now);
    Some(Down::Join { database, forks })
}

/// The seeding may begin once fewer than the allowed number run.
pub(super) fn offer(state: &mut InstanceState, db: &mut Shipped) -> Option<Down> {
    let running = |s: &&Seeding| s.is_source && matches!(s.current_state.as_str(), "SENDING_FILE_LIST" | "SEEDING");
    if state.hadr.seedings.iter().filter(running).count() >= state.hadr.tuning.concurrent_seedings {
        set(state, db, "LIMIT_CONCURRENT_BACKUPS", "WaitingForRestoreToStart");
        return None;
    }
    set(state, db, "SENDING_FILE_LIST", "WaitingForRestoreToStart");
    let attempt = row(state, db.operation).map_or(1, |r| r.attempts);
    let size = state.database(&db.name)?.size_bytes();
    db.stage = Stage::Offered;
    Some(Down::SeedBegin {
        database: db.name.clone(),
        operation: db.operation.unwrap_or_default(),
        size,
        revert: db.revert,
        attempt,
    })
}

/// The secondary waits for the stream: take the copy now.
pub(super) fn start(state: &mut InstanceState, db: &mut Shipped, clock: &LabClock) {
    let chunk = state.hadr.tuning.seed_chunk;
    let Some(image) = state.database(&db.name).map(crate::lab::world::database::Database::seed_image) else { return };
    if let Some(row) = row(state, db.operation) {
        "SEEDING".clone_into(&mut row.current_state);
        "ReadingAndSendingData".clone_into(&mut row.internal_state);
        row.performed = true;
        row.size = image.size_bytes as i64;
    }
    db.began = clock.now();
    let lsn = image.lsn;
    let now = clock.elapsed();
    let counting =
        image.is_modelled().then(|| Counting { until: now, piece: std::time::Duration::ZERO, _lapse: clock.lapse() });
    let chunks: Box<dyn Iterator<Item = _> + Send> = Box::new(image.to_chunks(chunk));
    db.stage = Stage::Copying { chunks: chunks.peekable(), image: lsn, counting };
}

/// Next piece of the copy, or its end; nothing while the line is busy with what was counted.
pub(super) fn next_chunk(state: &mut InstanceState, db: &mut Shipped, line: &Line<'_>) -> Option<Down> {
    let database = db.name.clone();
    let Stage::Copying { chunks, image, counting } = &mut db.stage else { return None };
    let now = line.clock.elapsed();
    if let Some(c) = counting {
        let is_counted = chunks.peek().is_some_and(|p| p.unsent > 0);
        let ahead = if is_counted { c.piece } else { std::time::Duration::ZERO };
        if c.until > now + ahead {
            return None;
        }
    }
    let (piece, image) = (chunks.next(), *image);
    let elapsed = line.clock.now() - db.began;
    let Some(piece) = piece else {
        db.stage = Stage::Sent { image };
        let forks = roles::forks(state, &database);
        return Some(Down::SeedEnd { database, forks });
    };
    match counting {
        Some(c) if piece.unsent > 0 => {
            let until = line.network.count(line.from, line.to, piece.unsent, now);
            (c.piece, c.until) = (until.saturating_sub(c.until.max(now)), until);
        }
        // The rest is sent: that takes the time it takes.
        _ => *counting = None,
    }
    if let Some(row) = row(state, db.operation) {
        row.transferred += piece.size() as i64;
        row.rate = (row.transferred as f64 / elapsed.as_seconds_f64().max(0.001)) as i64;
    }
    Some(Down::SeedChunk { database, bytes: Chunk(piece.bytes), unsent: piece.unsent })
}

/// The copy stands on the other side: log follows, if it is still there (1412 otherwise).
pub(super) fn arrived(state: &mut InstanceState, ends: &Ends, db: &mut Shipped, now: OffsetDateTime) -> Option<Down> {
    let Stage::Sent { image } = db.stage else { return None };
    let database = db.name.clone();
    let source = state.database(&database)?;
    let end = source.log_end;
    if source.blocks_from(image).is_none() {
        let text = format!(
            "The remote copy of database \"{database}\" has not been rolled forward to a point in time that is \
             encompassed in the local copy of the database log."
        );
        report::log_error(state, now, 1412, 16, &text);
        fail(state, ends, db, Refused { state: 24, number: 1412, transient: false }, now);
        return Some(Down::SeedFailed { database, number: 1412, text });
    }
    set(state, db, "CATCHUP", "Success");
    if let Some(row) = row(state, db.operation) {
        row.end = Some(now);
    }
    db.catch_up = Some(end);
    db.sent = image;
    db.stage = Stage::Shipping;
    if let Some(p) = state.hadr.group_mut(&ends.group).map(|g| g.progress_of(ends.remote_id, &database)) {
        p.seeded = true;
        p.last_hardened = Some((image, now));
        p.last_redone = Some((image, now));
        p.last_sent = Some((image, now));
        p.sync_state = 1;
    }
    report::database_connected(state, ends, &database, true, now);
    None
}

/// The first time everything is hardened over there.
pub(super) fn completed(state: &mut InstanceState, db: &mut Shipped, now: OffsetDateTime) {
    if let Some(row) = row(state, db.operation) {
        "COMPLETED".clone_into(&mut row.current_state);
        "Success".clone_into(&mut row.internal_state);
        row.end = Some(now);
    }
    db.operation = None;
    db.catch_up = None;
}

/// Why a seeding ended without a copy.
pub(super) struct Refused {
    /// `failure_state`.
    pub(super) state: i32,
    pub(super) number: i32,
    /// Tried again by itself (19494), or not (19495).
    pub(super) transient: bool,
}

/// The operation ends in FAILED.
pub(super) fn fail(state: &mut InstanceState, ends: &Ends, db: &mut Shipped, why: Refused, now: OffsetDateTime) {
    if let Some(row) = row(state, db.operation) {
        "FAILED".clone_into(&mut row.current_state);
        "Failed".clone_into(&mut row.internal_state);
        row.failure_state = Some(why.state);
        row.error_code = Some(why.number);
        row.failure_code = why.number;
        row.failure_message = Some(format!("Seeding failed with error {}.", why.number));
        row.end = Some(now);
    }
    let (number, rest) = if why.transient {
        (19494, "failed with a transient error. The operation will be retried.")
    } else {
        (19495, "failed with an unrecoverable error. Correct the problem, then alter seeding mode to AUTOMATIC again.")
    };
    let text = format!(
        "Automatic seeding of availability database '{}' in availability group '{}' {rest}",
        db.name, ends.group
    );
    report::log_error(state, now, number, 16, &text);
    db.operation = None;
    db.catch_up = None;
    db.stage = if why.transient { Stage::Retry(Instant::now() + RETRY) } else { Stage::Failed };
}

/// Sets the state of the remote row.
pub(super) fn set_sync_state(state: &mut InstanceState, ends: &Ends, database: &str, value: u8) {
    if let Some(g) = state.hadr.group_mut(&ends.group) {
        g.progress_of(ends.remote_id, database).sync_state = value;
    }
}
