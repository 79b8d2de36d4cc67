//! Names and ids.

use super::Call;
use super::identifier_parts;
use crate::lab::catalog;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::Access;
use crate::lab::world::database::Database;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::Table;
use crate::lab::world::values::IntoValue;

pub(super) fn value(c: &Call<'_>, s: &mut InstanceState, f: &str) -> Option<Value> {
    let current = c.cx.database.clone();
    Some(match f {
        "db_id" => match c.args.len() {
            0 => s.database(&current).map(|d| d.id).v(),
            _ => c.text(0).and_then(|n| s.database(&n).map(|d| d.id)).v(),
        },
        "db_name" => match c.args.len() {
            0 => current.v(),
            _ => c.int(0).and_then(|id| s.database_by_id(id).map(|d| d.name.clone())).v(),
        },
        "original_db_name" => s.sessions.get(c.cx.spid).map(|x| x.login_database.clone()).v(),
        "object_id" => object_id(c, s),
        "object_name" => object(c, s, 1).map(|(_, name, _)| name).v(),
        "object_schema_name" => object(c, s, 1).map(|(schema, ..)| schema).v(),
        "object_definition" => Value::Null,
        "objectproperty" | "objectpropertyex" => {
            let known = object(c, s, 9);
            let is_table = known.as_ref().is_some_and(|(.., t)| *t);
            match (known.is_some(), c.text(1).unwrap_or_default().to_lowercase().as_str()) {
                (true, "istable" | "isusertable") => i32::from(is_table).v(),
                (true, "ismsshipped" | "isview" | "isprocedure" | "istrigger") => 0.v(),
                _ => Value::Null,
            }
        }
        "columnproperty" => column_property(c, s),
        "schema_id" => match (c.args.len(), data(c, s)) {
            (0, _) => 1.v(),
            (_, Some(d)) => c.text(0).and_then(|n| d.schema(&n).map(|x| x.id)).v(),
            _ => Value::Null,
        },
        "schema_name" => match (c.args.len(), data(c, s)) {
            (0, _) => "dbo".v(),
            (_, Some(d)) => c.int(0).and_then(|id| d.schemas.get(&id).map(|x| x.name.clone())).v(),
            _ => Value::Null,
        },
        "type_id" => c.text(0).and_then(|n| catalog::type_by_name(&n)).v(),
        "type_name" => c.int(0).and_then(catalog::type_by_id).v(),
        "col_name" => {
            let d = data(c, s);
            let table = c.int(0).and_then(|id| d.as_ref()?.tables.get(&(id as u32)).cloned());
            table.and_then(|t| t.def.columns.iter().find(|x| Some(x.id) == c.int(1)).map(|x| x.name.clone())).v()
        }
        "col_length" => column(c, s).map(|(_, col)| catalog::facets(col.ty).1).v(),
        "file_name" => s
            .database(&current)
            .and_then(|d| d.options.files.iter().find(|x| Some(x.file_id) == c.int(0)).map(|x| x.name.clone()))
            .v(),
        "ident_current" | "ident_seed" | "ident_incr" => identity(c, s, f),
        "host_name" => s.sessions.get(c.cx.spid).map(|x| x.host_name.clone()).v(),
        "app_name" | "program_name" => s.sessions.get(c.cx.spid).map(|x| x.program_name.clone()).v(),
        "fn_hadr_is_primary_replica" => {
            let db = c.text(0).and_then(|n| s.database(&n)).filter(|d| d.ag.is_some());
            db.map(|d| d.access == Access::ReadWrite).v()
        }
        "fn_hadr_backup_is_preferred_replica" => {
            c.text(0).and_then(|n| s.database(&n)).is_none_or(|d| preferred(s, d)).v()
        }
        "current_transaction_id" => {
            s.sessions.get(c.cx.spid).and_then(|x| x.transaction.as_ref()).map_or(0, |t| t.id).v()
        }
        _ => return None,
    })
}

/// Does the group want backups of this database taken here? Always, outside of a group.
fn preferred(s: &InstanceState, db: &Database) -> bool {
    let Some(group) = db.ag.as_ref().and_then(|g| s.hadr.groups.get(&g.to_lowercase())) else { return true };
    let (primary, alone) = (db.access == Access::ReadWrite, group.replicas.len() == 1);
    match group.automated_backup_preference {
        0 => primary,
        1 => !primary,
        2 => !primary || alone,
        _ => true,
    }
}

fn data(c: &Call<'_>, s: &mut InstanceState) -> Option<Data> {
    s.view(c.cx.spid, &c.cx.database)
}

