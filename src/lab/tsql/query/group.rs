//! GROUP BY and aggregates.

use crate::lab::tsql::bind::tree::Agg;
use crate::lab::tsql::bind::tree::AggKind;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::SelectPlan;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::arith;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::compare::Key;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::query::limit;
use crate::lab::tsql::query::select::Ctx;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::HashSet;

/// Groups rows; the context's row is the group's first, the aggregates stand beside it.
pub(super) async fn groups<'a>(
    s: &'a SelectPlan,
    keys: &'a [Ex],
    rows: Vec<Row>,
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> SqlResult<Vec<Ctx>> {
    let mut order: Vec<Vec<Row>> = Vec::new();
    if keys.is_empty() {
        order.push(rows);
    } else {
        let mut index: HashMap<Vec<Key>, usize> = HashMap::new();
        for row in rows {
            rt.step().await?;
            let env = Env::of(rt, &row, outer);
            let key = keys
                .iter()
                .map(|k| scalar::eval(k, &env).map(|v| compare::key(&v, k.coll)))
                .collect::<SqlResult<Vec<Key>>>()?;
            let next = order.len();
            let at = *index.entry(key).or_insert(next);
            if at == next {
                order.push(Vec::new());
            }
            order[at].push(row);
        }
    }
    let mut out = Vec::with_capacity(order.len());
    for members in order {
        let mut values = Vec::with_capacity(s.aggs.len());
        for agg in &s.aggs {
            rt.step().await?;
            let mut acc = Vec::with_capacity(members.len());
            for row in &members {
                rt.step().await?;
                acc.push(input(agg, &Env::of(rt, row, outer))?);
            }
            values.push(finish(agg, acc, &Env::of(rt, members.first().map_or(&[], |r| r), outer))?);
        }
        let row = members.into_iter().next().unwrap_or_else(|| vec![Value::Null; s.width].into());
        out.push(Ctx { row, aggs: values.into(), wins: Vec::new() });
    }
    Ok(out)
}

/// What one row gives an aggregate: its value and, for STRING_AGG, the sort keys.
pub(super) struct Input {
    value: Value,
    keys: Vec<Value>,
}

pub(super) fn input(agg: &Agg, env: &Env<'_>) -> SqlResult<Input> {
    let value = match &agg.arg {
        None => Value::Bit(true),
        Some(e) => scalar::eval(e, env)?,
    };
    let keys = agg.order.iter().map(|(e, _)| scalar::eval(e, env)).collect::<SqlResult<_>>()?;
    Ok(Input { value, keys })
}

/// The aggregate of its inputs.
pub(super) fn finish(agg: &Agg, mut inputs: Vec<Input>, env: &Env<'_>) -> SqlResult<Value> {
    let coll = agg.arg.as_ref().map_or(Coll::Ci, |a| a.coll);
    inputs.retain(|i| !i.value.is_null());
    if agg.distinct {
        let mut seen = HashSet::new();
        inputs.retain(|i| seen.insert(compare::key(&i.value, coll)));
    }
    if agg.kind == AggKind::Count {
        let n = inputs.len() as i128;
        return convert_number::integer_of(n, agg.ty).ok_or_else(|| fault::overflow(agg.ty));
    }
    if inputs.is_empty() {
        return Ok(Value::Null);
    }
    match agg.kind {
        AggKind::Count => Ok(Value::Null),
        AggKind::Min | AggKind::Max => {
            let want = if agg.kind == AggKind::Min { Ordering::Less } else { Ordering::Greater };
            let mut best = Value::Null;
            for i in inputs {
                if best.is_null() || compare::total(&i.value, &best, coll) == want {
                    best = i.value;
                }
            }
            Ok(best)
        }
        AggKind::Sum => sum(&inputs, agg.ty),
        AggKind::Avg => average(&inputs, agg),
        AggKind::Stdev | AggKind::StdevP | AggKind::Var | AggKind::VarP => Ok(spread(agg.kind, &inputs)),
        AggKind::StringAgg => string_agg(agg, inputs, env),
        AggKind::ChecksumAgg => {
            Ok(Value::Int(inputs.iter().fold(0, |x, i| x ^ compare::integer(&i.value).unwrap_or(0) as i32)))
        }
    }
}

