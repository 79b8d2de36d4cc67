//! An instance as the engine's host.

use super::instance::Instance;
use super::instance::InstanceState;
use super::messages::error;
use super::storage::Data;
use crate::lab::catalog;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::host::TableInfo;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::OnceLock;

mod dbcc;
mod defaults;
mod dml;
mod kill;
mod lock;
pub(crate) use lock::LockError;
pub(crate) use lock::describe;
mod names;
mod tables;
#[cfg(test)]
mod tests;
mod transaction;
pub(crate) use transaction::log_needed_from;

/// Evaluates a default or computed column expression over a row of the table, as a type: the engine's evaluator.
pub type Evaluator =
    Arc<dyn Fn(&dyn Host, &SessionCx, &Expr, &[Column], &[Value], SqlType) -> SqlResult<Value> + Send + Sync>;

/// The host of the sessions of one instance.
pub struct InstanceHost {
    pub instance: Arc<Instance>,
    /// Set once by whoever wires the engine; without it only simple expressions are evaluated.
    pub evaluator: OnceLock<Evaluator>,
}

impl InstanceHost {
    /// Host of an instance.
    pub fn new(instance: Arc<Instance>) -> Self {
        Self { instance, evaluator: OnceLock::new() }
    }
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut InstanceState) -> R) -> R {
        self.instance.with(f)
    }
}

impl InstanceState {
    /// Content of a database as a session sees it: committed rows and its own uncommitted changes.
    pub fn view(&mut self, spid: i32, database: &str) -> Option<Data> {
        let key = database.to_lowercase();
        let db = self.databases.get(&key)?;
        let work = self
            .sessions
            .sessions
            .get_mut(&spid)
            .and_then(|s| s.transaction.as_mut())
            .and_then(|t| t.work.get_mut(&key))
            .filter(|w| !w.ops.is_empty());
        let Some(work) = work else { return Some(db.data.clone()) };
        let (from, mut data) = match work.cache.take() {
            Some((version, applied, data)) if version == db.version && applied <= work.ops.len() => (applied, data),
            _ => (0, db.data.clone()),
        };
        for op in &work.ops[from..] {
            data.apply(op);
        }
        work.cache = Some((db.version, work.ops.len(), data.clone()));
        Some(data)
    }
}

