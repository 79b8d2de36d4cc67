//! A connection at work, on the secondary.

use super::open::Start;
use super::redo::RedoQueue;
use super::seeding;
use super::seeding::Offer;
use crate::lab::mirror::channel::Channel;
use crate::lab::mirror::managed;
use crate::lab::mirror::report;
use crate::lab::mirror::report::ConnectionRow;
use crate::lab::mirror::report::Lost;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire::Down;
use crate::lab::mirror::wire::Fork;
use crate::lab::mirror::wire::ProgressReport;
use crate::lab::mirror::wire::Up;
use crate::lab::net::BoxStream;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::LogBlock;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::storage::SeedAssembler;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_rustls::TlsStream;
use uuid::Uuid;

/// How long the old primary may take to close the connection after it has been told who leads now.
const FAREWELL: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Follower {
    name: String,
    copy: Option<(SeedAssembler, Uuid, OffsetDateTime)>,
    /// Operation that is complete but for the catch-up.
    operation: Option<Uuid>,
    redo: RedoQueue,
    received: Lsn,
    /// Something to report.
    dirty: bool,
}

struct Session<'a> {
    instance: &'a Arc<Instance>,
    start: &'a Start,
    topic: String,
    databases: BTreeMap<String, Follower>,
    outgoing: VecDeque<Up>,
    /// The role change under way: when it is done, and what must be here by then.
    switching: Option<(Instant, Vec<(String, Lsn)>)>,
    took_over: bool,
}

/// Works a connection until it ends.
pub(super) async fn run(
    instance: &Arc<Instance>,
    start: Start,
    stream: TlsStream<BoxStream>,
    encrypted: bool,
    client: &str,
) {
    let mut channel = Channel::<Down>::new(stream);
    let row = ConnectionRow::new(instance, client, encrypted, true, channel.counters.clone());
    let now = instance.clock.now();
    instance.with(|s| {
        report::connected(s, &start.ends, now);
        managed::note_connected(s, &start.ends.group);
    });
    let mut session = Session {
        instance,
        start: &start,
        topic: instance.with(|s| start.ends.topic(s)),
        databases: BTreeMap::new(),
        outgoing: VecDeque::new(),
        switching: None,
        took_over: false,
    };
    instance.notify_group(Some(&session.topic));
    let lost = session.work(&mut channel, &row).await;
    session.end(lost);
}

