//! ORDER BY, TOP, OFFSET and FETCH.

use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Limit;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::cmp::Ordering;

/// Compares two lists of sort keys.
pub(super) fn by_keys(a: &[Value], b: &[Value], how: &[(Coll, bool)]) -> Ordering {
    for ((x, y), (coll, desc)) in a.iter().zip(b).zip(how) {
        let o = compare::total(x, y, *coll);
        if o != Ordering::Equal {
            return if *desc { o.reverse() } else { o };
        }
    }
    Ordering::Equal
}

fn count(ex: &Ex, env: &Env<'_>) -> SqlResult<i64> {
    Ok(compare::integer(&scalar::eval(ex, env)?).unwrap_or(0))
}

/// First and last place to keep of `n` sorted rows; `same(i)`: row i ties with the one before.
pub(super) fn window(
    limit: &Limit,
    n: usize,
    env: &Env<'_>,
    same: impl Fn(usize) -> bool,
) -> SqlResult<(usize, usize)> {
    if let Some(top) = &limit.top {
        let v = scalar::eval(top, env)?;
        if v.is_null() {
            return Err(SqlError::new(
                1060,
                15,
                "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.",
            ));
        }
        let mut end = match v {
            Value::Float(f) if limit.percent => {
                if !(0.0..=100.0).contains(&f) {
                    return Err(SqlError::new(1031, 15, "Percent values must be between 0 and 100."));
                }
                (n as f64 * f / 100.0).ceil() as usize
            }
            v => {
                let k = compare::integer(&v).unwrap_or(0);
                usize::try_from(k)
                    .map_err(|_| SqlError::new(127, 15, "A TOP N or FETCH rowcount value may not be negative."))?
            }
        }
        .min(n);
        while limit.ties && end > 0 && end < n && same(end) {
            end += 1;
        }
        return Ok((0, end));
    }
    let start = match &limit.offset {
        None => 0,
        Some(o) => usize::try_from(count(o, env)?)
            .map_err(|_| SqlError::new(10742, 15, "The offset specified in a OFFSET clause may not be negative."))?,
    }
    .min(n);
    let end = match &limit.fetch {
        None => n,
        Some(f) => {
            let k = count(f, env)?;
            if k < 1 {
                return Err(SqlError::new(
                    10744,
                    15,
                    "The number of rows provided for a FETCH clause must be greater then zero.",
                ));
            }
            start.saturating_add(k as usize).min(n)
        }
    };
    Ok((start, end))
}

/// Sorts finished rows by output columns and cuts them.
pub(super) fn order_and_cut(
    mut rows: Vec<Row>,
    order: &[(usize, bool)],
    limit: &Limit,
    outer: Option<&Env<'_>>,
    rt: &Rt<'_>,
) -> SqlResult<Vec<Row>> {
    let cmp = |a: &Row, b: &Row| {
        for (i, desc) in order {
            let o = compare::total(&a[*i], &b[*i], Coll::Ci);
            if o != Ordering::Equal {
                return if *desc { o.reverse() } else { o };
            }
        }
        Ordering::Equal
    };
    if !order.is_empty() {
        rows.sort_by(cmp);
    }
    let env = Env::of(rt, &[], outer);
    let (start, end) = window(limit, rows.len(), &env, |i| cmp(&rows[i], &rows[i - 1]) == Ordering::Equal)?;
    if start == 0 && end == rows.len() {
        return Ok(rows);
    }
    Ok(rows[start..end].to_vec())
}
