//! Evaluation of bound expressions.

use crate::lab::tsql::bind::tree::CmpOp;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::arith;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::collate::Pattern;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::query;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use futures_util::FutureExt;
use std::cmp::Ordering;
use std::sync::Arc;

/// The value of an expression.
pub fn eval(ex: &Ex, env: &Env<'_>) -> SqlResult<Value> {
    match &ex.kind {
        Kind::Lit(v) => Ok(v.clone()),
        Kind::Col { up, idx } => Ok(column(env, *up, *idx)),
        Kind::Agg(i) => Ok(env.aggs.get(*i).cloned().unwrap_or(Value::Null)),
        Kind::Win(i) => Ok(env.wins.get(*i).cloned().unwrap_or(Value::Null)),
        Kind::Var(name) => Ok(env.rt.names.variable(name)),
        Kind::Cast { ex: inner, attempt, style } => cast(inner, *attempt, style.as_deref(), ex.ty, env),
        Kind::Arith(op, l, r) => binary(*op, l, r, ex.ty, env),
        Kind::Neg(inner) => arith::negate(&eval(inner, env)?, ex.ty),
        Kind::BitNot(inner) => bit_not(&eval(inner, env)?, ex.ty),
        Kind::Case(arms, otherwise) => case(arms, otherwise.as_deref(), env),
        Kind::Call(b, args) => call(b, args, ex.ty, env),
        Kind::Host(name, args) => {
            let values: Vec<Value> = args.iter().map(|a| eval(a, env)).collect::<SqlResult<_>>()?;
            env.rt.host.scalar(env.rt.cx, name, &values)
        }
        Kind::Scalar(plan) => scalar(plan, env),
    }
}

fn column(env: &Env<'_>, up: usize, idx: usize) -> Value {
    let mut e = env;
    for _ in 0..up {
        match e.outer {
            Some(o) => e = o,
            None => return Value::Null,
        }
    }
    e.row.get(idx).cloned().unwrap_or(Value::Null)
}

fn binary(op: Op, l: &Ex, r: &Ex, ty: SqlType, env: &Env<'_>) -> SqlResult<Value> {
    let a = eval(l, env)?;
    let b = eval(r, env)?;
    arith::apply(op, &a, &b, ty)
}

fn bit_not(v: &Value, ty: SqlType) -> SqlResult<Value> {
    Ok(match v {
        Value::Null => Value::Null,
        Value::Bit(b) => Value::Bit(!b),
        Value::TinyInt(n) => Value::TinyInt(!n),
        _ => {
            let n = compare::integer(v).ok_or_else(|| fault::bad_operand(ty, "'~'"))?;
            convert_number::integer_of((!n).into(), ty).unwrap_or(Value::Null)
        }
    })
}

fn cast(inner: &Ex, attempt: bool, style: Option<&Ex>, to: SqlType, env: &Env<'_>) -> SqlResult<Value> {
    let style = match style {
        None => 0,
        Some(s) => match eval(s, env)? {
            Value::Null => return Ok(Value::Null),
            v => compare::integer(&v).unwrap_or(0) as i32,
        },
    };
    let v = eval(inner, env)?;
    let out = convert::cast(&v, inner.ty, to, style);
    if attempt { Ok(out.unwrap_or(Value::Null)) } else { out }
}

fn case(arms: &[(Cond, Ex)], otherwise: Option<&Ex>, env: &Env<'_>) -> SqlResult<Value> {
    for (when, then) in arms {
        if cond(when, env)? == Some(true) {
            return eval(then, env);
        }
    }
    otherwise.map_or(Ok(Value::Null), |e| eval(e, env))
}

fn call(b: &'static Builtin, args: &[Ex], ty: SqlType, env: &Env<'_>) -> SqlResult<Value> {
    let values: Vec<Value> = args.iter().map(|a| eval(a, env)).collect::<SqlResult<_>>()?;
    (b.call)(&Call { name: b.name, args: &values, ex: args, ty, rt: env.rt })
}

/// Runs a subquery without giving way.
pub fn rows(plan: &QueryPlan, env: &Env<'_>) -> SqlResult<Arc<Vec<Row>>> {
    let _guard = env.rt.block();
    query::run(plan, Some(env), env.rt)
        .now_or_never()
        .unwrap_or_else(|| Err(SqlError::new(8623, 16, "The query processor ran out of internal resources.")))
}

fn scalar(plan: &QueryPlan, env: &Env<'_>) -> SqlResult<Value> {
    let rows = rows(plan, env)?;
    match rows.as_slice() {
        [] => Ok(Value::Null),
        [row] => Ok(row.first().cloned().unwrap_or(Value::Null)),
        _ => Err(fault::many_rows()),
    }
}

