//! INSERT.

use crate::lab::tsql::ast::Exec;
use crate::lab::tsql::ast::Insert;
use crate::lab::tsql::ast::InsertSource;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::exec::table::Target;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use sqlparser::ast::Expr;
use sqlparser::ast::Query;
use sqlparser::ast::SetExpr;
use sqlparser::ast::Values;

/// CurCmd of INSERT.
const INSERT: u16 = 0xC3;

type Rows = Vec<Vec<Option<Value>>>;

impl Run<'_> {
    pub(super) async fn insert(&mut self, frame: &Frame, i: &Insert, line: u32) -> Outcome<()> {
        self.writable()?;
        let target = self.target(frame, &i.table)?;
        if target.memory.is_none() {
            self.implicit().await?;
        }
        let places = self.places(frame, i, &target)?;
        let output = self.bind_output(frame, i.output.as_ref(), &target, (true, false))?;
        let rows = match &i.source {
            InsertSource::DefaultValues => vec![vec![None; target.columns.len()]],
            InsertSource::Query(q) => match plain_values(q) {
                Some(v) => self.values(frame, v, &target, &places)?,
                None => self.queried(frame, q, &target, &places).await?,
            },
            InsertSource::Exec(e) => self.executed(frame, e, &target, &places, line).await?,
        };
        self.check_required(&target, &rows)?;
        let count = rows.len() as u64;
        let stored = self.store(frame, &target, rows).await?;
        let changes: Vec<(Option<Row>, Option<Row>)> = stored.into_iter().map(|r| (Some(r), None)).collect();
        self.put_output(frame, output, &changes, target.columns.len()).await?;
        self.done(Some(count), INSERT).await
    }

    /// Positions that the statement gives values for.
    fn places(&self, frame: &Frame, i: &Insert, target: &Target) -> Outcome<Vec<usize>> {
        let explicit_identity = self
            .core
            .cx
            .identity_insert
            .as_ref()
            .is_some_and(|n| n.object().eq_ignore_ascii_case(target.name.object()));
        if i.columns.is_empty() {
            return Ok((0..target.columns.len())
                .filter(|p| target.specs[*p].identity.is_none() && target.specs[*p].computed.is_none())
                .collect());
        }
        let mut places = Vec::with_capacity(i.columns.len());
        for name in &i.columns {
            let at = target.column(name).map_err(|e| Fail::bind(e, frame.level))?;
            if places.contains(&at) {
                return Err(Fail::bind(
                    SqlError::new(
                        264,
                        16,
                        format!(
                            "The column name '{name}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code."
                        ),
                    ),
                    frame.level,
                ));
            }
            if target.specs[at].computed.is_some() {
                return Err(Fail::bind(
                    SqlError::new(
                        271,
                        16,
                        format!(
                            "The column \"{name}\" cannot be modified because it is either a computed column or is the result of a UNION operator."
                        ),
                    ),
                    frame.level,
                ));
            }
            if target.specs[at].identity.is_some() && !explicit_identity {
                return Err(SqlError::new(
                    544,
                    16,
                    format!(
                        "Cannot insert explicit value for identity column in table '{}' when IDENTITY_INSERT is set to OFF.",
                        target.name.object()
                    ),
                )
                .into());
            }
            places.push(at);
        }
        Ok(places)
    }

    /// VALUES lists: each value is converted on its own, DEFAULT is allowed.
    fn values(&self, frame: &Frame, v: &Values, target: &Target, places: &[usize]) -> Outcome<Rows> {
        let mut bound: Vec<Vec<(usize, Ex)>> = Vec::with_capacity(v.rows.len());
        let level = frame.level;
        for row in &v.rows {
            if row.content.len() != places.len() {
                return Err(Fail::bind(count_mismatch(places.len(), row.content.len()), level));
            }
            let mut out = Vec::with_capacity(places.len());
            for (e, at) in row.content.iter().zip(places) {
                if matches!(e, Expr::Identifier(i) if i.quote_style.is_none() && i.value.eq_ignore_ascii_case("default"))
                {
                    continue;
                }
                let ex = self.bind(frame, |b| {
                    let ex = b.expr(e, &Scope::new(Vec::new(), None))?;
                    check(&ex, target.columns[*at].ty)?;
                    Ok(ex)
                })?;
                out.push((*at, ex));
            }
            bound.push(out);
        }
        let view = self.view(frame);
        let rt = self.rt(&view);
        let env = Env::of(&rt, &[], None);
        let mut rows = Vec::with_capacity(bound.len());
        for row in bound {
            let mut out = vec![None; target.columns.len()];
            for (at, ex) in row {
                let v = scalar::eval(&ex, &env)?;
                out[at] = Some(place(&v, ex.ty, target, at, &self.core.cx.database)?);
            }
            rows.push(out);
        }
        Ok(rows)
    }

    async fn queried(&mut self, frame: &Frame, q: &Query, target: &Target, places: &[usize]) -> Outcome<Rows> {
        let plan = self.bind(frame, |b| b.query(q, None))?;
        if plan.columns.len() != places.len() {
            return Err(Fail::bind(select_mismatch(places.len(), plan.columns.len()), frame.level));
        }
        for (i, (c, at)) in plan.columns.iter().zip(places).enumerate() {
            let null = matches!(&plan.body, crate::lab::tsql::bind::tree::Body::Select(s) if s.items[i].is_bare_null());
            if !null && c.ty != target.columns[*at].ty {
                types::check_implicit(c.ty, target.columns[*at].ty).map_err(|e| Fail::bind(e, frame.level))?;
            }
        }
        let rows = self.rows(frame, &plan).await?;
        self.converted(&rows, &plan.columns, target, places)
    }

    fn converted(&self, rows: &[Row], columns: &[Column], target: &Target, places: &[usize]) -> Outcome<Rows> {
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let mut full = vec![None; target.columns.len()];
            for ((v, c), at) in row.iter().zip(columns).zip(places) {
                full[*at] = Some(place(v, c.ty, target, *at, &self.core.cx.database)?);
            }
            out.push(full);
        }
        Ok(out)
    }

    /// INSERT … EXEC: every result set of the call is inserted.
    async fn executed(
        &mut self,
        frame: &Frame,
        e: &Exec,
        target: &Target,
        places: &[usize],
        line: u32,
    ) -> Outcome<Rows> {
        let mut out = Vec::new();
        for (columns, rows) in self.capture(frame, e, line).await? {
            if columns.len() != places.len() {
                return Err(SqlError::new(
                    213,
                    16,
                    "Column name or number of supplied values does not match table definition.",
                )
                .state(7)
                .into());
            }
            out.extend(self.converted(&rows, &columns, target, places)?);
        }
        Ok(out)
    }

    /// 515 for columns that nobody fills.
    fn check_required(&self, target: &Target, rows: &Rows) -> Outcome<()> {
        for (i, c) in target.columns.iter().enumerate() {
            let s = &target.specs[i];
            if c.nullable || s.identity.is_some() || s.default.is_some() || s.computed.is_some() {
                continue;
            }
            if rows.iter().any(|r| r[i].is_none()) {
                target.check_null(i, &Value::Null, &self.core.cx.database, "INSERT")?;
            }
        }
        Ok(())
    }
}

