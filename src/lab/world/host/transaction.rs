//! Transactions: begin, commit (with the wait for a synchronous partner), rollback, savepoints.

use super::InstanceHost;
use super::dead;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::Op;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::messages::error;
use crate::lab::world::session::Transaction;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// One statement's part of a transaction. Dropped without `finish`, the implicit transaction around it is undone.
pub(crate) struct Statement<'a> {
    host: &'a InstanceHost,
    spid: i32,
    implicit: bool,
    open: bool,
}

impl Statement<'_> {
    /// Leaves the implicit transaction open for the call that follows.
    pub(crate) fn keep(mut self) {
        self.open = false;
    }
    /// Commits if no transaction of the user is open.
    pub(crate) async fn finish(mut self) -> SqlResult<()> {
        self.open = false;
        if self.implicit { self.host.harden(self.spid).await } else { Ok(()) }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        if self.open && self.implicit {
            self.host.with(|s| s.sessions.rollback(self.spid));
            self.host.instance.notify_group(None);
        }
    }
}

/// Frees the locks of a transaction whose commit is over, or was cut off after its log was hardened.
struct Locks<'a> {
    instance: &'a Instance,
    spid: i32,
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        self.instance.with(|s| {
            s.sessions.locks.release_transaction(self.spid);
            if let Some(session) = s.sessions.get_mut(self.spid) {
                session.waiting = None;
            }
        });
        self.instance.notify_group(None);
    }
}

impl InstanceState {
    /// Opens a transaction for a session.
    pub(crate) fn open_transaction(&mut self, spid: i32, name: &str, nesting: i32, now: OffsetDateTime) {
        let id = self.sessions.next_transaction;
        self.sessions.next_transaction += 1;
        if let Some(s) = self.sessions.get_mut(spid) {
            s.transaction = Some(Transaction {
                id,
                began: now,
                name: if name.is_empty() { "user_transaction".to_owned() } else { name.to_owned() },
                nesting,
                doomed: false,
                work: BTreeMap::new(),
                savepoints: Vec::new(),
            });
        }
    }
    /// Adds changes to a session's transaction.
    pub(crate) fn record(&mut self, spid: i32, database: &str, ops: Vec<Op>, now: OffsetDateTime) {
        let key = database.to_lowercase();
        let end = self.databases.get(&key).map(|d| d.log_end).unwrap_or_default();
        let Some(session) = self.sessions.get_mut(spid) else { return };
        session.writes += ops.len() as i64;
        let Some(t) = &mut session.transaction else { return };
        let work = t.work.entry(key).or_default();
        if work.began.is_none() {
            work.began = Some(now);
            work.begin_lsn = end;
        }
        work.bytes += ops.iter().map(crate::lab::world::database::op_bytes).sum::<u64>();
        work.ops.extend(ops);
    }
}

