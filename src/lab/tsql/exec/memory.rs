//! Temp tables and table variables.

use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::compare::Key;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

/// A table in memory; cloning is cheap until it is changed.
#[derive(Debug, Clone)]
pub(super) struct MemoryTable {
    pub(super) name: String,
    pub(super) columns: Arc<[Column]>,
    pub(super) specs: Arc<[ColumnSpec]>,
    rows: Arc<Vec<(RowId, Row)>>,
    next_row: RowId,
    next_identity: Option<i64>,
    /// Column positions of the primary key and of UNIQUE constraints.
    unique: Vec<(bool, Vec<usize>)>,
    pub(super) object_id: i32,
    /// Nesting level it was made at; it goes when that level ends.
    pub(super) level: i32,
}

impl MemoryTable {
    pub(super) fn new(
        name: &str,
        specs: Vec<ColumnSpec>,
        primary_key: &[String],
        unique: &[Vec<String>],
        object_id: i32,
        level: i32,
    ) -> SqlResult<Self> {
        let at = |c: &String| specs.iter().position(|s| s.name.eq_ignore_ascii_case(c));
        let places = |list: &[String]| list.iter().filter_map(at).collect::<Vec<_>>();
        let mut keys = Vec::new();
        for (i, s) in specs.iter().enumerate() {
            if specs[..i].iter().any(|o| o.name.eq_ignore_ascii_case(&s.name)) {
                return Err(SqlError::new(
                    2705,
                    16,
                    format!(
                        "Column names in each table must be unique. Column name '{}' in table '{name}' is specified more than once.",
                        s.name
                    ),
                )
                .state(3));
            }
            if s.primary_key || s.unique {
                keys.push((s.primary_key, vec![i]));
            }
        }
        if !primary_key.is_empty() {
            keys.push((true, places(primary_key)));
        }
        keys.extend(unique.iter().map(|u| (false, places(u))));
        let in_key = |i: usize| keys.iter().any(|(p, k)| *p && k.contains(&i));
        let columns: Vec<Column> = specs
            .iter()
            .enumerate()
            .map(|(i, s)| Column {
                name: s.name.clone(),
                ty: s.ty,
                nullable: s.nullable.unwrap_or(!in_key(i) && s.identity.is_none()) && !in_key(i),
                identity: s.identity.is_some(),
            })
            .collect();
        Ok(Self {
            name: name.to_owned(),
            columns: columns.into(),
            specs: specs.into(),
            rows: Arc::default(),
            next_row: 1,
            next_identity: None,
            unique: keys,
            object_id,
            level,
        })
    }

    pub(super) fn rows(&self) -> Vec<(RowId, Row)> {
        self.rows.to_vec()
    }

    /// Gives identity values to rows that have none; tells the last one.
    pub(super) fn number(&mut self, rows: &mut [Vec<Option<Value>>]) -> Option<i64> {
        let mut last = None;
        for (i, spec) in self.specs.iter().enumerate() {
            let Some((seed, step)) = spec.identity else { continue };
            for row in rows.iter_mut() {
                let n = if let Some(given) = row[i].as_ref().and_then(compare::integer) {
                    self.next_identity = Some(self.next_identity.map_or(given + step, |x| x.max(given + step)));
                    given
                } else {
                    let n = self.next_identity.unwrap_or(seed);
                    self.next_identity = Some(n.saturating_add(step));
                    row[i] = Some(convert_number::integer_of(n.into(), spec.ty).unwrap_or(Value::BigInt(n)));
                    n
                };
                last = Some(n);
            }
        }
        last
    }

    /// Stores complete rows.
    pub(super) fn insert(&mut self, rows: Vec<Vec<Option<Value>>>) -> SqlResult<Vec<Row>> {
        let stored: Vec<Row> =
            rows.into_iter().map(|r| r.into_iter().map(|v| v.unwrap_or(Value::Null)).collect()).collect();
        let mut all: Vec<(RowId, Row)> = self.rows.to_vec();
        for row in &stored {
            all.push((self.next_row, row.clone()));
            self.next_row += 1;
        }
        self.check(&all)?;
        self.rows = Arc::new(all);
        Ok(stored)
    }

