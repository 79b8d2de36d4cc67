//! Server logins and the users that need none.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::login::ConnectSql;
use crate::model::login::ContainedUser;
use crate::model::login::DatabaseLogins;
use crate::model::login::Login;
use crate::sql::row::ResultSet;
use crate::sql::row::Row;

/// Every principal that can log in.
pub fn list() -> Result<Query<Vec<Login>>> {
    Ok(Query::new(script("login.list")?.done()?, |sets| logins(set(sets, 0)?, false)))
}

/// Who could write in a database: mapped logins, those above databases, contained users, guest.
pub fn for_database(database: &str) -> Result<Query<DatabaseLogins>> {
    let rendered = script("login.for_database")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        let users = users_of(set(sets, 1)?)?;
        let connects = users.iter().map(|(u, _)| (u.name.clone(), u.connect)).collect();
        let contained = users.into_iter().filter(|(_, without_login)| *without_login).map(|(u, _)| u).collect();
        let guest_enabled = match set(sets, 2)?.rows.first() {
            Some(row) => row.get("guest_enabled")?,
            None => false,
        };
        Ok(DatabaseLogins { logins: logins(set(sets, 0)?, true)?, contained, connects, guest_enabled })
    }))
}

/// SIDs of a database's users, as the logins' own are spelt.
pub fn users(database: &str) -> Result<Query<Vec<String>>> {
    let rendered = script("login.users")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| set(sets, 0)?.rows.iter().map(|row| Ok(sid(row)?.unwrap_or_default())).collect()))
}

/// By which groups a Windows account gets in, by their names; empty where it is let in by a login of its own alone, or not at all.
pub fn paths(account: &str) -> Result<Query<Vec<String>>> {
    Ok(Query::new(script("login.paths")?.text("account", account).done()?, |sets| {
        let paths: Result<Vec<Option<String>>> =
            set(sets, 0)?.rows.iter().map(|row| row.get("permission path")).collect();
        Ok(paths?.into_iter().flatten().collect())
    }))
}

fn kind(row: &Row) -> Result<String> {
    Ok(row.get::<String>("kind")?.trim().to_owned())
}

fn sid(row: &Row) -> Result<Option<String>> {
    Ok(row.get::<Option<Vec<u8>>>("sid")?.map(|sid| format!("0x{}", hex::encode(&sid))))
}

fn connect(row: &Row, column: &str) -> Result<ConnectSql> {
    Ok(match row.get::<Option<String>>(column)?.as_deref().map(str::trim) {
        Some("G" | "W") => ConnectSql::Granted,
        Some("D") => ConnectSql::Denied,
        _ => ConnectSql::None,
    })
}

/// Of two rows of one principal.
fn stronger(a: ConnectSql, b: ConnectSql) -> ConnectSql {
    match (a, b) {
        (ConnectSql::Denied, _) | (_, ConnectSql::Denied) => ConnectSql::Denied,
        (ConnectSql::Granted, _) | (_, ConnectSql::Granted) => ConnectSql::Granted,
        _ => ConnectSql::None,
    }
}

/// Every user, and whether it gets in without a login.
fn users_of(set: &ResultSet) -> Result<Vec<(ContainedUser, bool)>> {
    let mut found: Vec<(ContainedUser, bool)> = Vec::with_capacity(set.rows.len());
    for row in &set.rows {
        let name: String = row.get("name")?;
        let connect = connect(row, "connect")?;
        if let Some((last, _)) = found.last_mut().filter(|(last, _)| last.name == name) {
            last.connect = stronger(last.connect, connect);
        } else {
            let user = ContainedUser { name, kind: kind(row)?, sid: sid(row)?, connect };
            found.push((user, row.get("without_login")?));
        }
    }
    Ok(found)
}

/// Several grantors give several rows; a denial wins.
pub(super) fn logins(set: &ResultSet, with_user: bool) -> Result<Vec<Login>> {
    let mut found: Vec<Login> = Vec::with_capacity(set.rows.len());
    for row in &set.rows {
        let login = login(row, with_user)?;
        match found.last_mut().filter(|last| last.name == login.name) {
            Some(last) => {
                last.has_control_server |= login.has_control_server;
                last.connect_sql = stronger(last.connect_sql, login.connect_sql);
            }
            None => found.push(login),
        }
    }
    Ok(found)
}

fn login(row: &Row, with_user: bool) -> Result<Login> {
    Ok(Login {
        name: row.get("name")?,
        kind: kind(row)?,
        sid: sid(row)?.unwrap_or_default(),
        is_disabled: row.get("is_disabled")?,
        is_sysadmin: row.get("is_sysadmin")?,
        has_control_server: row.get("has_control_server")?,
        connect_sql: connect(row, "connect_sql")?,
        default_database: row.get("default_database")?,
        user: if with_user { row.get("user_name")? } else { None },
    })
}

fn change(id: &str, login: &str) -> Result<Statement> {
    Ok(Statement::new(script(id)?.text("login", login).done()?))
}

/// Groups answer 15151: deny them CONNECT SQL instead.
pub fn disable(login: &str) -> Result<Statement> {
    change("login.disable", login)
}
pub fn enable(login: &str) -> Result<Statement> {
    change("login.enable", login)
}
pub fn deny_connect(login: &str) -> Result<Statement> {
    change("login.deny_connect", login)
}
/// Takes away grant and denial alike: a login that had a grant needs it back.
pub fn revoke_connect(login: &str) -> Result<Statement> {
    change("login.revoke_connect", login)
}
pub fn grant_connect(login: &str) -> Result<Statement> {
    change("login.grant_connect", login)
}