#[async_trait]
impl Host for InstanceHost {
    fn describe(&self, cx: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>> {
        if let Some(view) = catalog::find(&self.instance.config, &cx.database, name) {
            self.with(|s| names::open_catalog(s, cx, name))?;
            return Ok(view.columns(&self.instance.config));
        }
        self.with(|s| names::table(s, cx, name, Some("SELECT")).map(|t| t.info.columns))
    }
    fn scan(&self, cx: &SessionCx, name: &Name) -> SqlResult<RowSet> {
        if let Some(view) = catalog::find(&self.instance.config, &cx.database, name) {
            return self.with(|s| {
                let database = names::open_catalog(s, cx, name)?;
                catalog::scan(&self.instance, s, cx, &database, view, &[])
            });
        }
        self.with(|s| {
            let t = names::table(s, cx, name, Some("SELECT"))?;
            Ok(RowSet { columns: t.info.columns, rows: t.rows.values().cloned().collect() })
        })
    }
    fn describe_function(&self, cx: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>> {
        let view = catalog::find_function(&self.instance.config, name).ok_or_else(|| names::invalid_object(name))?;
        self.with(|s| names::open_catalog(s, cx, name))?;
        Ok(view.columns(&self.instance.config))
    }
    fn call_function(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<RowSet> {
        let Some(view) = catalog::find_function(&self.instance.config, name) else {
            return Err(names::invalid_object(name));
        };
        self.with(|s| {
            let database = names::open_catalog(s, cx, name)?;
            catalog::scan(&self.instance, s, cx, &database, view, args)
        })
    }
    fn scalar_type(&self, name: &Name, args: usize) -> Option<SqlType> {
        super::function::scalar_type(&self.instance, name, args)
    }
    fn scalar(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<Value> {
        super::function::scalar(&self.instance, cx, name, args)
    }
    fn use_database(&self, cx: &mut SessionCx, name: &str) -> SqlResult<()> {
        // A session of a logical server stays in the database it logged in to.
        if self.instance.config.is_logical() && !name.eq_ignore_ascii_case(&cx.database) {
            return Err(error(40508, &[]));
        }
        let spelled = self.with(|s| {
            let spelled = s.open(cx, name)?.name.clone();
            if let Some(session) = s.sessions.get_mut(cx.spid) {
                session.database.clone_from(&spelled);
            }
            Ok(spelled)
        })?;
        cx.database = spelled;
        Ok(())
    }
    fn table(&self, cx: &SessionCx, name: &Name) -> SqlResult<TableInfo> {
        self.with(|s| names::table(s, cx, name, None).map(|t| t.info))
    }
    fn scan_rows(&self, cx: &SessionCx, name: &Name) -> SqlResult<Vec<(RowId, Row)>> {
        self.with(|s| {
            let t = names::table(s, cx, name, None)?;
            Ok(t.rows.iter().map(|(id, row)| (*id, Arc::clone(row))).collect())
        })
    }
    async fn lock_rows(&self, cx: &SessionCx, name: &Name, rows: &[RowId]) -> SqlResult<()> {
        self.lock_table_rows(cx, name, rows).await
    }
    async fn insert(&self, cx: &mut SessionCx, name: &Name, rows: Vec<Vec<Option<Value>>>) -> SqlResult<Vec<Row>> {
        self.insert_rows(cx, name, rows).await
    }
    async fn update(&self, cx: &mut SessionCx, name: &Name, rows: Vec<(RowId, Row)>) -> SqlResult<()> {
        self.update_rows(cx, name, rows).await
    }
    async fn delete(&self, cx: &mut SessionCx, name: &Name, rows: Vec<RowId>) -> SqlResult<()> {
        self.delete_rows(cx, name, rows).await
    }
    async fn create_table(&self, cx: &mut SessionCx, table: &CreateTable) -> SqlResult<()> {
        self.make_table(cx, table).await
    }
    async fn alter_table(&self, cx: &mut SessionCx, stmt: &Stmt) -> SqlResult<()> {
        self.change_table(cx, stmt).await
    }
    async fn begin(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()> {
        self.begin_transaction(cx, name)
    }
    async fn commit(&self, cx: &SessionCx) -> SqlResult<()> {
        self.commit_one(cx).await
    }
    fn rollback(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()> {
        self.rollback_to(cx, name)
    }
    fn savepoint(&self, cx: &SessionCx, name: &str) -> SqlResult<()> {
        self.save(cx, name)
    }
    fn transaction_state(&self, cx: &SessionCx) -> (i32, i16) {
        self.with(|s| match s.sessions.get(cx.spid).and_then(|s| s.transaction.as_ref()) {
            Some(t) if t.nesting > 0 => (t.nesting, if t.doomed { -1 } else { 1 }),
            _ => (0, 0),
        })
    }
    fn doom(&self, cx: &SessionCx) {
        self.with(|s| {
            if let Some(t) = s.sessions.get_mut(cx.spid).and_then(|s| s.transaction.as_mut()) {
                t.doomed = true;
            }
        });
    }
    async fn ddl(&self, cx: &mut SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
        super::ddl::execute(self, cx, ddl).await
    }
    async fn procedure(&self, cx: &mut SessionCx, name: &Name, args: &[ProcArg]) -> Option<SqlResult<ProcOutcome>> {
        super::procedure::call(self, cx, name, args).await
    }
    async fn dbcc(
        &self,
        cx: &mut SessionCx,
        command: &str,
        args: &[String],
        options: &[String],
    ) -> SqlResult<ProcOutcome> {
        self.run_dbcc(cx, command, args, options)
    }
    async fn kill(&self, cx: &SessionCx, spid: i32, uow: Option<&str>) -> SqlResult<()> {
        self.kill_session(cx, spid, uow)
    }
    async fn reconfigure(&self, cx: &SessionCx) -> SqlResult<()> {
        super::procedure::reconfigure(self, cx)
    }
    async fn checkpoint(&self, cx: &SessionCx) -> SqlResult<()> {
        self.checkpoint_database(cx)
    }
    fn note_request(&self, cx: &SessionCx, command: Option<&str>, text: &str) {
        self.note(cx, command, text);
    }
    fn error_log(&self, text: &str) {
        self.instance.log(text);
    }
    fn now(&self) -> time::OffsetDateTime {
        self.instance.wall.shows(self.instance.clock.now())
    }
}

/// Error for a session the server has ended.
pub(crate) fn dead() -> SqlError {
    error(596, &[])
}
