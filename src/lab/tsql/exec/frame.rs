//! Variables of one batch, string or procedure call.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Names;
use crate::lab::tsql::exec::memory::MemoryTable;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;

#[derive(Default)]
struct Inner {
    scalars: HashMap<String, (SqlType, Value)>,
    tables: HashMap<String, MemoryTable>,
}

/// One level of execution.
pub(super) struct Frame {
    inner: Mutex<Inner>,
    /// 0 for a batch; one more for every EXEC.
    pub(super) level: i32,
}

impl Frame {
    pub(super) fn new(level: i32) -> Self {
        Self { inner: Mutex::default(), level }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Declares a scalar; 134 if the name is taken.
    pub(super) fn declare(&self, name: &str, ty: SqlType, value: Value) -> SqlResult<()> {
        let key = name.to_lowercase();
        let mut inner = self.lock();
        if inner.scalars.contains_key(&key) || inner.tables.contains_key(&key) {
            return Err(fault::redeclared(name));
        }
        inner.scalars.insert(key, (ty, value));
        Ok(())
    }

    pub(super) fn declare_table(&self, name: &str, table: MemoryTable) -> SqlResult<()> {
        let key = name.to_lowercase();
        let mut inner = self.lock();
        if inner.scalars.contains_key(&key) || inner.tables.contains_key(&key) {
            return Err(fault::redeclared(name));
        }
        inner.tables.insert(key, table);
        Ok(())
    }

    pub(super) fn scalar(&self, name: &str) -> Option<(SqlType, Value)> {
        self.lock().scalars.get(&name.to_lowercase()).cloned()
    }

    pub(super) fn set(&self, name: &str, value: Value) {
        if let Some(slot) = self.lock().scalars.get_mut(&name.to_lowercase()) {
            slot.1 = value;
        }
    }

    /// Works on a table variable.
    pub(super) fn with_table<T>(&self, key: &str, f: impl FnOnce(&mut MemoryTable) -> T) -> Option<T> {
        self.lock().tables.get_mut(key).map(f)
    }
}

/// All in-memory names a statement sees: its own variables and the session's temp tables.
pub(super) struct View<'a> {
    pub(super) frame: &'a Frame,
    pub(super) temps: &'a HashMap<String, MemoryTable>,
}

impl Names for View<'_> {
    fn variable_type(&self, name: &str) -> Option<SqlType> {
        self.frame.lock().scalars.get(name).map(|s| s.0)
    }
    fn variable(&self, name: &str) -> Value {
        self.frame.lock().scalars.get(name).map_or(Value::Null, |s| s.1.clone())
    }
    fn assign(&self, name: &str, value: Value) {
        if let Some(slot) = self.frame.lock().scalars.get_mut(name) {
            slot.1 = value;
        }
    }
    fn table(&self, name: &str) -> Option<Arc<[Column]>> {
        if name.starts_with('@') {
            return self.frame.lock().tables.get(name).map(|t| t.columns.clone());
        }
        self.temps.get(name).map(|t| t.columns.clone())
    }
    fn rows(&self, name: &str) -> Option<Vec<(RowId, Row)>> {
        if name.starts_with('@') {
            return self.frame.lock().tables.get(name).map(MemoryTable::rows);
        }
        self.temps.get(name).map(MemoryTable::rows)
    }
}
