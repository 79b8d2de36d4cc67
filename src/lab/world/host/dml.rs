//! Insert, update, delete: constraints, locks, log.

use super::InstanceHost;
use super::names;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::Op;
use crate::lab::world::messages::error;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::Resource;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::Table;
use crate::lab::world::storage::integer;
use crate::lab::world::values;

/// The table a statement changes.
pub(crate) struct Target {
    pub database: String,
    pub database_id: i32,
    pub schema: String,
    pub table: Table,
}

impl Target {
    /// `dbo.t`, as constraint messages write it.
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.schema, self.table.def.name)
    }
    fn resource(&self) -> Resource {
        Resource::Table(self.database_id, self.table.def.id)
    }
}

/// Finds a table to change, with the permission for it.
pub(crate) fn target(s: &mut InstanceState, cx: &SessionCx, name: &Name, permission: &str) -> SqlResult<Target> {
    let table = names::table(s, cx, name, Some(permission))?;
    let db = s.open_for_write(cx, name.database().unwrap_or(&cx.database))?;
    let schema = db.data.schemas.get(&table.def.schema_id).map_or("dbo", |s| s.name.as_str()).to_owned();
    Ok(Target { database: db.name.to_lowercase(), database_id: db.id, schema, table })
}

impl InstanceHost {
    pub(crate) async fn insert_rows(
        &self,
        cx: &mut SessionCx,
        name: &Name,
        rows: Vec<Vec<Option<Value>>>,
    ) -> SqlResult<Vec<Row>> {
        let statement = self.statement(cx)?;
        let target = self.with(|s| target(s, cx, name, "INSERT"))?;
        self.lock_for(cx, &target.resource(), LockMode::IntentExclusive).await?;
        let mut stored = Vec::with_capacity(rows.len());
        for row in rows {
            stored.push(self.complete(cx, &target, name, row)?);
        }
        self.lock_keys(cx, &target, &stored).await?;
        let now = self.instance.clock.now();
        self.with(|s| {
            let mut table = current(s, cx, &target)?;
            let mut ops = Vec::with_capacity(stored.len());
            for row in &stored {
                let id = next_row(s, &target.database);
                unique(&target, &table, row)?;
                table.put(id, row.clone());
                ops.push(Op::Insert { table: table.def.id, row: id, values: row.to_vec() });
            }
            s.record(cx.spid, &target.database, ops, now);
            SqlResult::Ok(())
        })?;
        statement.finish().await?;
        Ok(stored)
    }
    pub(crate) async fn update_rows(&self, cx: &mut SessionCx, name: &Name, rows: Vec<(RowId, Row)>) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let target = self.with(|s| target(s, cx, name, "UPDATE"))?;
        self.lock_for(cx, &target.resource(), LockMode::IntentExclusive).await?;
        for (id, _) in &rows {
            self.lock_for(cx, &Resource::Row(target.database_id, target.table.def.id, *id), LockMode::Exclusive)
                .await?;
        }
        let mut new = Vec::with_capacity(rows.len());
        for (id, row) in rows {
            new.push((id, self.recompute(cx, &target, &row)?));
        }
        let stored: Vec<Row> = new.iter().map(|(_, r)| r.clone()).collect();
        self.lock_keys(cx, &target, &stored).await?;
        let now = self.instance.clock.now();
        self.with(|s| {
            let mut table = current(s, cx, &target)?;
            new.retain(|(id, _)| table.rows.contains_key(id));
            for (id, row) in &new {
                same_identity(&table, *id, row)?;
            }
            for (id, _) in &new {
                table.remove(*id);
            }
            let mut ops = Vec::with_capacity(new.len());
            for (id, row) in &new {
                not_null(&target, row, "UPDATE")?;
                unique(&target, &table, row)?;
                table.put(*id, row.clone());
                ops.push(Op::Update { table: table.def.id, row: *id, values: row.to_vec() });
            }
            s.record(cx.spid, &target.database, ops, now);
            SqlResult::Ok(())
        })?;
        statement.finish().await
    }
    pub(crate) async fn delete_rows(&self, cx: &mut SessionCx, name: &Name, rows: Vec<RowId>) -> SqlResult<()> {
        let statement = self.statement(cx)?;
        let target = self.with(|s| target(s, cx, name, "DELETE"))?;
        self.lock_for(cx, &target.resource(), LockMode::IntentExclusive).await?;
        for id in &rows {
            self.lock_for(cx, &Resource::Row(target.database_id, target.table.def.id, *id), LockMode::Exclusive)
                .await?;
        }
        let old: Vec<Row> = rows.iter().filter_map(|id| target.table.rows.get(id).cloned()).collect();
        self.lock_keys(cx, &target, &old).await?;
        let now = self.instance.clock.now();
        self.with(|s| {
            let table = current(s, cx, &target)?;
            let here = rows.iter().filter(|id| table.rows.contains_key(*id));
            let ops = here.map(|id| Op::Delete { table: table.def.id, row: *id }).collect();
            s.record(cx.spid, &target.database, ops, now);
            SqlResult::Ok(())
        })?;
        statement.finish().await
    }
    /// Exclusive locks on the keys of rows, so that two sessions cannot both use one.
    async fn lock_keys(&self, cx: &SessionCx, target: &Target, rows: &[Row]) -> SqlResult<()> {
        let table = &target.table;
        for row in rows {
            for (at, index) in table.def.indexes.iter().enumerate().filter(|(_, i)| i.unique) {
                let key = table.key(at, row);
                let resource = Resource::Key(target.database_id, table.def.id, index.id, key);
                self.lock_for(cx, &resource, LockMode::Exclusive).await?;
            }
        }
        Ok(())
    }
    /// Fills identity, defaults and computed columns; checks NOT NULL.
    fn complete(&self, cx: &mut SessionCx, target: &Target, name: &Name, given: Vec<Option<Value>>) -> SqlResult<Row> {
        let (def, specs) = (&target.table.def, &target.table.info.specs);
        let mut row = vec![Value::Null; def.columns.len()];
        for (at, column) in def.columns.iter().enumerate() {
            let value = given.get(at).cloned().flatten();
            if let Some((seed, step)) = column.identity {
                let explicit =
                    cx.identity_insert.as_ref().is_some_and(|n| n.object().eq_ignore_ascii_case(name.object()));
                let n = match (value, explicit) {
                    (Some(v), true) => integer(&v).ok_or_else(|| error(545, &[&def.name]))?,
                    (Some(_), false) => return Err(error(544, &[&def.name])),
                    (None, true) => return Err(error(545, &[&def.name])),
                    (None, false) => self.with(|s| next_identity(s, target, seed, step)),
                };
                if explicit {
                    self.with(|s| note_identity(s, target, n, step));
                }
                cx.last_identity = Some(n);
                row[at] = values::fit(Value::BigInt(n), column.ty);
            } else if let Some(v) = value {
                row[at] = v;
            } else if let Some(expr) = &specs[at].default {
                row[at] = self.evaluate(cx, expr, &[], &[], column.ty)?;
            } else if column.default.is_some() {
                return Err(error(40000, &[&format!("the default of column '{}'", column.name)]));
            }
        }
        let row = self.computed(cx, target, row)?;
        not_null(target, &row, "INSERT")?;
        Ok(Row::from(row))
    }
    fn recompute(&self, cx: &SessionCx, target: &Target, row: &Row) -> SqlResult<Row> {
        if target.table.def.columns.iter().all(|c| c.computed.is_none()) {
            return Ok(row.clone());
        }
        self.computed(cx, target, row.to_vec()).map(Row::from)
    }
    fn computed(&self, cx: &SessionCx, target: &Target, mut row: Vec<Value>) -> SqlResult<Vec<Value>> {
        let info = &target.table.info;
        for (at, spec) in info.specs.iter().enumerate() {
            if let Some(expr) = &spec.computed {
                row[at] = self.evaluate(cx, expr, &info.columns, &row, spec.ty)?;
            }
        }
        Ok(row)
    }
}