impl InstanceHost {
    /// Joins the session's transaction, or opens an implicit one.
    pub(crate) fn statement(&self, cx: &SessionCx) -> SqlResult<Statement<'_>> {
        let now = self.instance.clock.now();
        self.with(|s| {
            let session = s.sessions.get(cx.spid).filter(|s| !s.dead).ok_or_else(dead)?;
            let implicit = match &session.transaction {
                Some(t) if t.doomed => return Err(error(3930, &[])),
                Some(t) => t.nesting == 0,
                None => {
                    let nesting = i32::from(cx.implicit_transactions);
                    s.open_transaction(cx.spid, "", nesting, now);
                    nesting == 0
                }
            };
            Ok(Statement { host: self, spid: cx.spid, implicit, open: true })
        })
    }
    pub(crate) fn begin_transaction(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()> {
        let now = self.instance.clock.now();
        self.with(|s| {
            let session = s.sessions.get_mut(cx.spid).filter(|s| !s.dead).ok_or_else(dead)?;
            match &mut session.transaction {
                Some(t) if t.nesting > 0 => t.nesting += 1,
                _ => {
                    s.sessions.rollback(cx.spid);
                    s.open_transaction(cx.spid, name.unwrap_or(""), 1, now);
                }
            }
            Ok(())
        })
    }
    pub(crate) async fn commit_one(&self, cx: &SessionCx) -> SqlResult<()> {
        let outermost = self.with(|s| {
            let session = s.sessions.get_mut(cx.spid).filter(|s| !s.dead).ok_or_else(dead)?;
            match &mut session.transaction {
                Some(t) if t.nesting > 1 => {
                    t.nesting -= 1;
                    Ok(false)
                }
                Some(t) if t.nesting == 1 && t.doomed => Err(error(3930, &[])),
                Some(t) if t.nesting == 1 => Ok(true),
                _ => Err(error(3902, &[])),
            }
        })?;
        if outermost { self.harden(cx.spid).await } else { Ok(()) }
    }
    pub(crate) fn rollback_to(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()> {
        let result = self.with(|s| {
            let session = s.sessions.get_mut(cx.spid).ok_or_else(dead)?;
            let Some(t) = session.transaction.as_mut().filter(|t| t.nesting > 0) else {
                return Err(error(3903, &[]));
            };
            if let Some(name) = name {
                if let Some(at) = t.savepoints.iter().rposition(|(n, _)| n.eq_ignore_ascii_case(name)) {
                    let marks = t.savepoints[at].1.clone();
                    t.savepoints.truncate(at + 1);
                    for (db, work) in &mut t.work {
                        work.ops.truncate(marks.get(db).copied().unwrap_or(0));
                        work.cache = None;
                    }
                    return Ok(());
                }
                if !t.name.eq_ignore_ascii_case(name) {
                    return Err(error(6401, &[&name]));
                }
            }
            s.sessions.rollback(cx.spid);
            Ok(())
        });
        self.instance.notify_group(None);
        result
    }
    pub(crate) fn save(&self, cx: &SessionCx, name: &str) -> SqlResult<()> {
        self.with(|s| {
            let t = s.sessions.get_mut(cx.spid).and_then(|s| s.transaction.as_mut()).filter(|t| t.nesting > 0);
            let Some(t) = t else {
                return Err(SqlError::new(
                    628,
                    16,
                    "Cannot issue SAVE TRANSACTION when there is no active transaction.",
                ));
            };
            let marks = t.work.iter().map(|(db, w)| (db.clone(), w.ops.len())).collect();
            t.savepoints.push((name.to_owned(), marks));
            Ok(())
        })
    }
    /// Ends the session's transaction: its log is hardened here, and acknowledged only when the synchronous partner has
    /// hardened it too (facts: sql-server-hadr f 8). Locks are held until then.
    pub(crate) async fn harden(&self, spid: i32) -> SqlResult<()> {
        let now = self.instance.clock.now();
        let waits = self.with(|s| write_log(s, spid, now));
        let _locks = Locks { instance: &self.instance, spid };
        let waits = waits?;
        if waits.is_empty() {
            return Ok(());
        }
        for (database, _) in &waits {
            let ag = self.with(|s| s.databases.get(database).and_then(|d| d.ag.clone()));
            self.instance.notify_group(ag.as_deref());
        }
        for (database, end) in &waits {
            self.wait_for_partner(spid, database, *end).await?;
        }
        Ok(())
    }
    async fn wait_for_partner(&self, spid: i32, database: &str, end: Lsn) -> SqlResult<()> {
        let mut changed = self.instance.changed.subscribe();
        let Some(killed) = self.with(|s| s.sessions.get(spid).map(|s| s.killed.clone())) else {
            return Err(dead());
        };
        loop {
            let now = self.instance.clock.now();
            let settled = self.with(|s| settled(s, spid, database, end, now));
            if let Some(result) = settled {
                return result;
            }
            tokio::select! {
                biased;
                () = killed.cancelled() => return Err(dead()),
                () = self.instance.shutdown.cancelled() => return Err(dead()),
                _ = changed.changed() => {}
            }
        }
    }
    /// Changes of the schema of one database, in the session's transaction or on their own.
    pub(crate) async fn write_ops(&self, cx: &SessionCx, database: &str, ops: Vec<Op>) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let now = self.instance.clock.now();
        self.with(|s| s.record(cx.spid, database, ops, now));
        statement.finish().await
    }
}

