//! What a watcher reads, however many links an instance has.

use super::group;
use super::kinds::Query;
use super::kinds::rows;
use super::kinds::script;
use super::kinds::set;
use super::login;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::hex;
use crate::base::redact::ExposeSecret;
use crate::model::database::DatabaseState;
use crate::model::database::Updateability;
use crate::model::group::of_primary_replicas;
use crate::model::sweep::DatabaseUsers;
use crate::model::sweep::Sweep;
use crate::model::sweep::WatchedDatabase;
use crate::model::sweep::WatchedUser;
use crate::sql::row::ResultSet;
use crate::sql::row::Row;
use crate::sql::script::Rendered;
use time::OffsetDateTime;

/// Everything of one instance, in one round trip.
pub fn sweep() -> Result<Query<Sweep>> {
    Ok(Query::new(script("monitor.sweep")?.done()?, |sets| {
        let clock = set(sets, 0)?.rows.first().ok_or_else(|| Error::bug("monitor.sweep: the server told no time"))?;
        Ok(Sweep {
            server_name: clock.get("server_name")?,
            now: clock.get("now_utc")?,
            databases: decoded(sets, 1, database)?,
            replicas: decoded(sets, 2, group::replica)?,
            rows: of_primary_replicas(decoded(sets, 3, group::database)?),
            seedings: decoded(sets, 4, group::seeding)?,
            logins: login::logins(set(sets, 5)?, false)?,
            certificate_expires: decoded(sets, 6, |row| row.get::<Option<OffsetDateTime>>("not_after"))?
                .into_iter()
                .flatten()
                .min(),
        })
    }))
}

fn decoded<T>(sets: &[ResultSet], n: usize, decode: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    set(sets, n)?.rows.iter().map(decode).collect()
}

fn database(row: &Row) -> Result<WatchedDatabase> {
    Ok(WatchedDatabase {
        name: row.get("name")?,
        state: DatabaseState::parse(&row.get::<String>("state")?),
        is_read_only: row.get("is_read_only")?,
        updateability: row.get::<Option<String>>("updateability")?.map(|u| Updateability::parse(&u)),
        log_reuse_wait: row.get("log_reuse_wait")?,
        log_max_kb: row.get("log_max_kb")?,
        log_used_kb: row.get("log_used_kb")?,
        log_size_kb: row.get("log_size_kb")?,
    })
}

/// Who is known inside these databases, in one batch of one row set each.
pub fn users(databases: &[&str]) -> Result<Query<Vec<DatabaseUsers>>> {
    let parts = databases
        .iter()
        .map(|name| script("monitor.users")?.text("database", name).text("name", name).done())
        .collect::<Result<Vec<Rendered>>>()?;
    let join = |texts: Vec<&str>| texts.join("\n\n");
    let first = parts.first().ok_or_else(|| Error::bug("monitor.users: no database is asked about"))?;
    let rendered = Rendered {
        id: first.id,
        access: first.access,
        text: join(parts.iter().map(|p| p.text.expose_secret()).collect()).into(),
        shown: join(parts.iter().map(|p| p.shown.as_str()).collect()),
        params: Vec::new(),
    };
    Ok(Query::new(rendered, |sets| sets.iter().map(users_of).collect()))
}

fn users_of(set: &ResultSet) -> Result<DatabaseUsers> {
    let first = set.rows.first().ok_or_else(|| Error::bug("monitor.users: a database without dbo"))?;
    let user = |row: &Row| {
        Ok(WatchedUser {
            name: row.get("user_name")?,
            kind: row.get::<String>("kind")?.trim().to_owned(),
            sid: row.get::<Option<Vec<u8>>>("sid")?.map(|sid| format!("0x{}", hex::encode(&sid))),
            principal_id: row.get("principal_id")?,
            authentication_type: row.get("authentication_type")?,
        })
    };
    Ok(DatabaseUsers {
        database: first.get("database_name")?,
        users: set.rows.iter().map(user).collect::<Result<_>>()?,
        guest_enabled: first.get("guest_enabled")?,
    })
}

/// Newest full backup of each database that is not copy-only, if it has one.
pub fn backups() -> Result<Query<Vec<(String, Option<OffsetDateTime>)>>> {
    Ok(Query::new(script("monitor.backups")?.done()?, |sets| {
        rows(sets, |row| Ok((row.get("name")?, row.get("finished")?)))
    }))
}
