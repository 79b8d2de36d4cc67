//! Tables to change: the host's, temp tables, table variables.

use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::scope::ScopeTable;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::memory::MemoryTable;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

/// A table that is being changed.
#[derive(Clone)]
pub(super) struct Target {
    /// As the host knows it.
    pub(super) name: Name,
    /// Key of a temp table or table variable.
    pub(super) memory: Option<String>,
    pub(super) columns: Arc<[Column]>,
    pub(super) specs: Arc<[ColumnSpec]>,
}

impl Target {
    pub(super) fn column(&self, name: &str) -> SqlResult<usize> {
        self.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)).ok_or_else(|| fault::no_column(name))
    }

    /// The name messages use.
    pub(super) fn shown(&self, database: &str) -> String {
        match &self.memory {
            Some(key) if key.starts_with('#') => format!("tempdb.dbo.{}", self.name.object()),
            Some(_) => self.name.object().to_owned(),
            None => format!(
                "{}.{}.{}",
                self.name.database().unwrap_or(database),
                self.name.schema().unwrap_or("dbo"),
                self.name.object()
            ),
        }
    }

    /// 515 for a NULL where none may be.
    pub(super) fn check_null(&self, i: usize, v: &Value, database: &str, verb: &str) -> SqlResult<()> {
        let c = &self.columns[i];
        if !v.is_null() || c.nullable {
            return Ok(());
        }
        Err(SqlError::new(
            515,
            16,
            format!(
                "Cannot insert the value NULL into column '{}', table '{}'; column does not allow nulls. {verb} fails.",
                c.name,
                self.shown(database)
            ),
        )
        .state(2))
    }
}

