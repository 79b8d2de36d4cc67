//! Whole queries: set operations, recursion, caching of uncorrelated results.

use crate::lab::tsql::bind::tree::Body;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::tree::SetKind;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::compare::Key;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::query::limit;
use crate::lab::tsql::query::select;
use crate::lab::tsql::query::xml;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use futures_util::future::BoxFuture;
use std::collections::HashSet;
use std::sync::Arc;

/// Rounds of a recursive CTE (facts: the default of MAXRECURSION).
const MAX_RECURSION: usize = 100;

/// All rows of a query.
pub fn run<'a>(
    plan: &'a QueryPlan,
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> BoxFuture<'a, SqlResult<Arc<Vec<Row>>>> {
    Box::pin(async move {
        if !plan.correlated
            && let Some(rows) = rt.result(plan.id)
        {
            return Ok(rows);
        }
        let mut rows = body(plan, outer, rt).await?;
        if let Some(x) = &plan.xml {
            rows = xml::path(x, &rows)?;
        }
        rt.hold(rows.len())?;
        let rows = Arc::new(rows);
        if !plan.correlated {
            rt.keep_result(plan.id, rows.clone());
        }
        Ok(rows)
    })
}

async fn body<'a>(plan: &'a QueryPlan, outer: Option<&'a Env<'a>>, rt: &'a Rt<'a>) -> SqlResult<Vec<Row>> {
    match &plan.body {
        Body::Select(s) => select::run(s, outer, rt).await,
        Body::Values(list) => {
            let env = Env::of(rt, &[], outer);
            list.iter()
                .map(|row| row.iter().map(|e| scalar::eval(e, &env)).collect::<SqlResult<Vec<_>>>().map(Row::from))
                .collect()
        }
        Body::SetOp { op, left, right, order, limit } => {
            let l = convert_rows(&run(left, outer, rt).await?, &left.columns, &plan.columns)?;
            let r = convert_rows(&run(right, outer, rt).await?, &right.columns, &plan.columns)?;
            let rows = combine(*op, l, r, rt).await?;
            limit::order_and_cut(rows, order, limit, outer, rt)
        }
        Body::Nested { plan, order, limit } => {
            let rows = run(plan, outer, rt).await?;
            limit::order_and_cut(rows.to_vec(), order, limit, outer, rt)
        }
        Body::Recursive { id, name, anchor, step } => {
            let first = run(anchor, outer, rt).await?;
            let _ = name;
            let mut all = first.to_vec();
            let mut last = first;
            let mut rounds = 0;
            while !last.is_empty() {
                rt.set_previous(*id, last);
                let next = run(step, outer, rt).await?;
                let next = convert_rows(&next, &step.columns, &plan.columns)?;
                if !next.is_empty() && rounds == MAX_RECURSION {
                    return Err(SqlError::new(
                        530,
                        16,
                        "The statement terminated. The maximum recursion 100 has been exhausted before statement completion.",
                    ));
                }
                rounds += 1;
                all.extend(next.iter().cloned());
                last = Arc::new(next);
            }
            Ok(all)
        }
    }
}

fn convert_rows(rows: &[Row], from: &[Column], to: &[Column]) -> SqlResult<Vec<Row>> {
    if from.iter().zip(to).all(|(f, t)| f.ty == t.ty) {
        return Ok(rows.to_vec());
    }
    rows.iter()
        .map(|r| {
            r.iter()
                .zip(from.iter().zip(to))
                .map(|(v, (f, t))| convert::cast(v, f.ty, t.ty, 0))
                .collect::<SqlResult<Vec<Value>>>()
                .map(Row::from)
        })
        .collect()
}

/// Key of a whole row; NULLs are equal here.
pub(super) fn row_key(row: &[Value]) -> Vec<Key> {
    row.iter().map(|v| compare::key(v, Coll::Ci)).collect()
}

/// The first of every set of equal rows.
pub(super) async fn distinct(rows: Vec<Row>, rt: &Rt<'_>) -> SqlResult<Vec<Row>> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for row in rows {
        rt.step().await?;
        if seen.insert(row_key(&row)) {
            out.push(row);
        }
    }
    Ok(out)
}

async fn combine(op: SetKind, mut l: Vec<Row>, r: Vec<Row>, rt: &Rt<'_>) -> SqlResult<Vec<Row>> {
    match op {
        SetKind::UnionAll => {
            l.extend(r);
            Ok(l)
        }
        SetKind::Union => {
            l.extend(r);
            distinct(l, rt).await
        }
        SetKind::Except | SetKind::Intersect => {
            let mut right: HashSet<Vec<Key>> = HashSet::new();
            for row in r {
                rt.step().await?;
                right.insert(row_key(&row));
            }
            let keep = op == SetKind::Intersect;
            let rows = l.into_iter().filter(|row| right.contains(&row_key(row)) == keep).collect();
            distinct(rows, rt).await
        }
    }
}
