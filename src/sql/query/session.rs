//! Sessions and open transactions of a database.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::rows;
use super::kinds::script;
use crate::base::error::Result;
use crate::model::session::BarredSession;
use crate::model::session::OpenTransaction;
use crate::model::session::UserSession;
use uuid::Uuid;

/// Sessions in the database, or with locks or transactions in it; our own is left out.
pub fn in_database(database: &str) -> Result<Query<Vec<UserSession>>> {
    let rendered = script("session.in_database")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        rows(sets, |row| {
            Ok(UserSession {
                session_id: row.get("session_id")?,
                unit_of_work: row.get("unit_of_work")?,
                login: row.get("login")?,
                original_login: row.get("original_login")?,
                host: row.get("host")?,
                program: row.get("program")?,
                status: row.get("status")?,
                database: row.get("database_name")?,
                open_transactions: row.get::<Option<i32>>("open_transactions")?.unwrap_or(0),
                login_at: row.get("login_at")?,
                last_request_start: row.get("last_request_start")?,
                log_bytes: row.get::<Option<i64>>("log_bytes")?.unwrap_or(0),
                command: row.get("command")?,
                percent_complete: row.get("percent_complete")?,
                estimated_completion_ms: row.get("estimated_completion_ms")?,
            })
        })
    }))
}

/// Sessions on the server whose login is disabled or denied, and those that a group let in; our own is left out.
pub fn barred() -> Result<Query<Vec<BarredSession>>> {
    Ok(Query::new(script("session.barred")?.done()?, |sets| {
        rows(sets, |row| {
            Ok(BarredSession {
                session_id: row.get("session_id")?,
                login: row.get("login")?,
                original_login: row.get("original_login")?,
                program: row.get("program")?,
                by_group: row.get("by_group")?,
            })
        })
    }))
}

/// Read/write transactions that are open in the database.
pub fn transactions(database: &str) -> Result<Query<Vec<OpenTransaction>>> {
    let rendered = script("transaction.open")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        rows(sets, |row| {
            Ok(OpenTransaction {
                transaction_id: row.get("transaction_id")?,
                name: row.get("name")?,
                started: row.get("started")?,
                kind: row.get("kind")?,
                log_records: row.get("log_records")?,
                log_bytes: row.get("log_bytes")?,
                begin_lsn: row.get("begin_lsn")?,
                session_id: row.get("session_id")?,
                is_user: row.get("is_user")?,
                unit_of_work: row.get("unit_of_work")?,
            })
        })
    }))
}

/// Cannot be undone; estimate the rollback first.
pub fn kill(session_id: i32) -> Result<Statement> {
    Ok(Statement::new(script("session.kill")?.int("session", i64::from(session_id)).done()?))
}

/// For an orphaned distributed transaction (session -2).
pub fn kill_unit(unit_of_work: Uuid) -> Result<Statement> {
    Ok(Statement::new(script("session.kill_unit")?.guid("unit", unit_of_work).done()?))
}
