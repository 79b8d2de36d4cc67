//! Arithmetic on two values of the operator's type.

use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert_date;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// Computes `a op b`; NULL if either is. Operands are already of the types that binding chose.
pub fn apply(op: Op, a: &Value, b: &Value, ty: SqlType) -> SqlResult<Value> {
    use Value as V;
    match (a, b) {
        (V::Null, _) | (_, V::Null) => Ok(V::Null),
        (V::Str(x), V::Str(y)) => {
            let joined = format!("{x}{y}");
            Ok(match ty.length() {
                Some(n) => V::str(text::clip(&joined, n.into())),
                None => V::str(joined),
            })
        }
        (V::Bytes(x), V::Bytes(y)) => {
            let mut joined = [&x[..], &y[..]].concat();
            joined.truncate(ty.length().map_or(usize::MAX, usize::from));
            Ok(V::bytes(joined))
        }
        (V::Decimal { unscaled: x, scale: s }, V::Decimal { unscaled: y, scale: t }) => {
            decimals(op, (*x, *s), (*y, *t), ty)
        }
        (V::Float(_) | V::Real(_), _) => floats(op, a, b, ty),
        (V::Money(x), V::Money(y)) => money(op, *x, *y, ty),
        (V::DateTime { .. }, V::DateTime { .. }) => datetimes(op, a, b, ty),
        _ => integers(op, a, b, ty),
    }
}

fn integers(op: Op, a: &Value, b: &Value, ty: SqlType) -> SqlResult<Value> {
    let (Some(x), Some(y)) = (compare::integer(a), compare::integer(b)) else {
        return Err(fault::bad_operand(ty, op.word()));
    };
    let (x, y) = (i128::from(x), i128::from(y));
    let n = match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::Div | Op::Mod if y == 0 => return Err(fault::divide_by_zero()),
        Op::Div => x / y,
        Op::Mod => x % y,
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
    };
    convert_number::integer_of(n, ty).ok_or_else(|| fault::overflow(ty))
}

fn decimals(op: Op, (x, s): (i128, u8), (y, t): (i128, u8), ty: SqlType) -> SqlResult<Value> {
    let SqlType::Decimal(p, scale) = ty else { return Err(fault::bad_operand(ty, op.word())) };
    if matches!(op, Op::Div | Op::Mod) && y == 0 {
        return Err(fault::divide_by_zero());
    }
    let n = match op {
        Op::Mul => decimal::mul(x, s, y, t, scale),
        Op::Div => decimal::div(x, s, y, t, scale),
        _ => {
            let wide = s.max(t);
            match (decimal::rescale(x, s, wide), decimal::rescale(y, t, wide)) {
                (Some(x), Some(y)) => {
                    let v = match op {
                        Op::Add => x.checked_add(y),
                        Op::Sub => x.checked_sub(y),
                        _ => Some(x % y),
                    };
                    v.and_then(|v| decimal::rescale(v, wide, scale))
                }
                _ => None,
            }
        }
    };
    n.and_then(|n| convert_number::fit(n, p, scale)).ok_or_else(|| fault::overflow(ty))
}

fn floats(op: Op, a: &Value, b: &Value, ty: SqlType) -> SqlResult<Value> {
    let (x, y) = (convert_number::as_float(a).unwrap_or(0.0), convert_number::as_float(b).unwrap_or(0.0));
    let f = match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::Div if y == 0.0 => return Err(fault::divide_by_zero()),
        Op::Div => x / y,
        _ => return Err(fault::bad_operand(ty, op.word())),
    };
    if !f.is_finite() {
        return Err(fault::overflow(ty));
    }
    if ty == SqlType::Real {
        let r = f as f32;
        return if r.is_finite() { Ok(Value::Real(r)) } else { Err(fault::overflow(ty)) };
    }
    Ok(Value::Float(f))
}

fn money(op: Op, x: i64, y: i64, ty: SqlType) -> SqlResult<Value> {
    let (x, y) = (i128::from(x), i128::from(y));
    let n = match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y / 10_000,
        Op::Div | Op::Mod if y == 0 => return Err(fault::divide_by_zero()),
        Op::Div => x * 10_000 / y,
        Op::Mod => x % y,
        _ => return Err(fault::bad_operand(ty, op.word())),
    };
    i64::try_from(n).map(Value::Money).map_err(|_| fault::overflow(ty))
}

/// `datetime` plus or minus another, counted from 1900-01-01.
fn datetimes(op: Op, a: &Value, b: &Value, ty: SqlType) -> SqlResult<Value> {
    let span = |v: &Value| match v {
        Value::DateTime { days, ticks } => {
            i128::from(days - calendar::EPOCH_1900) * i128::from(calendar::DAY) + i128::from(*ticks)
        }
        _ => 0,
    };
    let n = if op == Op::Add { span(a) + span(b) } else { span(a) - span(b) };
    let day = i128::from(calendar::DAY);
    let days = n.div_euclid(day) + i128::from(calendar::EPOCH_1900);
    if days < i128::from(calendar::MIN_DATETIME) || days > i128::from(calendar::MAX_DATE) {
        return Err(fault::overflow(ty));
    }
    let raw = Value::DateTime { days: days as i32, ticks: n.rem_euclid(day) as u64 };
    convert_date::to_date(&raw, SqlType::DateTime2(7), ty, 0)
}

/// Unary minus.
pub fn negate(v: &Value, ty: SqlType) -> SqlResult<Value> {
    Ok(match v {
        Value::Null => Value::Null,
        Value::Decimal { unscaled, scale } => Value::Decimal { unscaled: -unscaled, scale: *scale },
        Value::Real(f) => Value::Real(-f),
        Value::Float(f) => Value::Float(-f),
        Value::Money(m) => Value::Money(m.checked_neg().ok_or_else(|| fault::overflow(ty))?),
        _ => {
            let n = compare::integer(v).ok_or_else(|| fault::bad_operand(ty, "minus"))?;
            convert_number::integer_of(-i128::from(n), ty).ok_or_else(|| fault::overflow(ty))?
        }
    })
}