    pub(super) fn update(&mut self, changed: &[(RowId, Row)]) -> SqlResult<()> {
        let mut all = self.rows.to_vec();
        let new: HashMap<RowId, &Row> = changed.iter().map(|(id, row)| (*id, row)).collect();
        for (id, row) in &mut all {
            if let Some(n) = new.get(id) {
                *row = Row::clone(n);
            }
        }
        self.check(&all)?;
        self.rows = Arc::new(all);
        Ok(())
    }

    pub(super) fn delete(&mut self, ids: &[RowId]) {
        let gone: HashSet<RowId> = ids.iter().copied().collect();
        Arc::make_mut(&mut self.rows).retain(|(id, _)| !gone.contains(id));
    }

    pub(super) fn truncate(&mut self) {
        self.rows = Arc::default();
        self.next_identity = None;
    }

    /// Adds columns; rows that are there get `fill`.
    pub(super) fn add_columns(&mut self, specs: &[ColumnSpec], fill: &[Value]) {
        let mut all = self.specs.to_vec();
        let mut columns = self.columns.to_vec();
        for s in specs {
            columns.push(Column {
                name: s.name.clone(),
                ty: s.ty,
                nullable: s.nullable.unwrap_or(true),
                identity: s.identity.is_some(),
            });
            all.push(s.clone());
        }
        let rows =
            self.rows.iter().map(|(id, r)| (*id, r.iter().cloned().chain(fill.iter().cloned()).collect())).collect();
        self.rows = Arc::new(rows);
        self.specs = all.into();
        self.columns = columns.into();
    }

    pub(super) fn drop_column(&mut self, name: &str) -> bool {
        let Some(at) = self.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name)) else { return false };
        let without = |i: &usize| *i != at;
        self.specs = (0..self.specs.len()).filter(without).map(|i| self.specs[i].clone()).collect();
        self.columns = (0..self.columns.len()).filter(without).map(|i| self.columns[i].clone()).collect();
        let rows = self
            .rows
            .iter()
            .map(|(id, r)| (*id, (0..r.len()).filter(without).map(|i| r[i].clone()).collect()))
            .collect();
        self.rows = Arc::new(rows);
        true
    }

    /// UNIQUE for an index made later.
    pub(super) fn add_unique(&mut self, columns: &[String]) -> SqlResult<()> {
        let places: Vec<usize> =
            columns.iter().filter_map(|c| self.columns.iter().position(|o| o.name.eq_ignore_ascii_case(c))).collect();
        self.unique.push((false, places));
        self.check(&self.rows)
    }

    fn check(&self, all: &[(RowId, Row)]) -> SqlResult<()> {
        for (primary, places) in &self.unique {
            let mut seen: HashSet<Vec<Key>> = HashSet::with_capacity(all.len());
            for (_, row) in all {
                let key: Vec<Key> = places.iter().map(|i| compare::key(&row[*i], Coll::Ci)).collect();
                if !seen.insert(key) {
                    let shown: Vec<String> = places
                        .iter()
                        .map(|i| {
                            if row[*i].is_null() {
                                return Ok("<NULL>".to_owned());
                            }
                            crate::lab::tsql::function::strings::plain(&row[*i], self.columns[*i].ty)
                        })
                        .collect::<SqlResult<_>>()?;
                    let kind = if *primary { "PRIMARY KEY" } else { "UNIQUE KEY" };
                    return Err(SqlError::new(
                        2627,
                        14,
                        format!(
                            "Violation of {kind} constraint. Cannot insert duplicate key in object '{}'. The duplicate key value is ({}).",
                            self.name,
                            shown.join(", ")
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}