/// The truth of a predicate; `None` is unknown.
pub fn cond(c: &Cond, env: &Env<'_>) -> SqlResult<Option<bool>> {
    match c {
        Cond::Const(b) => Ok(*b),
        Cond::And(list) => junction(list, env, false),
        Cond::Or(list) => junction(list, env, true),
        Cond::Not(inner) => Ok(cond(inner, env)?.map(|b| !b)),
        Cond::Cmp(op, l, r, coll) => {
            let a = eval(l, env)?;
            let b = eval(r, env)?;
            Ok(compare::compare(&a, &b, *coll).map(|o| holds(*op, o)))
        }
        Cond::Distinct { left, right, negated, coll } => {
            let (a, b) = (eval(left, env)?, eval(right, env)?);
            let distinct = compare::total(&a, &b, *coll) != Ordering::Equal;
            Ok(Some(distinct != *negated))
        }
        Cond::IsNull(e, negated) => Ok(Some(eval(e, env)?.is_null() != *negated)),
        Cond::Like { ex, pattern, escape, negated, coll } => {
            like(ex, pattern, escape.as_deref(), *coll, env).map(|r| r.map(|b| b != *negated))
        }
        Cond::In { ex, list, negated, coll } => member(ex, list, *coll, env).map(|r| r.map(|b| b != *negated)),
        Cond::InQuery { ex, plan, ty, negated, coll } => {
            quantified(ex, CmpOp::Eq, plan, *ty, false, *coll, env).map(|r| r.map(|b| b != *negated))
        }
        Cond::Exists(plan) => Ok(Some(!rows(plan, env)?.is_empty())),
        Cond::Quantified { ex, op, plan, ty, all, coll } => quantified(ex, *op, plan, *ty, *all, *coll, env),
    }
}

/// AND (`stop` false) or OR (`stop` true).
fn junction(list: &[Cond], env: &Env<'_>, stop: bool) -> SqlResult<Option<bool>> {
    let mut out = Some(!stop);
    for c in list {
        match cond(c, env)? {
            Some(b) if b == stop => return Ok(Some(stop)),
            Some(_) => {}
            None => out = None,
        }
    }
    Ok(out)
}

/// Does an ordering satisfy the operator?
pub fn holds(op: CmpOp, o: Ordering) -> bool {
    match op {
        CmpOp::Eq => o == Ordering::Equal,
        CmpOp::Ne => o != Ordering::Equal,
        CmpOp::Lt => o == Ordering::Less,
        CmpOp::Le => o != Ordering::Greater,
        CmpOp::Gt => o == Ordering::Greater,
        CmpOp::Ge => o != Ordering::Less,
    }
}

fn like(ex: &Ex, pattern: &Ex, escape: Option<&Ex>, coll: Coll, env: &Env<'_>) -> SqlResult<Option<bool>> {
    let (v, p) = (eval(ex, env)?, eval(pattern, env)?);
    let escape = match escape {
        None => None,
        Some(e) => match eval(e, env)? {
            Value::Str(s) if s.chars().count() == 1 => s.chars().next(),
            Value::Null => return Ok(None),
            Value::Str(s) => {
                return Err(SqlError::new(
                    506,
                    16,
                    format!("The invalid escape character \"{s}\" was specified in a LIKE predicate."),
                ));
            }
            _ => None,
        },
    };
    Ok(match (v, p) {
        (Value::Str(s), Value::Str(p)) => Some(Pattern::new(&p, escape, coll).matches(&s)),
        _ => None,
    })
}

fn member(ex: &Ex, list: &[Ex], coll: Coll, env: &Env<'_>) -> SqlResult<Option<bool>> {
    let v = eval(ex, env)?;
    let mut out = Some(false);
    for item in list {
        match compare::compare(&v, &eval(item, env)?, coll) {
            Some(Ordering::Equal) => return Ok(Some(true)),
            Some(_) => {}
            None => out = None,
        }
    }
    Ok(out)
}

fn quantified(
    ex: &Ex,
    op: CmpOp,
    plan: &QueryPlan,
    ty: SqlType,
    all: bool,
    coll: Coll,
    env: &Env<'_>,
) -> SqlResult<Option<bool>> {
    let rows = rows(plan, env)?;
    let v = eval(ex, env)?;
    let from = plan.columns.first().map_or(ty, |c| c.ty);
    let mut out = Some(all);
    for row in rows.iter() {
        let item = row.first().unwrap_or(&Value::Null);
        let item = if from == ty { item.clone() } else { convert::cast(item, from, ty, 0)? };
        match compare::compare(&v, &item, coll).map(|o| holds(op, o)) {
            Some(b) if b != all => return Ok(Some(!all)),
            Some(_) => {}
            None => out = None,
        }
    }
    Ok(out)
}
