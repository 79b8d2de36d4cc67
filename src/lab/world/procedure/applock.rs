//! Application locks. Return codes: 0 granted, 1 after waiting, -1 timeout, -3 deadlock, -999 bad call.

use super::Args;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::host::LockError;
use crate::lab::world::host::dead;
use crate::lab::world::messages::error;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::LockOwner;
use crate::lab::world::session::Resource;
use std::time::Duration;

/// Longest resource name.
const NAME: usize = 255;

fn refused(e: SqlError) -> ProcOutcome {
    ProcOutcome { messages: vec![e], return_code: -999, ..ProcOutcome::default() }
}

fn resource(host: &InstanceHost, cx: &SessionCx, principal: &str, name: &str) -> Result<Resource, SqlError> {
    host.with(|s| {
        let db = s.open(cx, &cx.database)?;
        let found = db.data.principal(principal).map(|p| p.id);
        let id = found.ok_or_else(|| error(15410, &[&principal]))?;
        let me = s.user_in(cx, db, &db.data).unwrap_or(-1);
        let tokens = crate::lab::world::instance::InstanceState::database_tokens(&db.data, me);
        if !tokens.contains(&id) && me != 1 {
            return Err(error(15151, &[&"find", &"database principal", &principal]));
        }
        Ok(Resource::App(db.id, id, name.chars().take(NAME).collect()))
    })
}

fn owner(word: Option<String>) -> Option<LockOwner> {
    match word.as_deref().map(str::to_lowercase).as_deref() {
        None | Some("transaction") => Some(LockOwner::Transaction),
        Some("session") => Some(LockOwner::Session),
        Some(_) => None,
    }
}

fn in_transaction(host: &InstanceHost, cx: &SessionCx) -> bool {
    host.with(|s| s.sessions.get(cx.spid).and_then(|s| s.transaction.as_ref()).is_some_and(|t| t.nesting > 0))
}

pub(super) async fn get(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let names = ["@Resource", "@LockMode", "@LockOwner", "@LockTimeout", "@DbPrincipal"];
    let a = Args::bind("sp_getapplock", &names, args)?;
    let name = a.need("@Resource")?;
    let Some(mode) = LockMode::parse(&a.need("@LockMode")?) else {
        return Ok(refused(error(15600, &[&"sp_getapplock"])));
    };
    let Some(owner) = owner(a.text("@LockOwner")) else {
        return Ok(refused(error(15600, &[&"sp_getapplock"])));
    };
    let timeout = a.int("@LockTimeout").unwrap_or_else(|| i64::from(cx.lock_timeout_ms));
    if timeout < -1 {
        return Ok(refused(error(15600, &[&"sp_getapplock"])));
    }
    if owner == LockOwner::Transaction && !in_transaction(host, cx) {
        let text = "You attempted to acquire a transactional application lock without an active transaction.";
        return Ok(refused(SqlError::new(15626, 16, text)));
    }
    let principal = a.text("@DbPrincipal").unwrap_or_else(|| "public".to_owned());
    let resource = match resource(host, cx, &principal, &name) {
        Ok(r) => r,
        Err(e) => return Ok(refused(e)),
    };
    let limit = u64::try_from(timeout).ok().map(Duration::from_millis);
    let return_code = match host.lock(cx.spid, &resource, mode, owner, limit).await {
        Ok(false) => 0,
        Ok(true) => 1,
        Err(LockError::Timeout) => -1,
        Err(LockError::Deadlock) => -3,
        Err(LockError::Ended) => return Err(dead()),
    };
    Ok(ProcOutcome { return_code, ..ProcOutcome::default() })
}

pub(super) fn release(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_releaseapplock", &["@Resource", "@LockOwner", "@DbPrincipal"], args)?;
    let name = a.need("@Resource")?;
    let Some(owner) = owner(a.text("@LockOwner")) else {
        return Ok(refused(error(15600, &[&"sp_releaseapplock"])));
    };
    let principal = a.text("@DbPrincipal").unwrap_or_else(|| "public".to_owned());
    let resource = match resource(host, cx, &principal, &name) {
        Ok(r) => r,
        Err(e) => return Ok(refused(e)),
    };
    let held = host.with(|s| s.sessions.locks.release_one(&resource, cx.spid, owner));
    host.instance.notify();
    if held {
        return Ok(ProcOutcome::default());
    }
    let text = format!(
        "Cannot release the application lock (Database Principal: '{principal}', Resource: '{name}') because it is not currently held."
    );
    Ok(refused(SqlError::new(1223, 16, text)))
}
