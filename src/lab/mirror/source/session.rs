//! A connection at work, on the primary.

use super::database::Shipped;
use super::database::Stage;
use super::dial::Agreed;
use super::dial::Plan;
use super::seeding;
use super::seeding::Refused;
use super::settle;
use super::settle::Meeting;
use crate::lab::mirror::channel::Channel;
use crate::lab::mirror::report;
use crate::lab::mirror::report::ConnectionRow;
use crate::lab::mirror::report::Ends;
use crate::lab::mirror::report::Lost;
use crate::lab::mirror::roles;
use crate::lab::mirror::roles::SYNCHRONIZED;
use crate::lab::mirror::wire::Copy;
use crate::lab::mirror::wire::Down;
use crate::lab::mirror::wire::ProgressReport;
use crate::lab::mirror::wire::Up;
use crate::lab::world::hadr::Failover;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Rates are averaged over periods of activity; a longer pause begins a new one.
const ACTIVE_PERIOD: Duration = Duration::from_secs(1);
/// How often bytes that are only counted are looked at.
const COUNTING: Duration = Duration::from_millis(5);

struct Session<'a> {
    instance: &'a Arc<Instance>,
    ends: &'a Ends,
    /// Host of the other side.
    host: &'a str,
    topic: String,
    meeting: Meeting,
    databases: BTreeMap<String, Shipped>,
    /// Last mode told.
    synchronous: Option<bool>,
    announced: bool,
    handed_over: bool,
}

/// Works a connection until it ends.
pub(super) async fn run(instance: &Arc<Instance>, plan: &Plan, agreed: Agreed) {
    let mut channel = Channel::<Up>::new(agreed.stream);
    let row = ConnectionRow::new(
        instance,
        &format!("{}:{}", plan.host, plan.port),
        agreed.encrypted,
        false,
        channel.counters.clone(),
    );
    let now = instance.clock.now();
    let (meeting, settled, topic) = instance.with(|s| {
        report::connected(s, &plan.ends, now);
        let open = s.hadr.group(&plan.ends.group).is_none_or(|g| g.role == Role::Resolving);
        (settle::settle(s, &instance.config, plan, agreed.remote_role, now), open, plan.ends.topic(s))
    });
    // a role that was decided here concerns everybody
    if settled || meeting != Meeting::Ship {
        instance.notify();
    } else {
        instance.notify_group(Some(&topic));
    }
    if meeting == Meeting::Follow {
        return;
    }
    let databases = agreed.positions.iter().map(|p| (p.name.to_lowercase(), Shipped::new(&p.name, p.copy))).collect();
    let mut session = Session {
        instance,
        ends: &plan.ends,
        host: &plan.host,
        topic,
        meeting,
        databases,
        synchronous: None,
        announced: false,
        handed_over: false,
    };
    let lost = session.work(&mut channel, plan.session_timeout, &row).await;
    session.end(lost);
}

