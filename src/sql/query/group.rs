//! Availability groups and the distributed group of a link.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::rows;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::group::AvailabilityMode;
use crate::model::group::Connected;
use crate::model::group::Group;
use crate::model::group::GroupOptions;
use crate::model::group::Replica;
use crate::model::group::ReplicaDatabase;
use crate::model::group::Seeding;
use crate::model::group::SyncHealth;
use crate::model::group::SyncState;
use crate::model::group::of_primary_replicas;
use crate::sql::row::Row;

fn word<T>(row: &Row, column: &str, parse: fn(&str) -> T) -> Result<Option<T>> {
    Ok(row.get::<Option<String>>(column)?.map(|text| parse(&text)))
}

fn distributed(row: &Row) -> Result<bool> {
    Ok(row.get::<Option<bool>>("is_distributed")?.unwrap_or(false))
}

pub fn list() -> Result<Query<Vec<Group>>> {
    Ok(Query::new(script("group.list")?.done()?, |sets| {
        rows(sets, |row| {
            Ok(Group {
                group_id: row.get("group_id")?,
                name: row.get("name")?,
                is_distributed: distributed(row)?,
                primary_replica: row.get("primary_replica")?,
                health: word(row, "health", SyncHealth::parse)?,
            })
        })
    }))
}

/// Not on SQL Server 2016: its view lacks the columns.
pub fn options() -> Result<Query<Vec<GroupOptions>>> {
    Ok(Query::new(script("group.options")?.done()?, |sets| {
        rows(sets, |row| {
            Ok(GroupOptions {
                group_id: row.get("group_id")?,
                cluster_type: row.get("cluster_type")?,
                required_synchronized_secondaries: row.get("required_synchronized_secondaries")?,
            })
        })
    }))
}

/// Replicas of every group; a secondary knows the state of its own row only.
pub fn replicas() -> Result<Query<Vec<Replica>>> {
    Ok(Query::new(script("group.replicas")?.done()?, |sets| rows(sets, replica)))
}

pub(super) fn replica(row: &Row) -> Result<Replica> {
    Ok(Replica {
        group_id: row.get("group_id")?,
        group: row.get("group_name")?,
        is_distributed: distributed(row)?,
        replica_id: row.get("replica_id")?,
        name: row.get("name")?,
        endpoint_url: row.get("endpoint_url")?,
        mode: AvailabilityMode::parse(&row.get::<String>("mode")?),
        failover_mode: row.get("failover_mode")?,
        seeding_mode: row.get("seeding_mode")?,
        session_timeout_seconds: row.get("session_timeout")?,
        is_local: row.get("is_local")?,
        role: word(row, "role", Role::parse)?,
        operational_state: row.get("operational_state")?,
        connected: word(row, "connected", Connected::parse)?,
        health: word(row, "health", SyncHealth::parse)?,
        last_connect_error_number: row.get("last_connect_error_number")?,
        last_connect_error: row.get("last_connect_error")?,
        last_connect_error_at: row.get("last_connect_error_at")?,
    })
}

/// Every database of every group, with positions, queues and times; without the further replicas of a managed instance.
pub fn databases() -> Result<Query<Vec<ReplicaDatabase>>> {
    Ok(Query::new(script("group.databases")?.done()?, |sets| rows(sets, database).map(of_primary_replicas)))
}

pub(super) fn database(row: &Row) -> Result<ReplicaDatabase> {
    Ok(ReplicaDatabase {
        group_id: row.get("group_id")?,
        group: row.get("group_name")?,
        is_distributed: distributed(row)?,
        replica_id: row.get("replica_id")?,
        replica: row.get("replica")?,
        database: row.get("database_name")?,
        database_id: row.get("database_id")?,
        group_database_id: row.get("group_database_id")?,
        is_local: row.get::<Option<bool>>("is_local")?.unwrap_or(false),
        is_primary_replica: row.get("is_primary_replica")?,
        sync_state: word(row, "sync_state", SyncState::parse)?,
        health: word(row, "health", SyncHealth::parse)?,
        database_state: word(row, "database_state", DatabaseState::parse)?,
        is_suspended: row.get("is_suspended")?,
        suspend_reason: row.get("suspend_reason")?,
        end_of_log_lsn: row.get("end_of_log_lsn")?,
        last_sent_lsn: row.get("last_sent_lsn")?,
        last_sent_at: row.get("last_sent_at")?,
        last_received_lsn: row.get("last_received_lsn")?,
        last_received_at: row.get("last_received_at")?,
        last_hardened_lsn: row.get("last_hardened_lsn")?,
        last_hardened_at: row.get("last_hardened_at")?,
        last_redone_lsn: row.get("last_redone_lsn")?,
        last_redone_at: row.get("last_redone_at")?,
        last_commit_lsn: row.get("last_commit_lsn")?,
        last_commit_at: row.get("last_commit_at")?,
        truncation_lsn: row.get("truncation_lsn")?,
        recovery_lsn: row.get("recovery_lsn")?,
        log_send_queue_kb: row.get("log_send_queue_kb")?,
        log_send_rate_kb: row.get("log_send_rate_kb")?,
        redo_queue_kb: row.get("redo_queue_kb")?,
        redo_rate_kb: row.get("redo_rate_kb")?,
        secondary_lag_seconds: row.get("secondary_lag_seconds")?,
    })
}