fn sum(inputs: &[Input], ty: SqlType) -> SqlResult<Value> {
    match ty {
        SqlType::Decimal(p, s) => {
            let mut total = 0i128;
            for i in inputs {
                let Value::Decimal { unscaled, scale } = i.value else { continue };
                let v = decimal::rescale(unscaled, scale, s).ok_or_else(|| fault::overflow(ty))?;
                total = total.checked_add(v).ok_or_else(|| fault::overflow(ty))?;
            }
            convert_number::fit(total, p, s).ok_or_else(|| fault::overflow(ty))
        }
        SqlType::Float | SqlType::Money => {
            let mut acc = inputs[0].value.clone();
            for i in &inputs[1..] {
                acc = arith::apply(Op::Add, &acc, &i.value, ty)?;
            }
            Ok(acc)
        }
        _ => {
            let total: i128 = inputs.iter().filter_map(|i| compare::integer(&i.value)).map(i128::from).sum();
            convert_number::integer_of(total, ty).ok_or_else(|| fault::overflow(ty))
        }
    }
}

fn average(inputs: &[Input], agg: &Agg) -> SqlResult<Value> {
    let n = inputs.len() as i128;
    match agg.ty {
        SqlType::Decimal(_, scale) => {
            let s = agg.arg.as_ref().and_then(|a| a.ty.as_decimal()).map_or(0, |d| d.1);
            let Value::Decimal { unscaled, .. } = sum(inputs, SqlType::Decimal(38, s))? else { return Ok(Value::Null) };
            let q = decimal::div(unscaled, s, n, 0, scale).ok_or_else(|| fault::overflow(agg.ty))?;
            Ok(Value::Decimal { unscaled: q, scale })
        }
        SqlType::Float => {
            let total: f64 = inputs.iter().filter_map(|i| convert_number::as_float(&i.value)).sum();
            Ok(Value::Float(total / n as f64))
        }
        SqlType::Money => {
            let total: i128 = inputs.iter().filter_map(|i| compare::integer(&i.value)).map(i128::from).sum();
            Ok(Value::Money((total / n) as i64))
        }
        ty => {
            let total: i128 = inputs.iter().filter_map(|i| compare::integer(&i.value)).map(i128::from).sum();
            // the sum itself must fit, as on the server
            let wide = if ty == SqlType::BigInt { ty } else { SqlType::BigInt };
            convert_number::integer_of(total, wide).ok_or_else(|| fault::overflow(ty))?;
            convert_number::integer_of(total / n, ty).ok_or_else(|| fault::overflow(ty))
        }
    }
}

fn spread(kind: AggKind, inputs: &[Input]) -> Value {
    let list: Vec<f64> = inputs.iter().filter_map(|i| convert_number::as_float(&i.value)).collect();
    let n = list.len() as f64;
    let mean = list.iter().sum::<f64>() / n;
    let squares: f64 = list.iter().map(|x| (x - mean) * (x - mean)).sum();
    let population = matches!(kind, AggKind::StdevP | AggKind::VarP);
    if !population && list.len() < 2 {
        return Value::Null;
    }
    let var = squares / if population { n } else { n - 1.0 };
    Value::Float(if matches!(kind, AggKind::Stdev | AggKind::StdevP) { var.sqrt() } else { var })
}

fn string_agg(agg: &Agg, mut inputs: Vec<Input>, env: &Env<'_>) -> SqlResult<Value> {
    let how: Vec<(Coll, bool)> = agg.order.iter().map(|(e, d)| (e.coll, *d)).collect();
    if !how.is_empty() {
        inputs.sort_by(|a, b| limit::by_keys(&a.keys, &b.keys, &how));
    }
    let separator = match &agg.separator {
        None => Value::Null,
        Some(e) => {
            let v = scalar::eval(e, env)?;
            convert::cast(&v, e.ty, SqlType::NVarChar(crate::lab::tsql::value::Len::Max), 0)?
        }
    };
    let separator = match &separator {
        Value::Str(s) => s.to_string(),
        _ => String::new(),
    };
    let parts: Vec<&str> = inputs
        .iter()
        .map(|i| match &i.value {
            Value::Str(s) => &**s,
            _ => "",
        })
        .collect();
    let joined = parts.join(&separator);
    if let Some(n) = agg.ty.length()
        && crate::lab::tsql::eval::text::units(&joined) > usize::from(n)
    {
        return Err(crate::lab::tsql::error::SqlError::new(
            9829,
            16,
            "STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.",
        ));
    }
    Ok(Value::str(joined))
}
