//! Waiting for locks.

use super::InstanceHost;
use super::dead;
use super::names;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::instance::Instance;
use crate::lab::world::messages::error;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::LockOwner;
use crate::lab::world::session::Outcome;
use crate::lab::world::session::Resource;
use crate::lab::world::session::Waiter;
use std::time::Duration;

/// Why a lock was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockError {
    Timeout,
    Deadlock,
    /// The session was ended, or the instance is shutting down.
    Ended,
}

/// A place in a queue, given up when dropped.
struct Place<'a> {
    instance: &'a Instance,
    resource: &'a Resource,
    waiter: Waiter,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.instance.with(|s| {
            s.sessions.locks.leave(self.resource, self.waiter.ticket);
            if let Some(session) = s.sessions.get_mut(self.waiter.spid) {
                session.waiting = None;
            }
        });
        self.instance.notify_group(None);
    }
}

impl InstanceHost {
    /// Takes a lock; waits at most `timeout` (`None`: for ever). True if it had to wait.
    pub(crate) async fn lock(
        &self,
        spid: i32,
        resource: &Resource,
        mode: LockMode,
        owner: LockOwner,
        timeout: Option<Duration>,
    ) -> Result<bool, LockError> {
        let ticket = self.with(|s| s.sessions.locks.ticket());
        let waiter = Waiter { ticket, spid, mode, owner };
        let mut changed = self.instance.changed.subscribe();
        if let Some(done) = self.try_lock(resource, &waiter) {
            return done.map(|()| false);
        }
        let killed = self.with(|s| s.sessions.get(spid).map(|s| s.killed.clone())).ok_or(LockError::Ended)?;
        let _place = Place { instance: &self.instance, resource, waiter: waiter.clone() };
        let limit = async {
            match timeout {
                Some(t) => tokio::time::sleep(t).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(limit);
        loop {
            tokio::select! {
                biased;
                () = killed.cancelled() => return Err(LockError::Ended),
                () = self.instance.shutdown.cancelled() => return Err(LockError::Ended),
                _ = changed.changed() => {
                    if let Some(done) = self.try_lock(resource, &waiter) {
                        return done.map(|()| true);
                    }
                }
                () = &mut limit => return Err(LockError::Timeout),
            }
        }
    }
    fn try_lock(&self, resource: &Resource, waiter: &Waiter) -> Option<Result<(), LockError>> {
        let now = self.instance.clock.now();
        self.with(|s| {
            if s.sessions.get(waiter.spid).is_none_or(|s| s.dead) {
                return Some(Err(LockError::Ended));
            }
            match s.sessions.locks.request(resource, waiter) {
                Outcome::Granted => Some(Ok(())),
                Outcome::Deadlock => Some(Err(LockError::Deadlock)),
                Outcome::Blocked(by) => {
                    if let Some(session) = s.sessions.get_mut(waiter.spid) {
                        let wait = match waiter.mode {
                            LockMode::Shared => "LCK_M_S",
                            LockMode::Update => "LCK_M_U",
                            LockMode::Exclusive => "LCK_M_X",
                            LockMode::IntentShared => "LCK_M_IS",
                            LockMode::IntentExclusive => "LCK_M_IX",
                        };
                        let since = session.waiting.as_ref().map_or(now, |w| w.1);
                        session.waiting = Some((wait, since, describe(resource), by));
                    }
                    None
                }
            }
        })
    }
    /// A transaction's lock under the session's lock timeout, with the errors of the server.
    pub(crate) async fn lock_for(&self, cx: &SessionCx, resource: &Resource, mode: LockMode) -> SqlResult<()> {
        let timeout = u64::try_from(cx.lock_timeout_ms).ok().map(Duration::from_millis);
        match self.lock(cx.spid, resource, mode, LockOwner::Transaction, timeout).await {
            Ok(_) => Ok(()),
            Err(e) => Err(self.lock_error(cx, e)),
        }
    }
    fn lock_error(&self, cx: &SessionCx, e: LockError) -> SqlError {
        match e {
            LockError::Timeout => error(1222, &[]).state(45),
            LockError::Ended => dead(),
            LockError::Deadlock => {
                self.with(|s| s.sessions.rollback(cx.spid));
                self.instance.notify_group(None);
                error(1205, &[&cx.spid, &"lock"]).state(51)
            }
        }
    }
    /// `Host::lock_rows`: the locks live until the transaction ends; outside of one until the statement ends.
    pub(crate) async fn lock_table_rows(&self, cx: &SessionCx, name: &Name, rows: &[RowId]) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let (database, table) = self.with(|s| {
            let t = names::table(s, cx, name, None)?;
            let db = s.open_for_write(cx, name.database().unwrap_or(&cx.database))?;
            SqlResult::Ok((db.id, t.def.id))
        })?;
        self.lock_for(cx, &Resource::Table(database, table), LockMode::IntentExclusive).await?;
        for row in rows {
            self.lock_for(cx, &Resource::Row(database, table, *row), LockMode::Exclusive).await?;
        }
        statement.keep();
        Ok(())
    }
}

/// As `resource_description` and `wait_resource` show it.
pub(crate) fn describe(resource: &Resource) -> String {
    match resource {
        Resource::Table(db, t) => format!("OBJECT: {db}:{t}:0"),
        Resource::Row(db, t, r) => format!("RID: {db}:1:{}:{}", u64::from(*t) % 100_000 + r / 64, r % 64),
        Resource::Key(db, t, i, k) => {
            let hash = k.iter().fold(u64::from(*t), |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
            format!("KEY: {db}:{t}:{i} ({:012x})", hash & 0xFFFF_FFFF_FFFF)
        }
        Resource::App(db, principal, name) => {
            let short: String = name.chars().take(32).collect();
            let hash = name.bytes().fold(5381u32, |h, b| h.wrapping_mul(33) ^ u32::from(b));
            format!("{principal}:[{short}]:({hash:08x})").replace("DB", &db.to_string())
        }
    }
}
