//! Window functions.

use crate::lab::tsql::bind::tree::Bound;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Frame;
use crate::lab::tsql::bind::tree::Win;
use crate::lab::tsql::bind::tree::WinKind;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::compare::Key;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::query::group;
use crate::lab::tsql::query::limit;
use crate::lab::tsql::query::select::Ctx;
use crate::lab::tsql::value::Value;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Adds the value of every window function to every row.
pub(super) async fn compute<'a>(
    wins: &'a [Win],
    list: &mut [Ctx],
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<()> {
    for win in wins {
        let values = one(win, list, outer, rt).await?;
        for (ctx, v) in list.iter_mut().zip(values) {
            ctx.wins.push(v);
        }
    }
    Ok(())
}

/// A partition in its order.
struct Part<'c> {
    /// Places in the list.
    at: Vec<usize>,
    /// Sort keys, by position in `at`.
    keys: Vec<Vec<Value>>,
    how: &'c [(Coll, bool)],
}

impl Part<'_> {
    fn same(&self, i: usize, j: usize) -> bool {
        limit::by_keys(&self.keys[i], &self.keys[j], self.how) == Ordering::Equal
    }
    /// Last position that ties with `i`.
    fn last_peer(&self, i: usize) -> usize {
        (i..self.at.len()).take_while(|j| self.same(i, *j)).last().unwrap_or(i)
    }
    fn first_peer(&self, i: usize) -> usize {
        (0..=i).rev().take_while(|j| self.same(i, *j)).last().unwrap_or(i)
    }
}

async fn one<'a>(win: &'a Win, list: &[Ctx], outer: Option<&'a Env<'a>>, rt: &'a Rt<'a>) -> SqlResult<Vec<Value>> {
    let how: Vec<(Coll, bool)> = win.order.iter().map(|(e, d)| (e.coll, *d)).collect();
    let mut index: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut parts: Vec<Vec<(Vec<Value>, usize)>> = Vec::new();
    for (i, ctx) in list.iter().enumerate() {
        rt.step().await?;
        let env = ctx.env(rt, outer);
        let key = win
            .partition
            .iter()
            .map(|e| scalar::eval(e, &env).map(|v| compare::key(&v, e.coll)))
            .collect::<SqlResult<Vec<Key>>>()?;
        let sort = win.order.iter().map(|(e, _)| scalar::eval(e, &env)).collect::<SqlResult<Vec<_>>>()?;
        let next = parts.len();
        let at = *index.entry(key).or_insert(next);
        if at == next {
            parts.push(Vec::new());
        }
        parts[at].push((sort, i));
    }
    let mut out = vec![Value::Null; list.len()];
    for mut members in parts {
        members.sort_by(|a, b| limit::by_keys(&a.0, &b.0, &how));
        let (keys, at) = members.into_iter().unzip();
        let part = Part { at, keys, how: &how };
        fill(win, &part, list, &mut out, outer, rt).await?;
    }
    Ok(out)
}

