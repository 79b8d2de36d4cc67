//! One SELECT: source, filter, groups, windows, order, projection.

use crate::lab::tsql::bind::tree::Body;
use crate::lab::tsql::bind::tree::OrderKey;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::tree::SelectPlan;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::query::group;
use crate::lab::tsql::query::limit;
use crate::lab::tsql::query::plan;
use crate::lab::tsql::query::source;
use crate::lab::tsql::query::window;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// A row on its way through a SELECT, with what was computed beside it.
#[derive(Clone)]
pub(super) struct Ctx {
    pub row: Row,
    pub aggs: Arc<[Value]>,
    pub wins: Vec<Value>,
}

impl Ctx {
    pub(super) fn env<'a>(&'a self, rt: &'a Rt<'a>, outer: Option<&'a Env<'a>>) -> Env<'a> {
        Env { rt, row: &self.row, aggs: &self.aggs, wins: &self.wins, outer }
    }
}

pub(super) async fn run<'a>(s: &'a SelectPlan, outer: Option<&'a Env<'a>>, rt: &'a Rt<'a>) -> SqlResult<Vec<Row>> {
    let list = contexts(s, outer, rt).await?;
    if s.distinct {
        let rows = project(s, &list, outer, rt).await?;
        let rows = plan::distinct(rows, rt).await?;
        let order: Vec<(usize, bool)> = s
            .order
            .iter()
            .filter_map(|(k, desc)| match k {
                OrderKey::Item(i) => Some((*i, *desc)),
                OrderKey::Ex(_) => None,
            })
            .collect();
        return limit::order_and_cut(rows, &order, &s.limit, outer, rt);
    }
    let list = sorted(s, list, outer, rt).await?;
    project(s, &list, outer, rt).await
}

/// `SELECT @a = …`: the items of every row in order go to `each`; gives back the number of rows.
pub async fn assign<'a>(
    plan: &'a QueryPlan,
    rt: &'a Rt<'a>,
    mut each: impl FnMut(usize, Value) -> SqlResult<()> + Send,
) -> SqlResult<u64> {
    let Body::Select(s) = &plan.body else {
        let rows = plan::run(plan, None, rt).await?;
        for row in rows.iter() {
            row.iter().enumerate().try_for_each(|(i, v)| each(i, v.clone()))?;
        }
        return Ok(rows.len() as u64);
    };
    let list = contexts(s, None, rt).await?;
    let list = sorted(s, list, None, rt).await?;
    for ctx in &list {
        rt.step().await?;
        // each item sees the assignments of those before it
        for (i, item) in s.items.iter().enumerate() {
            each(i, scalar::eval(item, &ctx.env(rt, None))?)?;
        }
    }
    Ok(list.len() as u64)
}

async fn contexts<'a>(s: &'a SelectPlan, outer: Option<&'a Env<'a>>, rt: &'a Rt<'a>) -> SqlResult<Vec<Ctx>> {
    let nothing: Arc<[Value]> = Arc::from([]);
    let rows: Vec<Row> = match &s.source {
        None => vec![nothing.clone()],
        Some(src) => source::rows(src, outer, rt).await?,
    };
    let mut kept = Vec::new();
    for row in rows {
        rt.step().await?;
        let pass = match &s.filter {
            None => true,
            Some(c) => scalar::cond(c, &Env::of(rt, &row, outer))? == Some(true),
        };
        if pass {
            kept.push(row);
        }
    }
    let mut list = match &s.group {
        None => kept.into_iter().map(|row| Ctx { row, aggs: nothing.clone(), wins: Vec::new() }).collect(),
        Some(keys) => group::groups(s, keys, kept, outer, rt).await?,
    };
    if let Some(h) = &s.having {
        let mut passed = Vec::with_capacity(list.len());
        for ctx in list {
            if scalar::cond(h, &ctx.env(rt, outer))? == Some(true) {
                passed.push(ctx);
            }
        }
        list = passed;
    }
    if !s.wins.is_empty() {
        window::compute(&s.wins, &mut list, outer, rt).await?;
    }
    Ok(list)
}

async fn sorted<'a>(
    s: &'a SelectPlan,
    list: Vec<Ctx>,
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<Vec<Ctx>> {
    let how: Vec<(Coll, bool)> = s
        .order
        .iter()
        .map(|(k, desc)| match k {
            OrderKey::Item(i) => (s.items[*i].coll, *desc),
            OrderKey::Ex(e) => (e.coll, *desc),
        })
        .collect();
    let mut keyed = Vec::with_capacity(list.len());
    for ctx in list {
        rt.step().await?;
        let mut keys = Vec::with_capacity(s.order.len());
        for (k, _) in &s.order {
            let ex = match k {
                OrderKey::Item(i) => &s.items[*i],
                OrderKey::Ex(e) => e,
            };
            keys.push(scalar::eval(ex, &ctx.env(rt, outer))?);
        }
        keyed.push((keys, ctx));
    }
    if !how.is_empty() {
        keyed.sort_by(|a, b| limit::by_keys(&a.0, &b.0, &how));
    }
    let env = Env::of(rt, &[], outer);
    let (start, end) = limit::window(&s.limit, keyed.len(), &env, |i| {
        limit::by_keys(&keyed[i].0, &keyed[i - 1].0, &how) == Ordering::Equal
    })?;
    Ok(keyed.into_iter().skip(start).take(end - start).map(|(_, c)| c).collect())
}

async fn project<'a>(
    s: &'a SelectPlan,
    list: &[Ctx],
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<Vec<Row>> {
    let mut out = Vec::with_capacity(list.len());
    for ctx in list {
        rt.step().await?;
        let env = ctx.env(rt, outer);
        let row: Vec<Value> = s.items.iter().map(|e| scalar::eval(e, &env)).collect::<SqlResult<_>>()?;
        out.push(Row::from(row));
    }
    Ok(out)
}