/// Seedings since the server's start, newest first. No rows is not success.
pub fn seedings() -> Result<Query<Vec<Seeding>>> {
    Ok(Query::new(script("seeding.list")?.done()?, |sets| rows(sets, seeding)))
}

pub(super) fn seeding(row: &Row) -> Result<Seeding> {
    Ok(Seeding {
        group_id: row.get("group_id")?,
        group_database_id: row.get("group_database_id")?,
        operation_id: row.get("operation_id")?,
        started: row.get("started")?,
        completed: row.get("completed")?,
        is_source: row.get("is_source")?,
        state: row.get("state")?,
        performed_seeding: row.get("performed_seeding")?,
        attempts: row.get("attempts")?,
        failure: row.get("failure")?,
        error_code: row.get("error_code")?,
        database: row.get("database_name")?,
        role: row.get("role")?,
        internal_state: row.get("internal_state")?,
        transferred_bytes: row.get("transferred_bytes")?,
        database_bytes: row.get("database_bytes")?,
        bytes_per_second: row.get("bytes_per_second")?,
        estimated_end: row.get("estimated_end")?,
        failure_code: row.get("failure_code")?,
        failure_message: row.get("failure_message")?,
    })
}

/// Where a new local group lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// 2017 and later: `CLUSTER_TYPE = NONE`.
    None,
    /// 2016: a failover cluster is implied.
    Windows,
}

/// The local group of a link: one replica, one database. `server` is `@@SERVERNAME`.
pub fn create(cluster: Cluster, group: &str, database: &str, server: &str, url: &str) -> Result<Statement> {
    let id = match cluster {
        Cluster::None => "group.create",
        Cluster::Windows => "group.create_on_cluster",
    };
    let rendered =
        script(id)?.text("group", group).text("database", database).text("server", server).text("url", url).done()?;
    Ok(Statement::on(rendered, database))
}

/// Without a database, for a link that starts from the managed instance.
pub fn create_empty(group: &str, server: &str, url: &str) -> Result<Statement> {
    let rendered = script("group.create_empty")?.text("group", group).text("server", server).text("url", url).done()?;
    Ok(Statement::new(rendered))
}

pub fn grant_create_database(group: &str) -> Result<Statement> {
    plain("group.grant_create_database", group)
}

/// The distributed group: first the SQL Server's, then the managed instance's group (facts: mi-link 5.2).
pub fn create_distributed(
    group: &str,
    first: &str,
    first_url: &str,
    second: &str,
    second_url: &str,
) -> Result<Statement> {
    let rendered = script("group.create_distributed")?
        .text("group", group)
        .text("first", first)
        .text("first_url", first_url)
        .text("second", second)
        .text("second_url", second_url)
        .done()?;
    Ok(Statement::new(rendered))
}

/// The mode of both ends. `second` is the name that the catalogue shows, whatever the documentation prints.
pub fn set_mode(group: &str, first: &str, second: &str, mode: &AvailabilityMode) -> Result<Statement> {
    if !matches!(mode, AvailabilityMode::Synchronous | AvailabilityMode::Asynchronous) {
        return Err(Error::bug(format!("`{mode}` is no mode of a link")));
    }
    let rendered = script("group.set_mode")?
        .text("group", group)
        .text("first", first)
        .text("second", second)
        .text("mode", mode.as_str())
        .done()?;
    Ok(Statement::new(rendered))
}

/// Planned; of a link it runs on the current primary (2022 CU13 and later).
pub fn failover(group: &str) -> Result<Statement> {
    plain("group.failover", group)
}
/// Runs on the secondary. What had not arrived is lost.
pub fn force_failover(group: &str) -> Result<Statement> {
    plain("group.force_failover", group)
}
pub fn set_secondary(group: &str) -> Result<Statement> {
    plain("group.set_secondary", group)
}
pub fn drop(group: &str) -> Result<Statement> {
    plain("group.drop", group)
}
pub fn remove_database(group: &str, database: &str) -> Result<Statement> {
    let rendered = script("group.remove_database")?.text("group", group).text("database", database).done()?;
    Ok(Statement::on(rendered, database))
}

fn plain(id: &str, group: &str) -> Result<Statement> {
    Ok(Statement::new(script(id)?.text("group", group).done()?))
}
