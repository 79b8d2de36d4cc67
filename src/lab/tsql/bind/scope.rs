//! Names that an expression can see.

use crate::lab::tsql::bind::tree::Agg;
use crate::lab::tsql::bind::tree::Win;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Column;
use std::cell::Cell;
use std::cell::RefCell;

/// One table of a FROM clause.
#[derive(Debug, Clone)]
pub struct ScopeTable {
    /// Alias, or the object's name.
    pub alias: String,
    /// Schema and database as written, nearest last; empty under an alias.
    pub path: Vec<String>,
    pub columns: Vec<Column>,
    /// Columns at the end that only the engine sees.
    pub hidden: usize,
    /// First column's place in the row.
    pub offset: usize,
}

impl ScopeTable {
    /// Columns a user can name.
    pub fn visible(&self) -> &[Column] {
        &self.columns[..self.columns.len() - self.hidden]
    }
}

/// Where in a query an expression stands; decides about aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clause {
    Where,
    On,
    GroupBy,
    Select,
    Having,
    OrderBy,
    /// Inside the argument of an aggregate.
    Aggregate,
}

/// One query level.
pub struct Scope<'p> {
    pub tables: Vec<ScopeTable>,
    pub parent: Option<&'p Scope<'p>>,
    pub depth: usize,
    pub clause: Cell<Clause>,
    pub aggs: RefCell<Vec<Agg>>,
    pub wins: RefCell<Vec<Win>>,
}

/// A resolved column.
pub struct Found {
    pub up: usize,
    pub idx: usize,
    pub column: Column,
    pub depth: usize,
}

impl<'p> Scope<'p> {
    /// A level over these tables.
    pub fn new(tables: Vec<ScopeTable>, parent: Option<&'p Scope<'p>>) -> Self {
        Self {
            tables,
            parent,
            depth: parent.map_or(1, |p| p.depth + 1),
            clause: Cell::new(Clause::Select),
            aggs: RefCell::default(),
            wins: RefCell::default(),
        }
    }

    /// Columns of the whole row.
    pub fn width(&self) -> usize {
        self.tables.iter().map(|t| t.columns.len()).sum()
    }

    /// Finds a column by its written parts, innermost level first.
    pub fn resolve(&self, parts: &[&str]) -> SqlResult<Found> {
        let Some((column, path)) = parts.split_last() else { return Err(fault::no_column("")) };
        let mut level = Some(self);
        let mut up = 0;
        while let Some(scope) = level {
            if let Some(found) = scope.here(column, path, up)? {
                return Ok(found);
            }
            level = scope.parent;
            up += 1;
        }
        Err(if path.is_empty() { fault::no_column(column) } else { fault::unbound(&parts.join(".")) })
    }

    fn here(&self, column: &str, path: &[&str], up: usize) -> SqlResult<Option<Found>> {
        let mut found: Option<Found> = None;
        for table in self.tables.iter().filter(|t| path.is_empty() || qualifies(t, path)) {
            let mut hit = false;
            for (i, c) in table.visible().iter().enumerate() {
                if c.name.eq_ignore_ascii_case(column) || c.name.to_lowercase() == column.to_lowercase() {
                    if found.is_some() {
                        return Err(fault::ambiguous(column));
                    }
                    hit = true;
                    found = Some(Found { up, idx: table.offset + i, column: c.clone(), depth: self.depth });
                }
            }
            if !hit && !path.is_empty() {
                return Err(fault::no_column(column));
            }
        }
        Ok(found)
    }

    /// `alias.column` of a place in the row, for messages.
    pub fn describe(&self, idx: usize) -> String {
        self.tables.iter().find(|t| (t.offset..t.offset + t.columns.len()).contains(&idx)).map_or_else(
            String::new,
            |t| {
                let name = &t.columns[idx - t.offset].name;
                if t.alias.is_empty() { name.clone() } else { format!("{}.{name}", t.alias) }
            },
        )
    }
}

/// Does `a.b` name this table? The last part is its alias, those before it its schema and database.
pub fn qualifies(table: &ScopeTable, path: &[&str]) -> bool {
    let Some((last, before)) = path.split_last() else { return true };
    table.alias.eq_ignore_ascii_case(last)
        && before.iter().rev().enumerate().all(|(i, part)| {
            match table.path.len().checked_sub(i + 1).map(|p| &table.path[p]) {
                Some(have) => have.eq_ignore_ascii_case(part) || part.is_empty() || have.is_empty(),
                None => i == 0 && part.eq_ignore_ascii_case("dbo") && !table.alias.is_empty(),
            }
        })
}
