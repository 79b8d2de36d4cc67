//! Databases.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::rows;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::database::DatabaseAccess;
use crate::model::database::DatabaseFacts;
use crate::model::database::DatabaseState;
use crate::model::database::Membership;
use crate::model::database::RecoveryModel;
use crate::model::database::Role;
use crate::model::database::Updateability;
use crate::model::database::UserAccess;
use crate::sql::row::Row;

/// Every database of the instance, in one row set.
pub fn list() -> Result<Query<Vec<DatabaseFacts>>> {
    Ok(Query::new(script("database.list")?.done()?, |sets| rows(sets, facts)))
}

fn facts(row: &Row) -> Result<DatabaseFacts> {
    let text = |column: &str| row.get::<String>(column);
    let flag = |column: &str| -> Result<bool> { Ok(row.get::<Option<bool>>(column)?.unwrap_or(false)) };
    Ok(DatabaseFacts {
        name: text("name")?,
        database_id: row.get("database_id")?,
        created: row.get("created")?,
        state: DatabaseState::parse(&text("state")?),
        recovery_model: RecoveryModel::parse(&text("recovery_model")?),
        is_read_only: row.get("is_read_only")?,
        updateability: updateability(row)?,
        user_access: UserAccess::parse(&text("user_access")?),
        compatibility_level: row.get("compatibility_level")?,
        collation: row.get("collation")?,
        is_auto_close: row.get("is_auto_close")?,
        is_encrypted: flag("is_encrypted")?,
        is_broker_enabled: row.get("is_broker_enabled")?,
        is_cdc_enabled: row.get("is_cdc_enabled")?,
        is_published: row.get("is_published")?,
        is_merge_published: row.get("is_merge_published")?,
        is_subscribed: row.get("is_subscribed")?,
        is_distributor: row.get("is_distributor")?,
        is_trustworthy: flag("is_trustworthy")?,
        is_db_chaining: flag("is_db_chaining")?,
        containment: row.get::<Option<i32>>("containment")?.unwrap_or(0),
        owner_sid: row.get::<Option<Vec<u8>>>("owner_sid")?.map(|sid| format!("0x{}", hex::encode(&sid))),
        replica_id: row.get("replica_id")?,
        group_database_id: row.get("group_database_id")?,
        log_reuse_wait: row.get("log_reuse_wait")?,
        guid: row.get("guid")?,
        last_log_backup_lsn: row.get("last_log_backup_lsn")?,
        last_full_backup: row.get("last_full_backup")?,
        data_bytes: row.get("data_bytes")?,
        log_bytes: row.get("log_bytes")?,
        data_files: row.get("data_files")?,
        log_files: row.get("log_files")?,
        stream_containers: row.get("stream_containers")?,
        defunct_files: row.get("defunct_files")?,
        largest_file_bytes: row.get("largest_file_bytes")?,
    })
}

fn updateability(row: &Row) -> Result<Option<Updateability>> {
    Ok(row.get::<Option<String>>("updateability")?.map(|t| Updateability::parse(&t)))
}

/// What a session would meet in the database now; none: no such database, or not visible.
pub fn access(database: &str) -> Result<Query<Option<DatabaseAccess>>> {
    let rendered = script("database.access")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| {
        let Some(mut found) = maybe(sets, |row| {
            Ok(DatabaseAccess {
                name: row.get("name")?,
                state: DatabaseState::parse(&row.get::<String>("state")?),
                is_read_only: row.get("is_read_only")?,
                updateability: updateability(row)?,
                user_access: UserAccess::parse(&row.get::<String>("user_access")?),
                groups: Vec::new(),
            })
        })?
        else {
            return Ok(None);
        };
        // One row for each group that holds it.
        for row in &set(sets, 0)?.rows {
            if let Some(group) = row.get::<Option<String>>("group_name")? {
                found.groups.push(Membership {
                    group,
                    is_distributed: row.get::<Option<bool>>("is_distributed")?.unwrap_or(false),
                    role: row.get::<Option<String>>("role")?.map(|t| Role::parse(&t)),
                });
            }
        }
        Ok(Some(found))
    }))
}

/// End of the log in the server's own notation (`00000025:00000158:0001`); compare only with itself.
pub fn log_end(database: &str) -> Result<Query<Option<String>>> {
    let rendered = script("database.log_end")?.text("database", database).done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, |row| row.get::<Option<String>>("log_end_lsn"))?.flatten())))
}

fn change(id: &str, database: &str) -> Result<Statement> {
    Ok(Statement::on(script(id)?.text("database", database).done()?, database))
}

/// Rolls open transactions back at once. Refused with 1468 while the database is in a group.
pub fn set_read_only(database: &str) -> Result<Statement> {
    change("database.set_read_only", database)
}
/// Removes it and its files; from `master`.
pub fn drop(database: &str) -> Result<Statement> {
    Ok(Statement::new(script("database.drop")?.text("database", database).done()?))
}
pub fn set_read_write(database: &str) -> Result<Statement> {
    change("database.set_read_write", database)
}
pub fn set_recovery_full(database: &str) -> Result<Statement> {
    change("database.set_recovery_full", database)
}
pub fn checkpoint(database: &str) -> Result<Statement> {
    change("database.checkpoint", database)
}
/// Hardens commits that delayed durability has acknowledged already.
pub fn flush_log(database: &str) -> Result<Statement> {
    change("database.flush_log", database)
}
pub fn flush_query_store(database: &str) -> Result<Statement> {
    let rendered = script("database.flush_query_store")?.text("database", database).text("name", database).done()?;
    Ok(Statement::on(rendered, database))
}