/// The table as it is now for this session: others may have committed while locks were awaited.
fn current(s: &mut InstanceState, cx: &SessionCx, target: &Target) -> SqlResult<Table> {
    s.open_for_write(cx, &target.database)?;
    let data: Data = s.view(cx.spid, &target.database).ok_or_else(|| error(911, &[&target.database]))?;
    data.tables.get(&target.table.def.id).cloned().ok_or_else(|| error(208, &[&target.qualified()]))
}

fn next_row(s: &mut InstanceState, database: &str) -> RowId {
    s.databases.get_mut(database).map_or(0, |db| {
        db.last_row += 1;
        db.last_row
    })
}

/// Identity values are handed out once: a rollback leaves a gap.
fn next_identity(s: &mut InstanceState, target: &Target, seed: i64, step: i64) -> i64 {
    let Some(db) = s.databases.get_mut(&target.database) else { return seed };
    let id = target.table.def.id;
    let stored = db.data.tables.get(&id).and_then(|t| t.last_identity);
    let known = db.identities.get(&id).copied();
    let last = match (stored, known) {
        (Some(a), Some(b)) if step < 0 => Some(a.min(b)),
        (a, b) => a.max(b),
    };
    let next = last.map_or(seed, |n| n.wrapping_add(step));
    db.identities.insert(id, next);
    next
}

fn note_identity(s: &mut InstanceState, target: &Target, value: i64, step: i64) {
    if let Some(db) = s.databases.get_mut(&target.database) {
        let last = db.identities.entry(target.table.def.id).or_insert(value);
        *last = if step < 0 { value.min(*last) } else { value.max(*last) };
    }
}

fn not_null(target: &Target, row: &[Value], verb: &str) -> SqlResult<()> {
    let columns = &target.table.def.columns;
    match columns.iter().zip(row).find(|(c, v)| !c.nullable && v.is_null()) {
        None => Ok(()),
        Some((c, _)) => {
            let table = format!("{}.{}", target.database, target.qualified());
            Err(error(515, &[&c.name, &table, &verb]).state(2))
        }
    }
}

fn same_identity(table: &Table, id: RowId, row: &[Value]) -> SqlResult<()> {
    let Some(at) = table.def.columns.iter().position(|c| c.identity.is_some()) else { return Ok(()) };
    match table.rows.get(&id) {
        Some(old) if integer(&old[at]) != integer(&row[at]) => Err(error(8102, &[&table.def.columns[at].name])),
        _ => Ok(()),
    }
}

fn unique(target: &Target, table: &Table, row: &[Value]) -> SqlResult<()> {
    for (at, index) in table.def.indexes.iter().enumerate().filter(|(_, i)| i.unique) {
        if table.lookup(at, &table.key(at, row)).is_some() {
            return Err(duplicate(target, at, row, &index.name));
        }
    }
    Ok(())
}

/// 2627 for a constraint, 2601 for a unique index, with the key as the server prints it.
fn duplicate(target: &Target, at: usize, row: &[Value], index_name: &str) -> SqlError {
    let index = &target.table.def.indexes[at];
    let key = index.columns.iter().map(|c| values::display(&row[*c])).collect::<Vec<_>>().join(", ");
    let key = format!("({key})");
    let object = target.qualified();
    if index.constraint {
        let kind = if index.primary_key { "PRIMARY KEY" } else { "UNIQUE KEY" };
        error(2627, &[&kind, &index_name, &object, &key])
    } else {
        error(2601, &[&object, &index_name, &key])
    }
}