impl Run<'_> {
    pub(super) fn target(&self, frame: &Frame, name: &Name) -> Outcome<Target> {
        let bind = |e| Fail::bind(e, frame.level);
        let Some(key) = binder::memory_key(name) else {
            let info = self.core.host.table(&self.core.cx, name).map_err(bind)?;
            return Ok(Target { name: name.clone(), memory: None, columns: info.columns, specs: info.specs });
        };
        let found = if key.starts_with('@') {
            frame
                .with_table(&key, |t| (t.columns.clone(), t.specs.clone()))
                .ok_or_else(|| bind(fault::undeclared_table(name.object())))?
        } else {
            self.core
                .temps
                .get(&key)
                .map(|t| (t.columns.clone(), t.specs.clone()))
                .ok_or_else(|| bind(fault::no_object(name.object())))?
        };
        Ok(Target { name: name.clone(), memory: Some(key), columns: found.0, specs: found.1 })
    }

    /// Works on an in-memory table.
    pub(super) fn in_memory<T>(
        &mut self,
        frame: &Frame,
        key: &str,
        f: impl FnOnce(&mut MemoryTable) -> SqlResult<T>,
    ) -> Outcome<T> {
        let out = if key.starts_with('@') { frame.with_table(key, f) } else { self.core.temps.get_mut(key).map(f) };
        Ok(out.unwrap_or_else(|| Err(fault::no_object(key)))?)
    }

    /// Stores rows: `None` is for the table to fill.
    pub(super) async fn store(
        &mut self,
        frame: &Frame,
        target: &Target,
        mut rows: Vec<Vec<Option<Value>>>,
    ) -> Outcome<Vec<Row>> {
        let Some(key) = target.memory.clone() else {
            let host = self.core.host.clone();
            return Ok(host.insert(&mut self.core.cx, &target.name, rows).await?);
        };
        // identity values are used up even if the rows are refused
        let last = self.in_memory(frame, &key, |t| Ok(t.number(&mut rows)))?;
        self.fill(frame, target, &mut rows)?;
        let stored = self.in_memory(frame, &key, |t| t.insert(rows))?;
        if last.is_some() {
            self.core.cx.last_identity = last;
        }
        Ok(stored)
    }

    /// Defaults and computed columns of in-memory tables.
    fn fill(&self, frame: &Frame, target: &Target, rows: &mut [Vec<Option<Value>>]) -> Outcome<()> {
        for (i, spec) in target.specs.iter().enumerate() {
            let Some(d) = &spec.default else { continue };
            for row in rows.iter_mut().filter(|r| r[i].is_none()) {
                // evaluated row by row: NEWID() differs
                let v = self.value_as(frame, d, spec.ty)?;
                row[i] = Some(v);
            }
        }
        for row in rows.iter_mut() {
            let plain: Vec<Value> = row.iter().map(|v| v.clone().unwrap_or(Value::Null)).collect();
            for (i, v) in self.computed(frame, target, &plain)? {
                row[i] = Some(v);
            }
        }
        Ok(())
    }

    /// Values of computed columns over a row.
    pub(super) fn computed(&self, frame: &Frame, target: &Target, row: &[Value]) -> Outcome<Vec<(usize, Value)>> {
        let mut out = Vec::new();
        for (i, spec) in target.specs.iter().enumerate() {
            let Some(e) = &spec.computed else { continue };
            let ex = self.bind(frame, |b| {
                let table = ScopeTable {
                    alias: String::new(),
                    path: Vec::new(),
                    columns: target.columns.to_vec(),
                    hidden: 0,
                    offset: 0,
                };
                b.expr(e, &Scope::new(vec![table], None))
            })?;
            let view = self.view(frame);
            let rt = self.rt(&view);
            let v = scalar::eval(&ex, &Env::of(&rt, row, None))?;
            out.push((i, convert::cast(&v, ex.ty, spec.ty, 0)?));
        }
        Ok(out)
    }

    pub(super) async fn create_table(&mut self, frame: &Frame, t: &CreateTable) -> Outcome<()> {
        self.writable()?;
        self.make_table(frame, t).await?;
        self.done(None, 0).await
    }

    pub(super) async fn make_table(&mut self, frame: &Frame, t: &CreateTable) -> Outcome<()> {
        match binder::memory_key(&t.name) {
            None => {
                let host = self.core.host.clone();
                let table = CreateTable { columns: self.typed(frame, &t.columns)?, ..t.clone() };
                Ok(host.create_table(&mut self.core.cx, &table).await?)
            }
            Some(key) => {
                if self.core.temps.contains_key(&key) {
                    return Err(SqlError::new(
                        2714,
                        16,
                        format!("There is already an object named '{}' in the database.", t.name.object()),
                    )
                    .state(6)
                    .into());
                }
                let columns = self.typed(frame, &t.columns)?;
                let id = self.core.object_id();
                let table = MemoryTable::new(t.name.object(), columns, &t.primary_key, &t.unique, id, frame.level)?;
                self.core.put_temp(key, table);
                Ok(())
            }
        }
    }

    /// Columns with the type of a computed one told: its expression's.
    fn typed(&self, frame: &Frame, columns: &[ColumnSpec]) -> Outcome<Vec<ColumnSpec>> {
        let mut columns = columns.to_vec();
        for i in 0..columns.len() {
            let Some(e) = columns[i].computed.clone() else { continue };
            let others: Vec<Column> = columns.iter().map(|c| Column::new(c.name.clone(), c.ty)).collect();
            let ex = self.bind(frame, |b| {
                let table =
                    ScopeTable { alias: String::new(), path: Vec::new(), columns: others, hidden: 0, offset: 0 };
                b.expr(&e, &Scope::new(vec![table], None))
            })?;
            columns[i].ty = ex.ty;
            columns[i].nullable = Some(true);
        }
        Ok(columns)
    }

    /// Changes of a table's shape, DROP, TRUNCATE, indexes.
    pub(super) async fn alter_table(&mut self, frame: &Frame, s: &Stmt) -> Outcome<()> {
        self.writable()?;
        if let Stmt::DropTable { names, if_exists } = s {
            return self.drop_tables(frame, names, *if_exists).await;
        }
        let name = match s {
            Stmt::Truncate(n) => n,
            Stmt::AlterTableAdd { table, .. }
            | Stmt::AlterTableDropColumn { table, .. }
            | Stmt::CreateIndex { table, .. }
            | Stmt::DropIndex { table, .. } => table,
            _ => return Err(fault::unsupported("statement").into()),
        };
        let Some(key) = binder::memory_key(name) else {
            self.implicit().await?;
            let host = self.core.host.clone();
            host.alter_table(&mut self.core.cx, s).await?;
            return self.done(None, 0).await;
        };
        if !key.starts_with('#') || !self.core.temps.contains_key(&key) {
            return Err(SqlError::new(
                4902,
                16,
                format!(
                    "Cannot find the object \"{}\" because it does not exist or you do not have permissions.",
                    name.object()
                ),
            )
            .into());
        }
        self.alter_temp(frame, &key, s)?;
        self.done(None, 0).await
    }

    fn alter_temp(&mut self, frame: &Frame, key: &str, s: &Stmt) -> Outcome<()> {
        match s {
            Stmt::Truncate(_) => self.in_memory(frame, key, |t| {
                t.truncate();
                Ok(())
            }),
            Stmt::AlterTableAdd { columns, .. } => {
                let mut fill = Vec::with_capacity(columns.len());
                for c in columns {
                    fill.push(match &c.default {
                        Some(d) if c.nullable == Some(false) => self.value_as(frame, d, c.ty)?,
                        _ => Value::Null,
                    });
                }
                self.in_memory(frame, key, |t| {
                    t.add_columns(columns, &fill);
                    Ok(())
                })
            }
            Stmt::AlterTableDropColumn { column, .. } => self.in_memory(frame, key, |t| {
                if t.drop_column(column) {
                    return Ok(());
                }
                Err(SqlError::new(
                    4924,
                    16,
                    format!(
                        "ALTER TABLE DROP COLUMN failed because column '{column}' does not exist in table '{}'.",
                        t.name
                    ),
                ))
            }),
            Stmt::CreateIndex { columns, unique, .. } => self.in_memory(frame, key, |t| {
                for c in columns {
                    if !t.columns.iter().any(|o| o.name.eq_ignore_ascii_case(c)) {
                        return Err(SqlError::new(
                            1911,
                            16,
                            format!("Column name '{c}' does not exist in the target table or view."),
                        ));
                    }
                }
                if *unique { t.add_unique(columns) } else { Ok(()) }
            }),
            _ => Ok(()),
        }
    }

    async fn drop_tables(&mut self, frame: &Frame, names: &[Name], if_exists: bool) -> Outcome<()> {
        let _ = frame;
        for name in names {
            if let Some(key) = binder::memory_key(name) {
                if !self.core.drop_temp(&key) && !if_exists {
                    return Err(SqlError::new(
                        3701,
                        11,
                        format!(
                            "Cannot drop the table '{}', because it does not exist or you do not have permission.",
                            name.object()
                        ),
                    )
                    .state(5)
                    .into());
                }
            } else {
                self.implicit().await?;
                let host = self.core.host.clone();
                let one = Stmt::DropTable { names: vec![name.clone()], if_exists };
                host.alter_table(&mut self.core.cx, &one).await?;
            }
        }
        self.done(None, 0).await
    }
}
