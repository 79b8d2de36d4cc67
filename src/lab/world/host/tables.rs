//! Tables and indexes: CREATE, ALTER, DROP, TRUNCATE.

use super::InstanceHost;
use super::dml;
use super::names;
use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Value;
use crate::lab::world::access::On;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::messages::error;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::Resource;
use crate::lab::world::storage::ColumnDef;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::IndexDef;
use crate::lab::world::storage::SchemaOp;
use crate::lab::world::storage::TableDef;
use crate::lab::world::values;
use std::collections::BTreeSet;
use time::OffsetDateTime;

impl InstanceHost {
    pub(crate) async fn make_table(&self, cx: &mut SessionCx, table: &CreateTable) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let name = &table.name;
        names::local(name)?;
        let database = name.database().unwrap_or(&cx.database).to_owned();
        let lock = self.with(|s| {
            let db = s.open_for_write(cx, &database)?;
            s.demand_in(cx, db, "CREATE TABLE")?;
            SqlResult::Ok(Resource::Key(db.id, 0, 0, name.object().to_lowercase().into_bytes()))
        })?;
        self.lock_for(cx, &lock, LockMode::Exclusive).await?;
        let now = self.instance.clock.now();
        self.with(|s| {
            let schema = name.schema().map_or_else(|| names::default_schema(s, cx, &database), str::to_owned);
            let data = s.view(cx.spid, &database).ok_or_else(|| error(911, &[&database]))?;
            let schema_id = data.schema(&schema).ok_or_else(|| error(2760, &[&schema]))?.id;
            if data.table(&schema, name.object()).is_some() {
                return Err(error(2714, &[&name.object()]).state(6));
            }
            let def = define(&data, table, schema_id, now)?;
            s.record(cx.spid, &database, vec![SchemaOp::PutTable(def).to_op()], now);
            Ok(())
        })?;
        statement.finish().await
    }
    pub(crate) async fn change_table(&self, cx: &mut SessionCx, stmt: &Stmt) -> SqlResult<()> {
        match stmt {
            Stmt::DropTable { names, if_exists } => self.drop_tables(cx, names, *if_exists).await,
            Stmt::AlterTableAdd { table, columns } => self.add_columns(cx, table, columns).await,
            Stmt::AlterTableDropColumn { table, column } => {
                self.alter(cx, table, |_, def, _| {
                    let at = position(def, column)
                        .ok_or_else(|| error(4924, &[&"ALTER TABLE DROP COLUMN", column, &def.name]))?;
                    if def.indexes.iter().any(|i| i.columns.contains(&at)) {
                        return Err(error(4922, &[&"ALTER TABLE DROP COLUMN", column]));
                    }
                    let mut new = def.clone();
                    new.columns.remove(at);
                    for index in &mut new.indexes {
                        for c in &mut index.columns {
                            *c -= usize::from(*c > at);
                        }
                    }
                    Ok(vec![SchemaOp::DropColumn { def: new, at }])
                })
                .await
            }
            Stmt::CreateIndex { table, name, columns, unique } => {
                self.alter(cx, table, |t, def, _| create_index(t, def, name, columns, *unique)).await
            }
            Stmt::DropIndex { table, name } => {
                self.alter(cx, table, |_, def, _| {
                    let mut new = def.clone();
                    new.indexes.retain(|i| i.constraint || !i.name.eq_ignore_ascii_case(name));
                    if new.indexes.len() == def.indexes.len() {
                        let full = format!("{}.{name}", def.name);
                        return Err(error(3701, &[&"drop", &"index", &full]).state(7));
                    }
                    Ok(vec![SchemaOp::Reindex(new)])
                })
                .await
            }
            Stmt::Truncate(table) => self.alter(cx, table, |_, def, _| Ok(vec![SchemaOp::Truncate(def.id)])).await,
            other => Err(error(40000, &[&format!("{other:?}").chars().take(60).collect::<String>()])),
        }
    }
    async fn drop_tables(&self, cx: &mut SessionCx, tables: &[Name], if_exists: bool) -> SqlResult<()> {
        for name in tables {
            let found = self.with(|s| names::table(s, cx, name, None));
            match found {
                Err(e) if e.number == 208 && if_exists => {}
                Err(e) if e.number == 208 => {
                    return Err(error(3701, &[&"drop", &"table", &name.object()]).state(5));
                }
                Err(e) => return Err(e),
                Ok(_) => self.alter(cx, name, |_, def, _| Ok(vec![SchemaOp::DropTable(def.id)])).await?,
            }
        }
        Ok(())
    }
    async fn add_columns(&self, cx: &mut SessionCx, table: &Name, columns: &[ColumnSpec]) -> SqlResult<()> {
        let mut fills = Vec::new();
        for c in columns {
            fills.push(match &c.default {
                Some(e) if c.nullable == Some(false) => Some(self.evaluate(cx, e, &[], &[], c.ty)?),
                _ => None,
            });
        }
        let now = self.instance.clock.now();
        self.alter(cx, table, |t, def, _| {
            let mut new = TableDef { modify_date: now, ..def.clone() };
            let mut fill = Vec::new();
            for (c, value) in columns.iter().zip(&fills) {
                if position(&new, &c.name).is_some() {
                    return Err(error(2705, &[&c.name, &def.name]));
                }
                if c.nullable == Some(false) && value.is_none() && !t.rows.is_empty() {
                    return Err(error(4901, &[&c.name, &def.name]));
                }
                let id = new.columns.iter().map(|c| c.id).max().unwrap_or(0) + 1;
                new.columns.push(column(id, c, c.nullable.unwrap_or(true)));
                fill.push(value.clone().unwrap_or(Value::Null));
            }
            Ok(vec![SchemaOp::AddColumns { def: new, values: fill }])
        })
        .await
    }
    /// Locks a table whole and changes its definition.
    async fn alter(
        &self,
        cx: &SessionCx,
        name: &Name,
        change: impl FnOnce(&crate::lab::world::storage::Table, &TableDef, &Data) -> SqlResult<Vec<SchemaOp>>,
    ) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let (database, lock) = self.with(|s| {
            let t = find_for_alter(s, cx, name)?;
            SqlResult::Ok((t.database.clone(), Resource::Table(t.database_id, t.table.def.id)))
        })?;
        self.lock_for(cx, &lock, LockMode::Exclusive).await?;
        let now = self.instance.clock.now();
        self.with(|s| {
            let t = find_for_alter(s, cx, name)?;
            let data = s.view(cx.spid, &database).ok_or_else(|| error(911, &[&database]))?;
            let ops = change(&t.table, &t.table.def, &data)?;
            s.record(cx.spid, &database, ops.iter().map(SchemaOp::to_op).collect(), now);
            SqlResult::Ok(())
        })?;
        statement.finish().await
    }
}

