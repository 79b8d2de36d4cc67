//! OUTPUT inserted.*, deleted.*.

use crate::lab::tds::backend::Event;
use crate::lab::tsql::ast::Output;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::scope::ScopeTable;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::exec::table::Target;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;

/// OUTPUT, bound over a row of `inserted` columns, then `deleted` columns.
pub(super) struct BoundOutput {
    items: Vec<Ex>,
    columns: Vec<Column>,
    into: Option<(Target, Vec<usize>)>,
}

impl Run<'_> {
    /// `inserted` and `deleted`: which of the two the statement has.
    pub(super) fn bind_output(
        &self,
        frame: &Frame,
        output: Option<&Output>,
        target: &Target,
        (inserted, deleted): (bool, bool),
    ) -> Outcome<Option<BoundOutput>> {
        let Some(o) = output else { return Ok(None) };
        let width = target.columns.len();
        let mut tables = Vec::new();
        for (on, alias, offset) in [(inserted, "inserted", 0), (deleted, "deleted", width)] {
            if on {
                tables.push(ScopeTable {
                    alias: alias.to_owned(),
                    path: Vec::new(),
                    columns: target.columns.to_vec(),
                    hidden: 0,
                    offset,
                });
            }
        }
        let (items, columns) = self.bind(frame, |b| b.select_items(&o.items, &Scope::new(tables, None)))?;
        let into = match &o.into {
            None => None,
            Some((name, list)) => {
                let t = self.target(frame, name)?;
                let places = if list.is_empty() {
                    (0..t.columns.len())
                        .filter(|i| t.specs[*i].identity.is_none() && t.specs[*i].computed.is_none())
                        .collect()
                } else {
                    list.iter().map(|c| t.column(c)).collect::<Result<Vec<_>, _>>()?
                };
                if places.len() != items.len() {
                    return Err(SqlError::new(
                        213,
                        16,
                        "Column name or number of supplied values does not match table definition.",
                    )
                    .into());
                }
                Some((t, places))
            }
        };
        Ok(Some(BoundOutput { items, columns, into }))
    }

    /// Sends or stores the output of changed rows: pairs of new and old row.
    pub(super) async fn put_output(
        &mut self,
        frame: &Frame,
        output: Option<BoundOutput>,
        changes: &[(Option<Row>, Option<Row>)],
        width: usize,
    ) -> Outcome<()> {
        let Some(o) = output else { return Ok(()) };
        let mut rows = Vec::with_capacity(changes.len());
        {
            let view = self.view(frame);
            let rt = self.rt(&view);
            let blank: Row = vec![Value::Null; width].into();
            for (new, old) in changes {
                let both: Vec<Value> = new
                    .as_ref()
                    .unwrap_or(&blank)
                    .iter()
                    .chain(old.as_ref().unwrap_or(&blank).iter())
                    .cloned()
                    .collect();
                let env = Env::of(&rt, &both, None);
                let row: Vec<Value> = o.items.iter().map(|e| scalar::eval(e, &env)).collect::<Result<_, SqlError>>()?;
                rows.push(row);
            }
        }
        let Some((target, places)) = o.into else {
            self.send(Event::Columns(o.columns.into())).await?;
            for row in rows {
                self.send(Event::Row(row.into())).await?;
            }
            return Ok(());
        };
        let mut complete = Vec::with_capacity(rows.len());
        for row in rows {
            let mut out: Vec<Option<Value>> = vec![None; target.columns.len()];
            for ((v, i), c) in row.into_iter().zip(&places).zip(&o.columns) {
                let name = target.columns[*i].name.clone();
                out[*i] = Some(convert::store(&v, c.ty, target.columns[*i].ty, Some((target.name.object(), &name)))?);
            }
            complete.push(out);
        }
        self.store(frame, &target, complete).await?;
        Ok(())
    }
}