impl Session<'_> {
    async fn work(&mut self, channel: &mut Channel<Up>, timeout: Duration, row: &ConnectionRow) -> Lost {
        let sender = channel.sender();
        let keepalive = self.instance.with(|s| s.hadr.tuning.keepalive).min(timeout / 3);
        let mut changed = self.instance.changed.subscribe_to(&self.topic);
        let mut tick = tokio::time::interval(keepalive);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut waiting: VecDeque<Down> = VecDeque::new();
        loop {
            changed.mark_unchanged();
            let deadline = channel.heard() + timeout;
            if waiting.is_empty() {
                match self.next() {
                    Ok(next) => waiting.extend(next),
                    Err(lost) => return lost,
                }
            }
            tokio::select! {
                biased;
                () = self.instance.shutdown.cancelled() => return Lost::Obsolete,
                // before the traffic, which may never pause
                _ = tick.tick() => {
                    row.refresh();
                    if waiting.is_empty() {
                        waiting.push_back(Down::Ping);
                    }
                }
                message = channel.incoming.recv() => {
                    let Some(message) = message else { return Lost::Closed };
                    waiting.extend(self.handle(message));
                }
                permit = sender.reserve(), if !waiting.is_empty() => {
                    let Some(permit) = permit else { return Lost::Closed };
                    if let Some(message) = waiting.pop_front() {
                        permit.send(&message);
                    }
                }
                _ = changed.changed() => {}
                () = tokio::time::sleep(COUNTING), if self.databases.values().any(Shipped::is_counting) => {}
                () = tokio::time::sleep_until(deadline) => {
                    if channel.heard() + timeout <= tokio::time::Instant::now() {
                        return Lost::Timeout;
                    }
                }
            }
        }
    }

    /// Next message to send, if there is one; an error ends the connection.
    fn next(&mut self) -> Result<Option<Down>, Lost> {
        let now = self.instance.clock.now();
        let instance = self.instance;
        instance.with(|s| self.decide(s, now))
    }

    fn decide(&mut self, s: &mut InstanceState, now: OffsetDateTime) -> Result<Option<Down>, Lost> {
        let started = self.instance.config.is_managed() || s.hadr.endpoint.as_ref().is_some_and(|e| e.state == 0);
        if !started {
            return Err(Lost::EndpointStopped);
        }
        if s.hadr.away {
            return Err(Lost::Obsolete);
        }
        let Some(g) = s.hadr.group(&self.ends.group) else { return Err(Lost::Obsolete) };
        let switching = match (g.role, &g.failover) {
            (Role::Primary, _) => None,
            (Role::Resolving, Some(Failover::Switching { positions })) => Some(positions.clone()),
            _ => return Err(Lost::Obsolete),
        };
        if self.meeting == Meeting::SplitBrain {
            return Ok(None);
        }
        let modes = |name: &str| g.own(name).is_some_and(|r| r.availability_mode == 1);
        let synchronous = (modes(&self.ends.local) && modes(&self.ends.remote)) || g.failover.is_some();
        let failing_over = g.failover.is_some();
        if self.synchronous != Some(synchronous) {
            self.synchronous = Some(synchronous);
            self.downgrade(s, synchronous);
            return Ok(Some(Down::Mode { synchronous }));
        }
        if failing_over != self.announced {
            self.announced = failing_over;
            return Ok(Some(if failing_over { Down::FailoverBegin } else { Down::FailoverCancelled }));
        }
        self.adopt_new_databases(s);
        let names: Vec<String> = self.databases.keys().cloned().collect();
        // log first: a seeding must not delay other databases' commits
        for seeding in [false, true] {
            for name in &names {
                let Some(mut db) = self.databases.remove(name) else { continue };
                let next = if db.is_seeding() == seeding { self.advance(s, &mut db, now) } else { None };
                self.databases.insert(name.clone(), db);
                if next.is_some() {
                    return Ok(next);
                }
            }
        }
        if let Some(positions) = switching
            && !self.handed_over
            && positions.iter().all(|(n, end)| self.databases.get(&n.to_lowercase()).is_some_and(|d| d.sent >= *end))
        {
            self.handed_over = true;
            return Ok(Some(Down::TakeOver { positions }));
        }
        Ok(None)
    }

    /// Back to asynchronous: nothing is SYNCHRONIZED any more, and nothing waits.
    fn downgrade(&mut self, s: &mut InstanceState, synchronous: bool) {
        if synchronous {
            return;
        }
        if let Some(g) = s.hadr.group_mut(&self.ends.group) {
            for p in g.progress.iter_mut().filter(|p| p.replica_id == self.ends.remote_id) {
                p.sync_state = p.sync_state.min(1);
            }
        }
        roles::refresh_sync_of(s, &self.ends.group);
        self.instance.notify();
    }

    fn adopt_new_databases(&mut self, s: &InstanceState) {
        let names = roles::databases_of(s, &self.ends.group);
        self.databases.retain(|k, _| names.iter().any(|n| n.to_lowercase() == *k));
        for name in names {
            self.databases.entry(name.to_lowercase()).or_insert_with(|| Shipped::new(&name, Copy::Absent));
        }
    }

    fn advance(&mut self, s: &mut InstanceState, db: &mut Shipped, now: OffsetDateTime) -> Option<Down> {
        match &db.stage {
            Stage::Check => seeding::check(s, self.ends, db, now),
            Stage::Limit => seeding::offer(s, db),
            Stage::Copying { .. } => {
                let line = seeding::Line {
                    network: &self.instance.network,
                    clock: &self.instance.clock,
                    from: &self.instance.config.host,
                    to: self.host,
                };
                seeding::next_chunk(s, db, &line)
            }
            Stage::Shipping => self.ship(s, db, now),
            Stage::Retry(at) if *at <= tokio::time::Instant::now() => {
                db.stage = Stage::Check;
                seeding::check(s, self.ends, db, now)
            }
            Stage::Suspended => {
                self.resume(s, db);
                None
            }
            Stage::Retry(_) | Stage::Offered | Stage::Sent { .. } | Stage::Failed => None,
        }
    }

    fn suspended(&self, s: &InstanceState, db: &Shipped) -> bool {
        let Some(g) = s.hadr.group(&self.ends.group) else { return false };
        let here = g.suspended.contains_key(&db.name.to_lowercase());
        here || g
            .progress
            .iter()
            .any(|p| p.replica_id == self.ends.remote_id && p.database == db.name && p.suspended.is_some())
    }

    fn resume(&self, s: &mut InstanceState, db: &mut Shipped) {
        if self.suspended(s, db) {
            return;
        }
        if let Some(g) = s.hadr.group_mut(&self.ends.group) {
            let p = g.progress_of(self.ends.remote_id, &db.name);
            p.sync_state = 1;
            db.sent = p.last_hardened.map_or(db.sent, |h| h.0);
        }
        db.stage = Stage::Shipping;
    }

    /// Next block of the log, or the news that there is none left.
    fn ship(&mut self, s: &mut InstanceState, db: &mut Shipped, now: OffsetDateTime) -> Option<Down> {
        if self.suspended(s, db) {
            seeding::set_sync_state(s, self.ends, &db.name, 0);
            roles::refresh_sync_of(s, &self.ends.group);
            self.instance.notify();
            db.stage = Stage::Suspended;
            return None;
        }
        let end = s.database(&db.name)?.log_end;
        let clock = self.instance.clock.elapsed();
        if db.busy_until.is_some_and(|until| until > clock) {
            let waiting = distance(db.sent, end);
            if let Some(g) = s.hadr.group_mut(&self.ends.group) {
                g.progress_of(self.ends.remote_id, &db.name).send_queue_bytes = waiting;
            }
            return None;
        }
        db.busy_until = None;
        let Some(block) = s.database(&db.name)?.block_at(db.sent) else {
            if db.sent < end {
                // the log this replica needs is gone
                db.copy = Copy::Present { fork: None, hardened: db.sent, redone: db.sent };
                db.stage = Stage::Check;
                return None;
            }
            return self.tell_synchronized(s, db);
        };
        db.sent = block.end;
        if block.is_counted() {
            let from = &self.instance.config.host;
            let until = self.instance.network.count(from, self.host, u64::from(block.bytes), clock);
            db.busy_until = (until > clock).then_some(until);
        }
        let since = db.rate_from.elapsed();
        if since > ACTIVE_PERIOD {
            (db.rate_bytes, db.rate_from) = (0, tokio::time::Instant::now());
        }
        db.rate_bytes += i64::from(block.bytes);
        let rate = (db.rate_bytes as f64 / since.as_secs_f64().clamp(0.1, 10.0)) as i64;
        if let Some(g) = s.hadr.group_mut(&self.ends.group) {
            let p = g.progress_of(self.ends.remote_id, &db.name);
            p.last_sent = Some((block.end, now));
            p.send_rate_bytes = rate;
            p.send_queue_bytes = distance(block.end, end);
        }
        Some(Down::Block { database: db.name.clone(), block })
    }

    fn tell_synchronized(&self, s: &mut InstanceState, db: &mut Shipped) -> Option<Down> {
        let g = s.hadr.group_mut(&self.ends.group)?;
        let p = g.progress_of(self.ends.remote_id, &db.name);
        if db.catch_up.is_some() {
            return None;
        }
        let told = (true, p.sync_state == SYNCHRONIZED);
        if db.told == Some(told) {
            return None;
        }
        db.told = Some(told);
        Some(Down::Synchronized { database: db.name.clone(), synchronized: told.0, synchronous: told.1 })
    }

    fn handle(&mut self, message: Up) -> Option<Down> {
        let now = self.instance.clock.now();
        let answer = match message {
            // nothing that anybody waits for
            Up::Pong => return None,
            Up::SeedReady { database, refused } => self.seed_ready(&database, refused, now),
            Up::SeedDone { database, refused } => self.seed_done(&database, refused, now),
            Up::Progress(report) => {
                let seeding = self.progress(&report, now);
                if !seeding {
                    self.instance.notify_group(Some(&self.topic));
                    return None;
                }
                None
            }
            Up::TookOver => {
                let config = &self.instance.config;
                self.instance.with(|s| roles::become_secondary(s, config, &self.ends.group, now));
                None
            }
        };
        self.instance.notify();
        answer
    }

    fn seed_ready(&mut self, database: &str, refused: Option<(i32, i32)>, now: OffsetDateTime) -> Option<Down> {
        let db = self.databases.get_mut(&database.to_lowercase())?;
        self.instance.with(|s| match refused {
            None => seeding::start(s, db, &self.instance.clock),
            Some((state, number)) => {
                // a permission may still be granted; a name in use is for good
                let why = Refused { state, number, transient: state != 23 };
                seeding::fail(s, self.ends, db, why, now);
            }
        });
        None
    }

    fn seed_done(&mut self, database: &str, refused: Option<(i32, i32, String)>, now: OffsetDateTime) -> Option<Down> {
        let db = self.databases.get_mut(&database.to_lowercase())?;
        self.instance.with(|s| match refused {
            None => seeding::arrived(s, self.ends, db, now),
            Some((state, number, _)) => {
                seeding::fail(s, self.ends, db, Refused { state, number, transient: true }, now);
                None
            }
        })
    }

    /// True if it may have ended a seeding, for which others wait.
    fn progress(&mut self, r: &ProgressReport, now: OffsetDateTime) -> bool {
        let synchronous = self.synchronous == Some(true);
        let Some(db) = self.databases.get_mut(&r.database.to_lowercase()) else { return false };
        let seeding = db.catch_up.is_some();
        let shipping = matches!(db.stage, Stage::Shipping);
        self.instance.with(|s| {
            let Some(source) = s.database(&r.database) else { return };
            let (end, commit_lsn, commit_time) = (source.log_end, source.last_commit_lsn, source.last_commit_time);
            let Some(g) = s.hadr.group_mut(&self.ends.group) else { return };
            let p = g.progress_of(self.ends.remote_id, &r.database);
            p.last_received = Some((r.received, now));
            p.last_hardened = Some((r.hardened, now));
            p.last_redone = Some((r.redone, now));
            p.last_commit = r.last_commit;
            p.end_of_log = Some(r.hardened);
            p.redo_queue_bytes = r.redo_queue_bytes;
            p.redo_rate_bytes = r.redo_rate_bytes;
            p.suspended = r.suspended;
            p.send_queue_bytes = distance(db.sent, end);
            p.lag_s = match r.last_commit {
                Some((lsn, _)) if lsn >= commit_lsn => Some(0),
                Some((_, time)) => commit_time.map(|t| (t - time).whole_seconds().max(0)),
                None => None,
            };
            let caught_up = r.hardened >= end && r.suspended.is_none();
            if shipping && p.suspended.is_none() {
                p.sync_state = match p.sync_state {
                    SYNCHRONIZED if synchronous => SYNCHRONIZED,
                    _ if synchronous && caught_up => SYNCHRONIZED,
                    _ => 1,
                };
            }
            if db.catch_up.is_some_and(|at| r.hardened >= at) {
                seeding::completed(s, db, now);
            }
            roles::refresh_sync_of(s, &self.ends.group);
        });
        seeding
    }

    /// The connection is gone: what the views show afterwards, and who need not wait any longer.
    fn end(&mut self, lost: Lost) {
        let now = self.instance.clock.now();
        let databases: Vec<String> = self.databases.values().map(|d| d.name.clone()).collect();
        self.instance.with(|s| {
            for db in self.databases.values_mut() {
                if db.operation.is_some() {
                    seeding::fail(s, self.ends, db, Refused { state: 6, number: 35206, transient: true }, now);
                }
            }
            if let Some(g) = s.hadr.group_mut(&self.ends.group) {
                for p in g.progress.iter_mut().filter(|p| p.replica_id == self.ends.remote_id) {
                    (p.sync_state, p.lag_s) = (0, None);
                }
            }
            report::disconnected(s, self.ends, &databases, true, lost, now);
            roles::refresh_sync_of(s, &self.ends.group);
        });
        self.instance.notify();
    }
}

/// Bytes of log between two positions: blocks count 512-byte sectors.
fn distance(from: Lsn, to: Lsn) -> i64 {
    /// Sectors of a virtual log file, as the storage side lays them out.
    const VLF: i64 = 64 * 1024 * 1024 / 512;
    let sectors = (i64::from(to.file) - i64::from(from.file)) * VLF + i64::from(to.block) - i64::from(from.block);
    sectors.max(0) * 512
}