/// Has the commit that ends at `end` been decided? `None`: keep waiting.
fn settled(s: &mut InstanceState, spid: i32, database: &str, end: Lsn, now: OffsetDateTime) -> Option<SqlResult<()>> {
    if s.sessions.get(spid).is_none_or(|s| s.dead) {
        return Some(Err(dead()));
    }
    let Some(db) = s.databases.get(database) else { return Some(Ok(())) };
    if db.access != Access::ReadWrite || db.state != DatabaseState::Online {
        // the role went away under the commit: its fate is the new primary's to tell
        return Some(Err(error(3948, &[])));
    }
    if !db.sync.wait || db.sync.hardened >= end {
        return Some(Ok(()));
    }
    let resource = format!("{}:{}", db.id, end);
    if let Some(session) = s.sessions.get_mut(spid) {
        let since = session.waiting.as_ref().map_or(now, |w| w.1);
        session.waiting = Some(("HADR_SYNC_COMMIT", since, resource, 0));
    }
    None
}

/// Appends a transaction's work to the logs of its databases; what each commit has to wait for.
fn write_log(s: &mut InstanceState, spid: i32, now: OffsetDateTime) -> SqlResult<Vec<(String, Lsn)>> {
    let session = s.sessions.get_mut(spid).filter(|s| !s.dead).ok_or_else(dead)?;
    let Some(t) = session.transaction.take() else { return Ok(Vec::new()) };
    if t.doomed {
        return Err(error(3930, &[]));
    }
    for (name, work) in &t.work {
        let Some(db) = s.databases.get(name) else { return Err(error(911, &[name])) };
        if !work.ops.is_empty() && (db.access != Access::ReadWrite || db.state != DatabaseState::Online) {
            return Err(error(3948, &[]));
        }
        let bytes = work.ops.iter().map(crate::lab::world::database::op_bytes).sum::<u64>();
        if !work.ops.is_empty() && !db.log_has_room(bytes) {
            let wait = crate::lab::catalog::reuse_wait(s, db).1;
            let full = error(9002, &[&db.name, &wait]);
            s.error_log.push((now, format!("Error: 9002, Severity: 17, State: {}.", full.state)));
            s.error_log.push((now, full.message.clone()));
            return Err(full);
        }
    }
    let mut ends = Vec::new();
    for (name, work) in t.work {
        if work.ops.is_empty() {
            continue;
        }
        let Some(db) = s.databases.get_mut(&name) else { continue };
        let block = db.append(work.ops, spid, true, now);
        ends.push((name.clone(), block.end));
        *s.server.transactions.entry(name.clone()).or_default() += 1;
        *s.server.write_transactions.entry(name.clone()).or_default() += 1;
        *s.server.log_bytes_flushed.entry(name.clone()).or_default() += i64::from(block.bytes);
        auto_checkpoint(s, &name, now);
    }
    Ok(ends)
}

/// In the simple recovery model (and before the first full backup) committed log is reused at once.
fn auto_checkpoint(s: &mut InstanceState, name: &str, _now: OffsetDateTime) {
    let Some(db) = s.databases.get(name) else { return };
    let chained = db.options.recovery_model != 3 && db.options.last_log_backup.is_some();
    if chained || db.ag.is_some() || db.geo.is_some() || db.log.len() < 64 {
        return;
    }
    let limit = log_needed_from(s, name);
    if let Some(db) = s.databases.get_mut(name) {
        db.truncate_log(limit);
    }
}

/// Oldest log that somebody still needs: replicas, open transactions; else the end of log.
pub(crate) fn log_needed_from(s: &InstanceState, name: &str) -> Lsn {
    let Some(db) = s.databases.get(name) else { return Lsn::default() };
    let mut limit = db.log_end;
    if let Some(hold) = crate::lab::world::hadr_views::log_hold(s, db) {
        limit = limit.min(hold);
    }
    let active = s.sessions.sessions.values().filter_map(|x| x.transaction.as_ref());
    for work in active.filter_map(|t| t.work.get(name)).filter(|w| w.began.is_some()) {
        limit = limit.min(work.begin_lsn);
    }
    limit
}