impl Session<'_> {
    async fn work(&mut self, channel: &mut Channel<Down>, row: &ConnectionRow) -> Lost {
        let sender = channel.sender();
        let timeout = self.start.session_timeout;
        let mut changed = self.instance.changed.subscribe_to(&self.topic);
        // while a copy comes in nothing else goes back, and silence would look like a lost connection
        let keepalive = self.instance.with(|s| s.hadr.tuning.keepalive).min(timeout / 3);
        let mut tick = tokio::time::interval(keepalive);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            changed.mark_unchanged();
            let patience = if self.took_over { FAREWELL } else { timeout };
            let deadline = channel.heard() + patience;
            if !self.took_over
                && let Some(lost) = self.obsolete()
            {
                return lost;
            }
            self.resumed();
            self.report_progress();
            let delay = self.instance.with(|s| s.hadr.tuning.redo_delay);
            let redo_at = self.databases.values().filter_map(|d| d.redo.next(delay)).min();
            tokio::select! {
                biased;
                () = self.instance.shutdown.cancelled() => return Lost::Obsolete,
                // before the traffic: a stream of chunks may never pause
                _ = tick.tick() => {
                    row.refresh();
                    if self.outgoing.is_empty() {
                        self.outgoing.push_back(Up::Pong);
                    }
                }
                () = until(self.switching.as_ref().map(|s| s.0)) => self.take_over(),
                permit = sender.reserve(), if !self.outgoing.is_empty() => {
                    let Some(permit) = permit else { return Lost::Closed };
                    if let Some(message) = self.outgoing.pop_front() {
                        permit.send(&message);
                    }
                }
                message = channel.incoming.recv() => {
                    let Some(message) = message else { return Lost::Closed };
                    self.handle(message);
                }
                () = until(redo_at) => self.redo(),
                _ = changed.changed() => {}
                () = tokio::time::sleep_until(deadline) => {
                    if channel.heard() + patience <= Instant::now() {
                        return if self.took_over { Lost::Obsolete } else { Lost::Timeout };
                    }
                }
            }
        }
    }

    /// Is this connection still the one that counts?
    fn obsolete(&self) -> Option<Lost> {
        self.instance.with(|s| {
            let stopped = !self.instance.config.is_managed() && s.hadr.endpoint.as_ref().is_none_or(|e| e.state != 0);
            if stopped {
                return Some(Lost::EndpointStopped);
            }
            if s.hadr.away {
                return Some(Lost::Obsolete);
            }
            let current = s.hadr.group(&self.start.ends.group).is_some_and(|g| g.generation == self.start.generation);
            let fits = current && managed::accepts(s, &self.start.ends.group);
            if fits { None } else { Some(Lost::Obsolete) }
        })
    }

    fn handle(&mut self, message: Down) {
        match message {
            Down::Ping => {
                self.outgoing.push_back(Up::Pong);
                return;
            }
            Down::Bye => {}
            _ if self.start.split_brain => {}
            Down::SeedBegin { database, operation, size, revert, attempt } => {
                self.seed_begin(&Offer { database: &database, operation, size, revert, attempt });
            }
            Down::SeedChunk { database, bytes, unsent } => self.seed_chunk(&database, &bytes.0, unsent),
            Down::SeedEnd { database, forks } => self.seed_end(&database, forks),
            Down::SeedFailed { database, number, text } => self.seed_failed(&database, number, &text),
            Down::Join { database, forks } => self.join(&database, forks),
            Down::Block { database, block } => self.block(&database, block),
            Down::Synchronized { database, synchronized, synchronous } => {
                self.synchronized(&database, synchronized, synchronous);
            }
            Down::Mode { synchronous } => self.mode(synchronous),
            Down::FailoverBegin => self.instance.with(|s| {
                managed::note_state(s, &self.start.ends.group, "LinkFailoverInProgress");
            }),
            Down::FailoverCancelled => self.instance.with(|s| {
                managed::note_state(s, &self.start.ends.group, "LinkSynchronizing");
            }),
            Down::TakeOver { positions } => {
                let takes = self.instance.with(|s| s.hadr.tuning.role_change);
                self.switching = Some((Instant::now() + takes, positions));
            }
        }
        self.instance.notify_group(Some(&self.topic));
    }

    /// The primary counts nobody as synchronized before it has heard from them in the new mode.
    fn mode(&mut self, synchronous: bool) {
        for follower in self.databases.values_mut() {
            follower.dirty = true;
        }
        self.instance.with(|s| {
            if let Some(g) = s.hadr.group_mut(&self.start.ends.group) {
                g.synchronous = synchronous;
                for p in g.progress.iter_mut().filter(|p| !synchronous && p.sync_state == 2) {
                    p.sync_state = 1;
                }
            }
        });
    }

    fn follower(&mut self, database: &str) -> &mut Follower {
        self.databases
            .entry(database.to_lowercase())
            .or_insert_with(|| Follower { name: database.to_owned(), ..Follower::default() })
    }

    fn seed_begin(&mut self, offer: &Offer<'_>) {
        let now = self.instance.clock.now();
        let config = &self.instance.config;
        let result = self.instance.with(|s| seeding::prepare(s, config, &self.start.ends, offer, now));
        if result.is_ok() {
            let follower = self.follower(offer.database);
            follower.copy = Some((SeedAssembler::default(), offer.operation, now));
            follower.redo.clear();
        }
        let refused = result.err();
        self.outgoing.push_back(Up::SeedReady { database: offer.database.to_owned(), refused });
    }

    fn seed_chunk(&mut self, database: &str, bytes: &[u8], unsent: u64) {
        let now = self.instance.clock.now();
        let follower = self.follower(database);
        let Some((assembler, operation, began)) = &mut follower.copy else { return };
        assembler.push(bytes);
        let (operation, elapsed) = (*operation, now - *began);
        let size = bytes.len() as i64 + unsent as i64;
        self.instance.with(|s| seeding::received(s, operation, size, elapsed));
    }

    fn seed_end(&mut self, database: &str, forks: Vec<Fork>) {
        let follower = self.follower(database);
        let Some((assembler, operation, _)) = follower.copy.take() else { return };
        follower.operation = Some(operation);
        let image = assembler.finish();
        let now = self.instance.clock.now();
        let config = &self.instance.config;
        let result = self.instance.with(|s| {
            let result = seeding::install(s, config, &self.start.ends, database, image, forks, now);
            match &result {
                Ok(()) => seeding::mark(s, operation, "CATCHUP", None, now),
                Err((state, number, _)) => seeding::mark(s, operation, "FAILED", Some((*state, *number)), now),
            }
            result
        });
        self.follower(database).dirty = result.is_ok();
        self.outgoing.push_back(Up::SeedDone { database: database.to_owned(), refused: result.err() });
    }

    fn seed_failed(&mut self, database: &str, number: i32, text: &str) {
        let now = self.instance.clock.now();
        let follower = self.follower(database);
        follower.copy = None;
        let operation = follower.operation.take();
        self.instance.with(|s| {
            report::log_error(s, now, number, 16, text);
            if let Some(operation) = operation {
                seeding::mark(s, operation, "FAILED", Some((224, number)), now);
            }
            managed::note_creation_error(s, &self.start.ends.group, number);
        });
    }

    fn join(&mut self, database: &str, forks: Vec<Fork>) {
        let now = self.instance.clock.now();
        let pending = self.instance.with(|s| {
            s.hadr.forks.insert(database.to_lowercase(), forks);
            if let Some(g) = s.hadr.group_mut(&self.start.ends.group) {
                g.progress_of(self.start.ends.local_id, database).sync_state = 1;
            }
            report::database_connected(s, &self.start.ends, database, false, now);
            s.database(database).and_then(|db| db.blocks_from(db.redone)).unwrap_or_default()
        });
        let follower = self.follower(database);
        follower.redo.clear();
        for block in pending {
            follower.redo.push(Instant::now(), block);
        }
        follower.dirty = true;
    }

    fn block(&mut self, database: &str, block: Arc<LogBlock>) {
        let now = self.instance.clock.now();
        let end = block.end;
        let taken = self.instance.with(|s| {
            let suspended = s
                .hadr
                .group(&self.start.ends.group)
                .is_some_and(|g| g.suspended.contains_key(&database.to_lowercase()));
            let db = s.database_mut(database)?;
            // a gap can only follow a suspension: the primary sends again from what was hardened
            if suspended || block.lsn != db.log_end {
                return Some(false);
            }
            db.harden(block.clone());
            let hardened = db.hardened;
            if let Some(g) = s.hadr.group_mut(&self.start.ends.group) {
                let p = g.progress_of(self.start.ends.local_id, database);
                p.last_received = Some((end, now));
                p.last_hardened = Some((hardened, now));
                p.sync_state = p.sync_state.clamp(1, 2);
            }
            Some(true)
        });
        let follower = self.follower(database);
        follower.received = end;
        follower.dirty = true;
        if taken == Some(true) {
            follower.redo.push(Instant::now(), block);
        }
    }

    fn synchronized(&mut self, database: &str, synchronized: bool, synchronous: bool) {
        let now = self.instance.clock.now();
        let operation = self.follower(database).operation.take();
        let config = &self.instance.config;
        self.instance.with(|s| {
            if let Some(operation) = operation {
                seeding::mark(s, operation, "COMPLETED", None, now);
            }
            if let Some(g) = s.hadr.group_mut(&self.start.ends.group) {
                let p = g.progress_of(self.start.ends.local_id, database);
                p.sync_state = if synchronized && synchronous { 2 } else { 1 };
            }
            if let Some(db) = s.database_mut(database)
                && db.state == DatabaseState::Restoring
            {
                db.state = DatabaseState::Online;
            }
            roles::refresh_access(s, config);
            managed::note_synchronizing(s, &self.start.ends.group, database);
        });
    }

    fn take_over(&mut self) {
        let Some((_, positions)) = self.switching.take() else { return };
        let now = self.instance.clock.now();
        let config = &self.instance.config;
        let group = &self.start.ends.group;
        let done = self.instance.with(|s| {
            let current =
                s.hadr.group(group).is_some_and(|g| g.generation == self.start.generation && g.role == Role::Secondary);
            let complete = positions.iter().all(|(n, end)| s.database(n).is_some_and(|d| d.log_end >= *end));
            if !current || !complete {
                return false;
            }
            roles::become_primary(s, config, group, false, now);
            managed::note_role(s, group, Role::Primary);
            true
        });
        if !done {
            return;
        }
        self.took_over = true;
        self.outgoing.push_back(Up::TookOver);
        self.instance.notify();
        for (name, _) in &positions {
            managed::schedule_first_backup(self.instance, name);
        }
    }

    fn redo(&mut self) {
        let (at, now) = (Instant::now(), self.instance.clock.now());
        self.instance.with(|s| {
            for follower in self.databases.values_mut() {
                if follower.redo.run(s, &follower.name, at) {
                    follower.dirty = true;
                    note_redone(s, self.start, &follower.name, &follower.redo, now);
                }
            }
        });
        self.instance.notify_group(Some(&self.topic));
    }

    /// A suspension that began or ended here is news for the primary.
    fn resumed(&mut self) {
        let group = &self.start.ends.group;
        let local = self.start.ends.local_id;
        self.instance.with(|s| {
            let Some(g) = s.hadr.group_mut(group) else { return };
            for follower in self.databases.values_mut() {
                let here = g.suspended.get(&follower.name.to_lowercase()).copied();
                let p = g.progress_of(local, &follower.name);
                if p.suspended != here {
                    p.suspended = here;
                    p.sync_state = u8::from(here.is_none());
                    follower.dirty = true;
                }
            }
        });
    }

    /// At most one report a database waits to be sent: the newest.
    fn report_progress(&mut self) {
        if !self.outgoing.is_empty() || self.took_over {
            return;
        }
        let reports: Vec<Up> = self.instance.with(|s| {
            let dirty = self.databases.values_mut().filter(|f| f.dirty);
            dirty
                .filter_map(|f| {
                    f.dirty = false;
                    let db = s.database(&f.name)?;
                    let suspended =
                        s.hadr.group(&self.start.ends.group)?.suspended.get(&f.name.to_lowercase()).copied();
                    Some(Up::Progress(ProgressReport {
                        database: f.name.clone(),
                        received: f.received.max(db.hardened),
                        hardened: db.hardened,
                        redone: db.redone,
                        last_commit: db.last_commit_time.map(|t| (db.last_commit_lsn, t)),
                        redo_queue_bytes: f.redo.bytes(),
                        redo_rate_bytes: f.redo.bytes_per_second(),
                        suspended,
                    }))
                })
                .collect()
        });
        self.outgoing.extend(reports);
    }

    fn end(&mut self, lost: Lost) {
        let now = self.instance.clock.now();
        let names: Vec<String> = self.databases.values().map(|d| d.name.clone()).collect();
        let ends = &self.start.ends;
        self.instance.with(|s| {
            for f in self.databases.values_mut() {
                if let Some((_, operation, _)) = f.copy.take() {
                    seeding::mark(s, operation, "FAILED", Some((206, 35206)), now);
                } else {
                    // redo goes on without the primary
                    if let Some(db) = s.database_mut(&f.name) {
                        roles::redo_all(db);
                    }
                }
            }
            let current = s.hadr.group(&ends.group).is_some_and(|g| g.generation == self.start.generation);
            if !current {
                return;
            }
            if let Some(g) = s.hadr.group_mut(&ends.group) {
                for p in g.progress.iter_mut().filter(|p| p.replica_id == ends.local_id) {
                    p.sync_state = 0;
                }
            }
            if lost == Lost::Timeout {
                managed::note_error(s, &ends.group, 41971);
            }
            report::disconnected(s, ends, &names, false, lost, now);
        });
        self.instance.notify();
    }
}

fn note_redone(s: &mut InstanceState, start: &Start, name: &str, redo: &RedoQueue, now: time::OffsetDateTime) {
    let Some((redone, commit)) =
        s.database(name).map(|d| (d.redone, d.last_commit_time.map(|t| (d.last_commit_lsn, t))))
    else {
        return;
    };
    if let Some(g) = s.hadr.group_mut(&start.ends.group) {
        let p = g.progress_of(start.ends.local_id, name);
        p.last_redone = Some((redone, now));
        p.last_commit = commit;
        p.redo_queue_bytes = redo.bytes();
        p.redo_rate_bytes = redo.bytes_per_second();
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
