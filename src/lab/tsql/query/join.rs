//! Joins: by hash where there is an equality, else by nested loops.

use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Join;
use crate::lab::tsql::bind::tree::JoinKind;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::compare::Key;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use std::collections::HashMap;

/// Two rows as one.
pub(super) fn glue(l: &[Value], r: &[Value]) -> Row {
    l.iter().chain(r).cloned().collect()
}

/// Key of one side; `None` if a part is NULL and so equal to nothing.
fn key<'e>(parts: impl Iterator<Item = (&'e Ex, Coll)>, env: &Env<'_>) -> SqlResult<Option<Vec<Key>>> {
    let mut out = Vec::new();
    for (e, coll) in parts {
        let v = scalar::eval(e, env)?;
        if v.is_null() {
            return Ok(None);
        }
        out.push(compare::key(&v, coll));
    }
    Ok(Some(out))
}

pub(super) async fn run<'a>(
    j: &'a Join,
    left: Vec<Row>,
    right: Vec<Row>,
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<Vec<Row>> {
    let mut table: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
    if !j.equal.is_empty() {
        for (i, r) in right.iter().enumerate() {
            rt.step().await?;
            if let Some(k) = key(j.equal.iter().map(|(_, e, c)| (e, *c)), &Env::of(rt, r, outer))? {
                table.entry(k).or_default().push(i);
            }
        }
    }
    let everything: Vec<usize> = if j.equal.is_empty() { (0..right.len()).collect() } else { Vec::new() };
    let mut right_hit = vec![false; right.len()];
    let mut out = Vec::new();
    for l in &left {
        rt.step().await?;
        let candidates: &[usize] = if j.equal.is_empty() {
            &everything
        } else {
            let k = key(j.equal.iter().map(|(e, _, c)| (e, *c)), &Env::of(rt, l, outer))?;
            k.and_then(|k| table.get(&k)).map_or(&[], Vec::as_slice)
        };
        let mut hit = false;
        for &i in candidates {
            rt.step().await?;
            let row = glue(l, &right[i]);
            let pass = match &j.rest {
                None => true,
                Some(c) => scalar::cond(c, &Env::of(rt, &row, outer))? == Some(true),
            };
            if pass {
                hit = true;
                right_hit[i] = true;
                rt.hold(1)?;
                out.push(row);
            }
        }
        if !hit && matches!(j.kind, JoinKind::Left | JoinKind::Full) {
            out.push(glue(l, &vec![Value::Null; j.right_width]));
        }
    }
    if matches!(j.kind, JoinKind::Right | JoinKind::Full) {
        let blank = vec![Value::Null; j.left_width];
        for (r, _) in right.iter().zip(&right_hit).filter(|(_, hit)| !**hit) {
            out.push(glue(&blank, r));
        }
    }
    Ok(out)
}
