//! A user table: definition, rows, unique indexes.

use super::key::encode_key;
use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::TableInfo;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;
use time::OffsetDateTime;

/// A column as stored in the schema; expressions are kept as text.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ColumnDef {
    pub id: i32,
    pub name: String,
    pub ty: SqlType,
    pub nullable: bool,
    pub identity: Option<(i64, i64)>,
    pub default: Option<String>,
    pub computed: Option<String>,
}

/// An index or key constraint.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct IndexDef {
    /// `sys.indexes.index_id`.
    pub id: i32,
    pub name: String,
    /// Ordinals into the table's columns.
    pub columns: Vec<usize>,
    pub unique: bool,
    pub primary_key: bool,
    /// Made by a UNIQUE constraint (2627) and not by CREATE UNIQUE INDEX (2601).
    pub constraint: bool,
    /// Object id of the constraint, 0 for a plain index.
    pub object_id: i32,
}

/// Definition of a table.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct TableDef {
    pub id: u32,
    pub schema_id: i32,
    pub name: String,
    pub columns: Vec<ColumnDef>,
    pub indexes: Vec<IndexDef>,
    pub create_date: OffsetDateTime,
    pub modify_date: OffsetDateTime,
}

/// A table with its rows.
#[derive(Debug, Clone)]
pub struct Table {
    pub def: Arc<TableDef>,
    pub info: TableInfo,
    pub rows: imbl::OrdMap<RowId, Row>,
    /// Per unique index, in order of `def.indexes`; empty for others.
    unique: Vec<imbl::HashMap<Vec<u8>, RowId>>,
    /// Greatest (by sign of the increment) identity value seen.
    pub last_identity: Option<i64>,
    pub bytes: u64,
}

impl Table {
    /// An empty table.
    pub fn new(def: TableDef) -> Self {
        let columns: Arc<[Column]> = def
            .columns
            .iter()
            .map(|c| Column { name: c.name.clone(), ty: c.ty, nullable: c.nullable, identity: c.identity.is_some() })
            .collect();
        let specs: Arc<[ColumnSpec]> = def.columns.iter().map(spec).collect();
        let unique = vec![imbl::HashMap::new(); def.indexes.len()];
        let info = TableInfo { columns, specs };
        Self { def: Arc::new(def), info, rows: imbl::OrdMap::new(), unique, last_identity: None, bytes: 0 }
    }
    /// The same rows under another definition; `map` turns each row.
    #[must_use]
    pub fn redefine(&self, def: TableDef, map: impl Fn(&Row) -> Row) -> Self {
        let mut t = Self::new(def);
        t.last_identity = self.last_identity;
        for (id, row) in &self.rows {
            t.put(*id, map(row));
        }
        t
    }
    /// Key of a row in the index at `at`.
    pub fn key(&self, at: usize, row: &[Value]) -> Vec<u8> {
        encode_key(self.def.indexes[at].columns.iter().map(|c| &row[*c]))
    }
    /// Row that holds a key of a unique index.
    pub fn lookup(&self, at: usize, key: &[u8]) -> Option<RowId> {
        self.unique.get(at)?.get(key).copied()
    }
    /// Stores a row.
    pub fn put(&mut self, id: RowId, row: Row) {
        self.remove(id);
        for at in 0..self.unique.len() {
            if self.def.indexes[at].unique {
                let key = self.key(at, &row);
                self.unique[at].insert(key, id);
            }
        }
        if let Some((at, c)) = self.def.columns.iter().enumerate().find(|(_, c)| c.identity.is_some())
            && let Some(v) = integer(&row[at])
        {
            let up = c.identity.is_none_or(|(_, step)| step >= 0);
            self.last_identity = Some(match self.last_identity {
                None => v,
                Some(old) if up => old.max(v),
                Some(old) => old.min(v),
            });
        }
        self.bytes += row_bytes(&row);
        self.rows.insert(id, row);
    }
    /// Takes a row out.
    pub fn remove(&mut self, id: RowId) {
        let Some(row) = self.rows.remove(&id) else { return };
        for at in 0..self.unique.len() {
            if self.def.indexes[at].unique {
                let key = self.key(at, &row);
                if self.unique[at].get(&key) == Some(&id) {
                    self.unique[at].remove(&key);
                }
            }
        }
        self.bytes = self.bytes.saturating_sub(row_bytes(&row));
    }
}

/// Whole number in a value of any exact type.
pub fn integer(v: &Value) -> Option<i64> {
    match v {
        Value::TinyInt(n) => Some(i64::from(*n)),
        Value::SmallInt(n) => Some(i64::from(*n)),
        Value::Int(n) => Some(i64::from(*n)),
        Value::BigInt(n) => Some(*n),
        Value::Bit(b) => Some(i64::from(*b)),
        Value::Decimal { unscaled, scale } => i64::try_from(unscaled / 10i128.checked_pow(u32::from(*scale))?).ok(),
        Value::Variant(inner) => integer(&inner.1),
        _ => None,
    }
}

/// Bytes of a row on a page: header, null bitmap, values.
pub fn row_bytes(row: &[Value]) -> u64 {
    9 + row.len() as u64 / 8 + row.iter().map(value_bytes).sum::<u64>()
}

fn value_bytes(v: &Value) -> u64 {
    match v {
        Value::Null => 0,
        Value::Bit(_) | Value::TinyInt(_) => 1,
        Value::SmallInt(_) => 2,
        Value::Int(_) | Value::Real(_) => 4,
        Value::BigInt(_) | Value::Float(_) | Value::Money(_) | Value::DateTime { .. } => 8,
        Value::Decimal { .. } | Value::Guid(_) => 16,
        Value::Str(s) => 2 + 2 * s.chars().count() as u64,
        Value::Bytes(b) => 2 + b.len() as u64,
        Value::Date(_) => 3,
        Value::Time(_) => 5,
        Value::DateTimeOffset { .. } => 10,
        Value::Variant(v) => 2 + value_bytes(&v.1),
    }
}

fn spec(c: &ColumnDef) -> ColumnSpec {
    ColumnSpec {
        name: c.name.clone(),
        ty: c.ty,
        nullable: Some(c.nullable),
        identity: c.identity,
        default: c.default.as_deref().and_then(parse_expr),
        primary_key: false,
        unique: false,
        computed: c.computed.as_deref().and_then(parse_expr),
    }
}

/// Parses an expression that was valid when the table was created.
pub fn parse_expr(text: &str) -> Option<Expr> {
    let dialect = sqlparser::dialect::MsSqlDialect {};
    sqlparser::parser::Parser::new(&dialect).with_recursion_limit(50).try_with_sql(text).ok()?.parse_expr().ok()
}