fn find_for_alter(s: &mut InstanceState, cx: &SessionCx, name: &Name) -> SqlResult<dml::Target> {
    let table = match names::table(s, cx, name, None) {
        Err(e) if e.number == 208 => return Err(error(4902, &[&name.0.join(".")])),
        other => other?,
    };
    let database = name.database().unwrap_or(&cx.database);
    let db = s.open_for_write(cx, database)?;
    let on = On::Object(table.def.id as i32, table.def.schema_id);
    if !s.may_in(cx, db, &db.data, "ALTER", on) {
        return Err(error(4902, &[&name.0.join(".")]));
    }
    let schema = db.data.schemas.get(&table.def.schema_id).map_or("dbo", |s| s.name.as_str()).to_owned();
    Ok(dml::Target { database: db.name.to_lowercase(), database_id: db.id, schema, table })
}

fn position(def: &TableDef, column: &str) -> Option<usize> {
    def.columns.iter().position(|c| c.name.eq_ignore_ascii_case(column))
}

fn column(id: i32, c: &ColumnSpec, nullable: bool) -> ColumnDef {
    ColumnDef {
        id,
        name: c.name.clone(),
        ty: c.ty,
        nullable,
        identity: c.identity,
        default: c.default.as_ref().map(ToString::to_string),
        computed: c.computed.as_ref().map(ToString::to_string),
    }
}