/// Data of the database a name is in, if the session may open it.
fn data_of(c: &Call<'_>, s: &mut InstanceState, name: &Name) -> Option<Data> {
    let database = name.database().unwrap_or(&c.cx.database).to_owned();
    if name.database().is_some() {
        s.open(c.cx, &database).ok()?;
    }
    s.view(c.cx.spid, &database)
}

fn find(data: &Data, name: &Name) -> Option<Table> {
    data.table(name.schema().unwrap_or("dbo"), name.object()).cloned()
}

fn object_id(c: &Call<'_>, s: &mut InstanceState) -> Value {
    let Some(text) = c.text(0) else { return Value::Null };
    let kind = c.text(1).map(|k| k.trim().to_uppercase());
    let name = Name(identifier_parts(&text));
    let is = |k: &str| kind.as_deref().is_none_or(|x| x == k);
    if let Some(d) = data_of(c, s, &name) {
        if let Some(t) = find(&d, &name).filter(|_| is("U")) {
            return (t.def.id as i32).v();
        }
        let constraint = d.tables.values().flat_map(|t| &t.def.indexes).find(|i| {
            i.constraint && i.name.eq_ignore_ascii_case(name.object()) && is(if i.primary_key { "PK" } else { "UQ" })
        });
        if let Some(i) = constraint {
            return i.object_id.v();
        }
    }
    catalog::system_object_id(c.config(), &c.cx.database, &name, kind.as_deref()).v()
}

/// Schema, name, and whether it is a table; the database id may stand at argument `at`.
fn object(c: &Call<'_>, s: &mut InstanceState, at: usize) -> Option<(String, String, bool)> {
    let id = c.int(0)?;
    let database = match c.int(at) {
        Some(db) => s.database_by_id(db)?.name.clone(),
        None => c.cx.database.clone(),
    };
    let d = s.view(c.cx.spid, &database)?;
    for t in d.tables.values() {
        let schema = || d.schemas.get(&t.def.schema_id).map_or_else(String::new, |x| x.name.clone());
        if t.def.id as i32 == id {
            return Some((schema(), t.def.name.clone(), true));
        }
        if let Some(i) = t.def.indexes.iter().find(|i| i.constraint && i.object_id == id) {
            return Some((schema(), i.name.clone(), false));
        }
    }
    catalog::system_object_name(c.config(), id).map(|n| ("sys".to_owned(), n, false))
}

fn column(c: &Call<'_>, s: &mut InstanceState) -> Option<(Table, crate::lab::world::storage::ColumnDef)> {
    let name = Name(identifier_parts(&c.text(0)?));
    let t = find(&data_of(c, s, &name)?, &name)?;
    let wanted = c.text(1)?;
    let col = t.def.columns.iter().find(|x| x.name.eq_ignore_ascii_case(&wanted)).cloned()?;
    Some((t, col))
}

fn column_property(c: &Call<'_>, s: &mut InstanceState) -> Value {
    let Some(d) = data(c, s) else { return Value::Null };
    let Some(t) = c.int(0).and_then(|id| d.tables.get(&(id as u32)).cloned()) else { return Value::Null };
    let wanted = c.text(1).unwrap_or_default();
    let Some(col) = t.def.columns.iter().find(|x| x.name.eq_ignore_ascii_case(&wanted)) else { return Value::Null };
    let flag = |b: bool| i32::from(b).v();
    match c.text(2).unwrap_or_default().to_lowercase().as_str() {
        "isidentity" => flag(col.identity.is_some()),
        "iscomputed" => flag(col.computed.is_some()),
        "allowsnull" => flag(col.nullable),
        "columnid" | "ordinal" => col.id.v(),
        "precision" => i32::from(catalog::facets(col.ty).2).v(),
        "scale" => i32::from(catalog::facets(col.ty).3).v(),
        _ => Value::Null,
    }
}

fn identity(c: &Call<'_>, s: &mut InstanceState, f: &str) -> Value {
    let Some(text) = c.text(0) else { return Value::Null };
    let name = Name(identifier_parts(&text));
    let Some(t) = data_of(c, s, &name).and_then(|d| find(&d, &name)) else { return Value::Null };
    let Some((seed, step)) = t.def.columns.iter().find_map(|x| x.identity) else { return Value::Null };
    let database = name.database().unwrap_or(&c.cx.database);
    let given = s.database(database).and_then(|d| d.identities.get(&t.def.id).copied());
    let n = match f {
        "ident_seed" => seed,
        "ident_incr" => step,
        _ => given.or(t.last_identity).unwrap_or(seed),
    };
    Value::Decimal { unscaled: i128::from(n), scale: 0 }
}
