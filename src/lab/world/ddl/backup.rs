//! BACKUP (facts: sql-server-hadr c): history in msdb, log truncation that honours replicas.

use super::option;
use super::option_text;
use super::outside_transaction;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::access::On;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::host::log_needed_from;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::server::BackupSet;
use time::OffsetDateTime;

/// What a BACKUP asks for.
struct BackupRequest {
    pub database: String,
    pub log: bool,
    pub copy_only: bool,
    pub differential: bool,
    pub norecovery: bool,
    pub checksum: bool,
    pub name: Option<String>,
    pub device: String,
    /// 2 disk, 9 URL.
    pub device_type: u8,
}

pub(super) async fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    match ddl {
        Ddl::BackupDatabase { database, log, to, options } => {
            if open_transaction(host, cx) {
                return Err(error(3021, &[]));
            }
            let request = request(database, *log, to, options);
            backup(host, cx, &request)
        }
        Ddl::RestoreDatabase { database, from, options, .. } => {
            outside_transaction(host, cx, "RESTORE")?;
            restore(
                host,
                cx,
                database,
                from.is_empty() && option(options, "RECOVERY").is_some() || (from.is_empty() && options.is_empty()),
            )
        }
        _ => Ok(Vec::new()),
    }
}

fn open_transaction(host: &InstanceHost, cx: &SessionCx) -> bool {
    host.with(|s| s.sessions.get(cx.spid).and_then(|x| x.transaction.as_ref()).is_some_and(|t| t.nesting > 0))
}

fn request(database: &str, log: bool, to: &[DdlOption], options: &[DdlOption]) -> BackupRequest {
    let device = to.first();
    BackupRequest {
        database: database.to_owned(),
        log,
        copy_only: option(options, "COPY_ONLY").is_some(),
        differential: option(options, "DIFFERENTIAL").is_some(),
        norecovery: option(options, "NORECOVERY").is_some(),
        checksum: option(options, "CHECKSUM").is_some(),
        name: option_text(options, "NAME"),
        device: device.and_then(|d| option_text(to, &d.key)).unwrap_or_else(|| "NUL".to_owned()),
        device_type: if device.is_some_and(|d| d.key == "URL") { 9 } else { 2 },
    }
}

fn backup(host: &InstanceHost, cx: &SessionCx, r: &BackupRequest) -> SqlResult<Vec<SqlError>> {
    let managed = host.instance.config.is_managed();
    let major = host.instance.config.major();
    let now = host.instance.clock.now();
    let verb = if r.log { "BACKUP LOG" } else { "BACKUP DATABASE" };
    let result = host.with(|s| {
        let done = take(s, cx, r, managed, major, now);
        if let Err(e) = &done {
            let text = format!("BACKUP failed to complete the command {verb} {}. ({})", r.database, e.number);
            s.error_log.push((now, text));
        }
        done
    });
    host.instance.notify();
    let pages = result?;
    Ok(vec![SqlError::new(
        3014,
        0,
        format!("{verb} successfully processed {pages} pages in 0.100 seconds ({}.000 MB/sec).", pages * 8 / 1024 * 10),
    )])
}

/// Checks, writes the history row, moves the log chain; the pages processed.
fn take(
    s: &mut InstanceState,
    cx: &SessionCx,
    r: &BackupRequest,
    managed: bool,
    major: u32,
    now: OffsetDateTime,
) -> SqlResult<u64> {
    let Some(db) = s.database(&r.database) else { return Err(error(911, &[&r.database]).state(11)) };
    let permission = if r.log { "BACKUP LOG" } else { "BACKUP DATABASE" };
    if !s.may_in(cx, db, &db.data, permission, On::Database) {
        return Err(error(262, &[&permission, &db.name]));
    }
    if managed && (r.log || !r.copy_only || r.device_type != 9) {
        return Err(error(41904, &[]));
    }
    if db.state != DatabaseState::Online {
        return Err(error(927, &[&db.name]));
    }
    let secondary = db.access != Access::ReadWrite;
    if secondary && !r.log && !r.copy_only && major < 17 {
        return Err(error(3059, &[]));
    }
    let key = db.name.to_lowercase();
    if r.log {
        if db.options.recovery_model == 3 {
            return Err(error(4208, &[&"BACKUP LOG"]));
        }
        if db.options.last_log_backup.is_none() {
            return Err(error(4214, &[]));
        }
    }
    let kind = match (r.log, r.differential) {
        (true, _) => 'L',
        (false, true) => 'I',
        (false, false) => 'D',
    };
    let id = s.server.backups.len() as i32 + 1;
    let set = BackupSet {
        copy_only: r.copy_only,
        checksum: r.checksum,
        name: r.name.clone(),
        user: cx.login.clone(),
        device: r.device.clone(),
        device_type: r.device_type,
        ..BackupSet::of(id, db, kind, now)
    };
    let size = set.size;
    let limit = log_needed_from(s, &key);
    if let Some(db) = s.databases.get_mut(&key) {
        let full = kind == 'D' && !r.copy_only;
        let options = &mut db.options;
        if full {
            options.differential_base = Some((set.first_lsn, set.uuid));
            if options.recovery_model != 3 && options.last_log_backup.is_none() {
                options.last_log_backup = Some(set.last_lsn);
            }
        }
        if kind == 'L' && !r.copy_only {
            options.last_log_backup = Some(set.last_lsn);
            db.last_log_backup_time = Some(now);
            db.truncate_log(limit.min(set.last_lsn));
            if r.norecovery {
                db.state = DatabaseState::Restoring;
            }
        }
    }
    s.server.backups.push(set);
    if r.norecovery && r.log {
        s.kill_sessions_in(&r.database, Some(cx.spid));
    }
    Ok(size / 8192)
}

/// `RESTORE DATABASE x WITH RECOVERY`: the only form that needs no media, which the lab has none of.
fn restore(host: &InstanceHost, cx: &SessionCx, database: &str, recovery_only: bool) -> SqlResult<Vec<SqlError>> {
    if host.instance.config.is_managed() {
        return Err(error(41902, &[]));
    }
    host.with(|s| {
        if !s.may(cx, "CREATE ANY DATABASE") {
            return Err(error(262, &[&"RESTORE DATABASE", &"master"]));
        }
        let Some(db) = s.database_mut(database) else { return Err(error(911, &[&database])) };
        if db.ag.is_some() {
            return Err(error(3104, &[&db.name]));
        }
        if !recovery_only {
            return Err(error(40000, &[&"RESTORE from a device"]));
        }
        if db.state != DatabaseState::Restoring {
            return Err(SqlError::new(3153, 16, "The database is already fully recovered."));
        }
        db.state = DatabaseState::Online;
        db.access = Access::ReadWrite;
        Ok(())
    })?;
    host.instance.notify();
    Ok(Vec::new())
}
