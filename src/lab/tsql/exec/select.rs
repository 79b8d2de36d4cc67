//! SELECT: to the client, into variables, into a table.

use crate::lab::tds::backend::Event;
use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Select;
use crate::lab::tsql::bind::tree::Body;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::exec::statement;
use crate::lab::tsql::query;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

/// CurCmd of SELECT.
const SELECT: u16 = 0xC1;

impl Run<'_> {
    pub(super) async fn select(&mut self, frame: &Frame, s: &Select) -> Outcome<()> {
        if matches!(&*s.query.body, sqlparser::ast::SetExpr::Select(q) if !q.from.is_empty()) {
            self.implicit().await?;
        }
        let mut plan = self.bind(frame, |b| b.query(&s.query, None))?;
        if let Some(targets) = &s.assign {
            return self.assign(frame, &mut plan, targets).await;
        }
        if let Some(into) = &s.into {
            return self.select_into(frame, &plan, into).await;
        }
        let rows = if self.core.status.options.get("FMTONLY").is_some_and(|v| v == "ON") {
            Arc::default()
        } else {
            self.rows(frame, &plan).await?
        };
        self.result_set(plan.columns.clone(), &rows, SELECT).await
    }

    /// All rows of a plan, over one consistent scan.
    pub(super) async fn rows(&self, frame: &Frame, plan: &QueryPlan) -> Outcome<Arc<Vec<Row>>> {
        let view = self.view(frame);
        let rt = self.rt(&view);
        Ok(query::run(plan, None, &rt).await?)
    }

    pub(super) async fn result_set(&mut self, columns: Arc<[Column]>, rows: &[Row], command: u16) -> Outcome<()> {
        self.send(Event::Columns(columns)).await?;
        for row in rows {
            self.send(Event::Row(row.clone())).await?;
        }
        self.done(Some(rows.len() as u64), command).await
    }

    async fn assign(&mut self, frame: &Frame, plan: &mut QueryPlan, targets: &[(String, Option<char>)]) -> Outcome<()> {
        if let Body::Select(s) = &mut plan.body {
            let items = std::mem::take(&mut s.items);
            s.items = self.bind(frame, |b| {
                items
                    .into_iter()
                    .zip(targets)
                    .map(|(item, (name, op))| statement::assignment(b, name, *op, item))
                    .collect()
            })?;
        } else {
            return Err(Fail::bind(
                SqlError::new(
                    10734,
                    15,
                    "Variable assignment is not allowed in a statement containing a top level UNION, INTERSECT or EXCEPT operator.",
                ),
                frame.level,
            ));
        }
        let view = self.view(frame);
        let rt = self.rt(&view);
        let count = query::assign(plan, &rt, |i, v| {
            if let Some((name, _)) = targets.get(i) {
                frame.set(name, v);
            }
            Ok(())
        })
        .await?;
        drop(rt);
        self.done(Some(count), SELECT).await
    }

    async fn select_into(&mut self, frame: &Frame, plan: &QueryPlan, into: &Name) -> Outcome<()> {
        self.writable()?;
        let mut columns: Vec<ColumnSpec> = Vec::with_capacity(plan.columns.len());
        for (i, c) in plan.columns.iter().enumerate() {
            if c.name.is_empty() {
                return Err(Fail::bind(
                    SqlError::new(
                        1038,
                        15,
                        format!(
                            "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other statements, look for empty alias names. Aliases defined as \"\" or [] are not allowed. Change the alias to a valid name. (column {})",
                            i + 1
                        ),
                    ),
                    frame.level,
                ));
            }
            columns.push(ColumnSpec {
                name: c.name.clone(),
                ty: c.ty,
                nullable: Some(c.nullable),
                identity: None,
                default: None,
                primary_key: false,
                unique: false,
                computed: None,
            });
        }
        let rows = self.rows(frame, plan).await?;
        let table = CreateTable { name: into.clone(), columns, primary_key: Vec::new(), unique: Vec::new() };
        self.make_table(frame, &table).await?;
        let complete: Vec<Vec<Option<Value>>> =
            rows.iter().map(|r| r.iter().map(|v| Some(v.clone())).collect()).collect();
        let count = complete.len() as u64;
        let target = self.target(frame, into)?;
        self.store(frame, &target, complete).await?;
        self.done(Some(count), SELECT).await
    }
}
