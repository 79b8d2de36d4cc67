//! From names to tables.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::access::On;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::storage::Table;

/// 208 with the name as written.
pub(crate) fn invalid_object(name: &Name) -> SqlError {
    error(208, &[&name.0.join(".")])
}

/// 7202 for a four-part name: the lab's instances do not forward queries.
pub(crate) fn local(name: &Name) -> SqlResult<()> {
    match name.server() {
        None => Ok(()),
        Some(server) => Err(SqlError::new(
            7202,
            11,
            format!(
                "Could not find server '{server}' in sys.servers. Verify that the correct server name was specified. \
                 If necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers."
            ),
        )
        .state(2)),
    }
}

/// 40515: on a logical server a name reaches its own database and `tempdb`, no other.
fn near(s: &InstanceState, cx: &SessionCx, name: &Name) -> SqlResult<()> {
    match name.database() {
        Some(db)
            if s.server.logical && !db.eq_ignore_ascii_case(&cx.database) && !db.eq_ignore_ascii_case("tempdb") =>
        {
            Err(error(40515, &[&name.0.join(".")]))
        }
        _ => Ok(()),
    }
}

/// Database whose catalogue a name asks for, checked.
pub(crate) fn open_catalog(s: &InstanceState, cx: &SessionCx, name: &Name) -> SqlResult<String> {
    local(name)?;
    near(s, cx, name)?;
    match name.database() {
        Some(db) if !db.eq_ignore_ascii_case(&cx.database) => Ok(s.open(cx, db)?.name.clone()),
        _ => Ok(cx.database.clone()),
    }
}

/// A user table as the session sees it; 229 if `permission` is asked for and missing.
pub(crate) fn table(s: &mut InstanceState, cx: &SessionCx, name: &Name, permission: Option<&str>) -> SqlResult<Table> {
    local(name)?;
    near(s, cx, name)?;
    let database = name.database().unwrap_or(&cx.database).to_owned();
    s.open(cx, &database)?;
    let data = s.view(cx.spid, &database).ok_or_else(|| invalid_object(name))?;
    let db = s.open(cx, &database)?;
    let schema = match name.schema() {
        Some(s) => s.to_owned(),
        None => default_schema(s, cx, &database),
    };
    let found = data.table(&schema, name.object());
    let found = if name.schema().is_none() { found.or_else(|| data.table("dbo", name.object())) } else { found };
    let t = found.ok_or_else(|| invalid_object(name))?;
    if let Some(p) = permission
        && !s.may_in(cx, db, &data, p, On::Object(t.def.id as i32, t.def.schema_id))
    {
        return Err(error(229, &[&p, &t.def.name, &db.name, &schema]));
    }
    Ok(t.clone())
}

/// Default schema of the session's user in a database.
pub(crate) fn default_schema(s: &InstanceState, cx: &SessionCx, database: &str) -> String {
    s.database(database)
        .and_then(|db| {
            let user = s.user_in(cx, db, &db.data)?;
            db.data.principals.get(&user)?.default_schema.clone()
        })
        .filter(|n| n != "guest")
        .unwrap_or_else(|| "dbo".to_owned())
}