fn define(data: &Data, table: &CreateTable, schema_id: i32, now: OffsetDateTime) -> SqlResult<TableDef> {
    let name = table.name.object();
    let mut seen = BTreeSet::new();
    for c in &table.columns {
        if !seen.insert(c.name.to_lowercase()) {
            return Err(error(2705, &[&c.name, &name]));
        }
    }
    let mut keys: Vec<(Vec<String>, bool)> = Vec::new();
    if !table.primary_key.is_empty() {
        keys.push((table.primary_key.clone(), true));
    }
    keys.extend(table.columns.iter().filter(|c| c.primary_key).map(|c| (vec![c.name.clone()], true)));
    keys.extend(table.unique.iter().map(|u| (u.clone(), false)));
    keys.extend(table.columns.iter().filter(|c| c.unique).map(|c| (vec![c.name.clone()], false)));
    let in_primary = |c: &str| keys.iter().any(|(k, primary)| *primary && k.iter().any(|x| x.eq_ignore_ascii_case(c)));
    let columns = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let nullable = c.nullable.unwrap_or(!in_primary(&c.name) && c.identity.is_none());
            column(i as i32 + 1, c, nullable && !in_primary(&c.name))
        })
        .collect();
    let id = data.next_object(data.last_object);
    let mut def = TableDef {
        id,
        schema_id,
        name: name.to_owned(),
        columns,
        indexes: Vec::new(),
        create_date: now,
        modify_date: now,
    };
    let mut last = id;
    for (at, (key, primary)) in keys.iter().enumerate() {
        last = data.next_object(last);
        let columns = ordinals(&def, key)?;
        let prefix = if *primary { "PK" } else { "UQ" };
        def.indexes.push(IndexDef {
            id: at as i32 + if keys.iter().any(|k| k.1) { 1 } else { 2 },
            name: format!("{prefix}__{}__{last:08X}", name.chars().take(8).collect::<String>()),
            columns,
            unique: true,
            primary_key: *primary,
            constraint: true,
            object_id: last as i32,
        });
    }
    Ok(def)
}

fn ordinals(def: &TableDef, names: &[String]) -> SqlResult<Vec<usize>> {
    names.iter().map(|n| position(def, n).ok_or_else(|| error(1911, &[n]))).collect()
}

fn create_index(
    table: &crate::lab::world::storage::Table,
    def: &TableDef,
    name: &str,
    columns: &[String],
    unique: bool,
) -> SqlResult<Vec<SchemaOp>> {
    if def.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(name)) {
        return Err(error(1913, &[&name, &"table", &def.name]));
    }
    let mut new = def.clone();
    let id = def.indexes.iter().map(|i| i.id).max().unwrap_or(1) + 1;
    let columns = ordinals(def, columns)?;
    if unique {
        let mut seen = BTreeSet::new();
        for row in table.rows.values() {
            let key = crate::lab::world::storage::encode_key(columns.iter().map(|c| &row[*c]));
            if !seen.insert(key) {
                let shown: Vec<_> = columns.iter().map(|c| values::display(&row[*c])).collect();
                let key = format!("({})", shown.join(", "));
                return Err(error(1505, &[&def.name, &name, &key]));
            }
        }
    }
    new.indexes.push(IndexDef {
        id,
        name: name.to_owned(),
        columns,
        unique,
        primary_key: false,
        constraint: false,
        object_id: 0,
    });
    Ok(vec![SchemaOp::Reindex(new)])
}
