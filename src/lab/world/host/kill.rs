//! KILL, CHECKPOINT, and the bookkeeping of requests.

use super::InstanceHost;
use super::transaction::log_needed_from;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::messages::error;

impl InstanceHost {
    pub(crate) fn kill_session(&self, cx: &SessionCx, spid: i32, uow: Option<&str>) -> SqlResult<()> {
        if let Some(uow) = uow {
            return Err(error(6112, &[&uow]));
        }
        let now = self.instance.clock.now();
        self.with(|s| {
            if !s.may(cx, "ALTER ANY CONNECTION") {
                return Err(error(6102, &[]));
            }
            if spid == cx.spid {
                return Err(error(6104, &[]));
            }
            if (1..=50).contains(&spid) {
                return Err(error(6107, &[]));
            }
            if !(1..=32767).contains(&spid) {
                return Err(error(6101, &[&spid]));
            }
            let Some(victim) = s.sessions.get(spid) else { return Err(error(6106, &[&spid])) };
            let text = format!(
                "Process ID {spid} was killed by hostname {}, host process ID {}.",
                victim.host_name, victim.client_pid
            );
            s.sessions.kill(spid);
            s.error_log.push((now, text));
            Ok(())
        })?;
        self.instance.notify();
        Ok(())
    }
    pub(crate) fn checkpoint_database(&self, cx: &SessionCx) -> SqlResult<()> {
        let now = self.instance.clock.now();
        self.with(|s| {
            let key = cx.database.to_lowercase();
            let db = s.open_for_write(cx, &key)?;
            s.demand_in(cx, db, "CHECKPOINT")?;
            let simple = db.options.recovery_model == 3 || db.options.last_log_backup.is_none();
            let limit = log_needed_from(s, &key);
            if let Some(db) = s.databases.get_mut(&key) {
                let block = db.append_internal("checkpoint", now);
                db.last_checkpoint = block.lsn;
                if simple {
                    db.truncate_log(limit);
                }
            }
            SqlResult::Ok(())
        })?;
        self.instance.notify();
        Ok(())
    }
    pub(crate) fn note(&self, cx: &SessionCx, command: Option<&str>, text: &str) {
        let now = self.instance.clock.now();
        let released = self.with(|s| {
            let Some(session) = s.sessions.get_mut(cx.spid) else { return false };
            session.database.clone_from(&cx.database);
            session.lock_timeout_ms = cx.lock_timeout_ms;
            if let Some(command) = command {
                session.request = Some((command.to_owned(), text.to_owned()));
                text.clone_into(&mut session.last_text);
                session.request_start = now;
                session.requests += 1;
                false
            } else {
                session.request = None;
                session.request_end = Some(now);
                let left = session.transaction.as_ref().is_some_and(|t| t.nesting == 0);
                if left {
                    s.sessions.rollback(cx.spid);
                }
                left
            }
        });
        if released {
            self.instance.notify();
        }
    }
}