fn check(ex: &Ex, ty: SqlType) -> SqlResult<()> {
    if ex.is_bare_null() || ex.ty == ty { Ok(()) } else { types::check_implicit(ex.ty, ty) }
}

/// A value as the column stores it.
fn place(v: &Value, from: SqlType, target: &Target, at: usize, database: &str) -> SqlResult<Value> {
    let c = &target.columns[at];
    target.check_null(at, v, database, "INSERT")?;
    convert::store(v, from, c.ty, Some((&target.shown(database), &c.name)))
}

/// `VALUES (…)` alone.
fn plain_values(q: &Query) -> Option<&Values> {
    match &*q.body {
        SetExpr::Values(v) if q.with.is_none() && q.order_by.is_none() => Some(v),
        _ => None,
    }
}

fn count_mismatch(columns: usize, values: usize) -> SqlError {
    let (number, word) = if columns > values { (109, "more") } else { (110, "fewer") };
    SqlError::new(
        number,
        15,
        format!(
            "There are {word} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement."
        ),
    )
}

fn select_mismatch(columns: usize, items: usize) -> SqlError {
    let (number, word) = if columns > items { (120, "fewer") } else { (121, "more") };
    SqlError::new(
        number,
        15,
        format!(
            "The select list for the INSERT statement contains {word} items than the insert list. The number of SELECT values must match the number of INSERT columns."
        ),
    )
}
