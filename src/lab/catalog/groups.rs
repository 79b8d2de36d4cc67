//! Functions over availability groups.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::Group;
use crate::lab::world::values;
use uuid::Uuid;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    match view {
        "sys.fn_hadr_distributed_ag_replica" => {
            let found = local(c).and_then(|(group, replica)| {
                let named = group.replicas.iter().find(|r| r.replica_id == replica)?;
                let own = c.state.hadr.groups.get(&named.name.to_lowercase())?;
                let server = &c.config.server_name;
                own.replicas.iter().find(|r| r.name.eq_ignore_ascii_case(server)).map(|r| r.replica_id)
            });
            Some(found.map(|id| row! { "replica_id" => id }).into_iter().collect())
        }
        "sys.fn_hadr_distributed_ag_database_replica" => {
            let found = local(c).and_then(|(group, database)| {
                let name = &group.progress.iter().find(|p| p.group_database_id == database)?.database;
                c.state.database(name)?.group_database_id
            });
            Some(found.map(|id| row! { "group_database_id" => id }).into_iter().collect())
        }
        _ => None,
    }
}

/// The distributed group of the first argument, and the id in the second.
fn local<'a>(c: &'a Ctx<'_>) -> Option<(&'a Group, Uuid)> {
    let id = |at: usize| match values::bare(c.args.get(at)?) {
        Value::Guid(g) => Some(*g),
        v => Uuid::parse_str(&values::text(v)?).ok(),
    };
    let wanted = id(0)?;
    let group = c.state.hadr.groups.values().find(|g| g.distributed && g.group_id == wanted)?;
    Some((group, id(1)?))
}