async fn fill<'a>(
    win: &'a Win,
    part: &Part<'_>,
    list: &[Ctx],
    out: &mut [Value],
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<()> {
    let n = part.at.len();
    let value = |e: &Ex, i: usize| scalar::eval(e, &list[part.at[i]].env(rt, outer));
    if let WinKind::Agg(agg) = &win.kind {
        return aggregates(win, agg, part, list, out, outer, rt).await;
    }
    let (mut rank, mut dense) = (0i64, 0i64);
    for i in 0..n {
        rt.step().await?;
        if i == 0 || !part.same(i, i - 1) {
            rank = i as i64 + 1;
            dense += 1;
        }
        out[part.at[i]] = match &win.kind {
            WinKind::RowNumber => Value::BigInt(i as i64 + 1),
            WinKind::Rank => Value::BigInt(rank),
            WinKind::DenseRank => Value::BigInt(dense),
            WinKind::PercentRank => Value::Float(if n < 2 { 0.0 } else { (rank - 1) as f64 / (n - 1) as f64 }),
            WinKind::CumeDist => Value::Float((part.last_peer(i) + 1) as f64 / n as f64),
            WinKind::Ntile(e) => ntile(&value(e, i)?, i, n)?,
            WinKind::Shift { ex, by, default, back } => {
                let by = match by {
                    None => 1,
                    Some(e) => compare::integer(&value(e, i)?).unwrap_or(0),
                };
                let to = if *back { i as i64 - by } else { i as i64 + by };
                match usize::try_from(to).ok().filter(|t| *t < n) {
                    Some(t) => value(ex, t)?,
                    None => default.as_ref().map_or(Ok(Value::Null), |d| value(d, i))?,
                }
            }
            WinKind::First(e) => frame(win.frame, part, i).map_or(Ok(Value::Null), |(a, _)| value(e, a))?,
            WinKind::Last(e) => frame(win.frame, part, i).map_or(Ok(Value::Null), |(_, b)| value(e, b))?,
            WinKind::Agg(_) => Value::Null,
        };
    }
    Ok(())
}

fn ntile(v: &Value, i: usize, n: usize) -> SqlResult<Value> {
    let buckets = usize::try_from(compare::integer(v).unwrap_or(0)).ok().filter(|b| *b > 0).ok_or_else(|| {
        SqlError::new(9822, 16, "The function 'NTILE' takes only a positive int or bigint expression as its input.")
    })?;
    let (size, extra) = (n / buckets, n % buckets);
    let big = extra * (size + 1);
    let tile = if i < big { i / (size + 1) } else { extra + (i - big) / size.max(1) };
    Ok(Value::BigInt(tile as i64 + 1))
}

/// First and last position of the frame of row `i`; `None` when it is empty.
fn frame(f: Option<Frame>, part: &Part<'_>, i: usize) -> Option<(usize, usize)> {
    let n = part.at.len();
    let f = f.unwrap_or(if part.how.is_empty() {
        Frame { rows: false, start: Bound::UnboundedPreceding, end: Bound::UnboundedFollowing }
    } else {
        Frame { rows: false, start: Bound::UnboundedPreceding, end: Bound::Current }
    });
    let start = match f.start {
        Bound::UnboundedPreceding => 0,
        Bound::Preceding(k) => i.saturating_sub(k),
        Bound::Current if f.rows => i,
        Bound::Current => part.first_peer(i),
        Bound::Following(k) => i + k,
        Bound::UnboundedFollowing => n,
    };
    let end = match f.end {
        Bound::UnboundedPreceding => return None,
        Bound::Preceding(k) => i.checked_sub(k)?,
        Bound::Current if f.rows => i,
        Bound::Current => part.last_peer(i),
        Bound::Following(k) => (i + k).min(n - 1),
        Bound::UnboundedFollowing => n - 1,
    };
    (start <= end && start < n).then_some((start, end))
}

async fn aggregates<'a>(
    win: &'a Win,
    agg: &'a crate::lab::tsql::bind::tree::Agg,
    part: &Part<'_>,
    list: &[Ctx],
    out: &mut [Value],
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<()> {
    let mut last: Option<((usize, usize), Value)> = None;
    for i in 0..part.at.len() {
        let range = frame(win.frame, part, i);
        let here = list[part.at[i]].env(rt, outer);
        let v = match (range, &last) {
            (Some(r), Some((known, v))) if r == *known => v.clone(),
            (Some((a, b)), _) => {
                let mut inputs = Vec::with_capacity(b - a + 1);
                for j in a..=b {
                    rt.step().await?;
                    inputs.push(group::input(agg, &list[part.at[j]].env(rt, outer))?);
                }
                group::finish(agg, inputs, &here)?
            }
            (None, _) => group::finish(agg, Vec::new(), &here)?,
        };
        if let Some(r) = range {
            last = Some((r, v.clone()));
        }
        out[part.at[i]] = v;
    }
    Ok(())
}
