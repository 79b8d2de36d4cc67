//! Which statement goes where, and what all of them must pass first.

use super::alter;
use super::create;
use super::database;
use super::distributed;
use super::endpoint;
use super::messages::error;
use super::removal;
use crate::lab::tsql::ast::AlterAg;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::security::AVAILABILITY_GROUP;
use std::sync::Arc;

/// Runs one statement of the availability layer. Messages are informational.
pub async fn execute(instance: &Arc<Instance>, cx: &SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    let result = match ddl {
        Ddl::CreateEndpoint { .. } | Ddl::AlterEndpoint { .. } | Ddl::DropEndpoint { .. } => {
            endpoint::execute(instance, cx, ddl).await
        }
        Ddl::CreateAg { name, options, databases, replicas, distributed } => {
            refuse_managed(instance, "CREATE AVAILABILITY GROUP")?;
            ready(instance, cx, "CREATE AVAILABILITY GROUP")?;
            may(instance, cx, "CREATE AVAILABILITY GROUP")?;
            if distributed.is_empty() {
                create::local(instance, name, options, databases, replicas)
            } else {
                distributed::create(instance, name, options, distributed)
            }
        }
        Ddl::AlterAg { name, action } => {
            ready(instance, cx, "ALTER AVAILABILITY GROUP")?;
            if matches!(action, AlterAg::Join(_) | AlterAg::JoinDistributed(_)) {
                refuse_managed(instance, "ALTER AVAILABILITY GROUP")?;
                may(instance, cx, "ALTER ANY AVAILABILITY GROUP")?;
            } else {
                visible(instance, cx, name, "alter")?;
            }
            alter::execute(instance, name, action).await
        }
        Ddl::DropAg { name } => {
            refuse_managed(instance, "DROP AVAILABILITY GROUP")?;
            ready(instance, cx, "DROP AVAILABILITY GROUP")?;
            visible(instance, cx, name, "drop")?;
            removal::drop_group(instance, name)
        }
        Ddl::AlterDatabaseHadr { database, action, group } => {
            refuse_managed(instance, "ALTER DATABASE SET HADR")?;
            database::execute(instance, cx, database, action, group.as_deref())
        }
        _ => Err(SqlError::new(40000, 16, "The statement is not one of the availability layer.")),
    };
    instance.notify();
    result
}

/// What users of a managed instance may not say (facts: sql-server-hadr h).
pub(super) fn refuse_managed(instance: &Instance, statement: &str) -> SqlResult<()> {
    if instance.config.is_managed() { Err(error(41906, &[&statement])) } else { Ok(()) }
}

/// Feature enabled, current database master, no transaction open.
fn ready(instance: &Instance, cx: &SessionCx, statement: &str) -> SqlResult<()> {
    let config = &instance.config;
    let enabled = config.hadr_enabled && !instance.with(|s| s.server.hadr_disabled);
    if !config.is_managed() && !enabled {
        return Err(error(if config.major() <= 13 { 35221 } else { 47105 }, &[]));
    }
    if !cx.database.eq_ignore_ascii_case("master") {
        return Err(error(35208, &[]));
    }
    let open =
        instance.with(|s| s.sessions.get(cx.spid).and_then(|x| x.transaction.as_ref()).is_some_and(|t| t.nesting > 0));
    if open {
        return Err(error(574, &[&statement]));
    }
    Ok(())
}

/// Principal behind a session.
pub(super) fn principal(state: &InstanceState, cx: &SessionCx) -> i32 {
    state
        .sessions
        .get(cx.spid)
        .map(|s| s.principal_id)
        .or_else(|| state.security.by_name(&cx.login).map(|p| p.id))
        .unwrap_or_default()
}

/// A server permission, or 15247.
pub(super) fn may(instance: &Instance, cx: &SessionCx, permission: &str) -> SqlResult<()> {
    let allowed = instance.with(|s| {
        let id = principal(s, cx);
        s.security.has(id, permission)
    });
    if allowed { Ok(()) } else { Err(error(15247, &[])) }
}

/// The group exists and the session may alter it, or 15151.
fn visible(instance: &Instance, cx: &SessionCx, name: &str, verb: &str) -> SqlResult<()> {
    let fine = instance.with(|s| {
        let id = principal(s, cx);
        s.hadr.group(name).is_some_and(|g| s.security.has_on(id, AVAILABILITY_GROUP, g.metadata_id, "ALTER"))
    });
    if fine { Ok(()) } else { Err(error(15151, &[&verb, &"availability group", &name])) }
}
