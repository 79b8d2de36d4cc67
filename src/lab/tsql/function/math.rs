//! Mathematical functions.

use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::arith;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

type Typed = SqlResult<(SqlType, bool)>;

/// Small integers are computed as int; strings as float.
fn numeric(name: &str, args: &mut [Ex]) -> SqlResult<SqlType> {
    let ty = match args[0].ty {
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Int => SqlType::Int,
        SqlType::SmallMoney => SqlType::Money,
        SqlType::Real | SqlType::Bit => SqlType::Float,
        t if t.is_string() => SqlType::Float,
        t if t.is_number() => t,
        t => return Err(fault::bad_argument(t, 1, name)),
    };
    call::convert_argument(args, 0, ty)?;
    Ok(ty)
}

fn same_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    let ty = numeric(name, args)?;
    Ok((ty, args[0].nullable))
}
fn whole_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    let ty = match numeric(name, args)? {
        SqlType::Decimal(p, _) => SqlType::Decimal(p, 0),
        t => t,
    };
    Ok((ty, args[0].nullable))
}
fn round_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 1, SqlType::Int)?;
    call::convert_argument(args, 2, SqlType::Int)?;
    Ok((numeric(name, args)?, true))
}
fn float_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    for i in 0..args.len() {
        call::convert_argument(args, i, SqlType::Float)?;
    }
    Ok((SqlType::Float, true))
}
fn power_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 1, SqlType::Float)?;
    let ty = match numeric(name, args)? {
        SqlType::Decimal(_, s) => SqlType::Decimal(38, s),
        t => t,
    };
    Ok((ty, true))
}
fn rand_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 0, SqlType::Int)?;
    Ok((SqlType::Float, true))
}

fn abs(c: &Call<'_>) -> SqlResult<Value> {
    let v = &c.args[0];
    let negative = match v {
        Value::Decimal { unscaled, .. } => *unscaled < 0,
        Value::Float(f) => *f < 0.0,
        v => compare::integer(v).is_some_and(|n| n < 0),
    };
    if negative { arith::negate(v, c.ty) } else { Ok(v.clone()) }
}

fn sign(c: &Call<'_>) -> SqlResult<Value> {
    Ok(match &c.args[0] {
        Value::Decimal { unscaled, scale } => {
            Value::Decimal { unscaled: unscaled.signum() * decimal::pow10(u32::from(*scale)), scale: *scale }
        }
        Value::Float(f) if *f == 0.0 => Value::Float(0.0),
        Value::Float(f) => Value::Float(f.signum()),
        Value::Money(m) => Value::Money(m.signum() * 10_000),
        Value::BigInt(n) => Value::BigInt(n.signum()),
        Value::Int(n) => Value::Int(n.signum()),
        _ => Value::Null,
    })
}

fn whole(c: &Call<'_>) -> SqlResult<Value> {
    let up = c.name == "CEILING";
    Ok(match &c.args[0] {
        Value::Decimal { unscaled, scale } => {
            let d = decimal::pow10(u32::from(*scale));
            let floor = unscaled.div_euclid(d);
            let n = if up && unscaled.rem_euclid(d) != 0 { floor + 1 } else { floor };
            Value::Decimal { unscaled: n, scale: 0 }
        }
        Value::Float(f) => Value::Float(if up { f.ceil() } else { f.floor() }),
        Value::Money(m) => {
            let floor = m.div_euclid(10_000);
            Value::Money((if up && m.rem_euclid(10_000) != 0 { floor + 1 } else { floor }) * 10_000)
        }
        v => v.clone(),
    })
}

/// Rounds (or cuts) an unscaled number at `places` after the point.
fn round_unscaled(v: i128, scale: u8, places: i64, cut: bool) -> Option<i128> {
    let drop = i64::from(scale) - places;
    if drop <= 0 {
        return Some(v);
    }
    if drop > 38 {
        return Some(0);
    }
    let d = decimal::pow10(drop as u32);
    let (q, r) = (v / d, v % d);
    let up = !cut && r.abs() >= d - r.abs();
    (if up { q + v.signum() } else { q }).checked_mul(d)
}

fn round(c: &Call<'_>) -> SqlResult<Value> {
    let Some(places) = compare::integer(&c.args[1]) else { return Ok(Value::Null) };
    let cut = c.args.get(2).and_then(compare::integer).is_some_and(|n| n != 0);
    let over = || fault::overflow(c.ty);
    Ok(match &c.args[0] {
        Value::Null => Value::Null,
        Value::Decimal { unscaled, scale } => {
            let u = round_unscaled(*unscaled, *scale, places, cut).ok_or_else(over)?;
            let SqlType::Decimal(p, _) = c.ty else { return Ok(Value::Null) };
            convert_number::fit(u, p, *scale).ok_or_else(over)?
        }
        Value::Float(f) => {
            let k = 10f64.powi(places.clamp(-300, 300) as i32);
            let scaled = f * k;
            let r = if cut { scaled.trunc() } else { (scaled.abs() + 0.5).floor().copysign(scaled) };
            let out = r / k;
            Value::Float(if out.is_finite() { out } else { *f })
        }
        Value::Money(m) => {
            let u = round_unscaled(i128::from(*m), 4, places, cut).ok_or_else(over)?;
            Value::Money(i64::try_from(u).map_err(|_| over())?)
        }
        v => {
            let n = compare::integer(v).unwrap_or(0);
            let u = round_unscaled(n.into(), 0, places, cut).ok_or_else(over)?;
            convert_number::integer_of(u, c.ty).ok_or_else(over)?
        }
    })
}

fn float(c: &Call<'_>) -> SqlResult<Value> {
    let Some(x) = convert_number::as_float(&c.args[0]) else { return Ok(Value::Null) };
    let second = match c.args.get(1) {
        None => None,
        Some(v) => match convert_number::as_float(v) {
            None => return Ok(Value::Null),
            y => y,
        },
    };
    let r = match c.name {
        "SQRT" => x.sqrt(),
        "SQUARE" => x * x,
        "EXP" => x.exp(),
        "LOG" => second.map_or_else(|| x.ln(), |b| x.ln() / b.ln()),
        "LOG10" => x.log10(),
        "SIN" => x.sin(),
        "COS" => x.cos(),
        "TAN" => x.tan(),
        "COT" => 1.0 / x.tan(),
        "ASIN" => x.asin(),
        "ACOS" => x.acos(),
        "ATAN" => x.atan(),
        "ATN2" => x.atan2(second.unwrap_or(1.0)),
        "DEGREES" => x.to_degrees(),
        _ => x.to_radians(),
    };
    if r.is_finite() { Ok(Value::Float(r)) } else { Err(fault::bad_float()) }
}

fn power(c: &Call<'_>) -> SqlResult<Value> {
    let Some(y) = convert_number::as_float(&c.args[1]) else { return Ok(Value::Null) };
    let over = || fault::overflow(c.ty);
    if c.ty != SqlType::Float && c.ty != SqlType::Money && (0.0..=126.0).contains(&y) && y.fract() == 0.0 {
        let (base, scale) = match &c.args[0] {
            Value::Null => return Ok(Value::Null),
            Value::Decimal { unscaled, scale } => (*unscaled, *scale),
            v => (i128::from(compare::integer(v).unwrap_or(0)), 0),
        };
        let mut acc = decimal::pow10(u32::from(scale));
        for _ in 0..y as u32 {
            acc = decimal::mul(acc, scale, base, scale, scale).ok_or_else(over)?;
        }
        return match c.ty {
            SqlType::Decimal(p, s) => convert_number::fit(acc, p, s).ok_or_else(over),
            ty => convert_number::integer_of(acc, ty).ok_or_else(over),
        };
    }
    let Some(x) = convert_number::as_float(&c.args[0]) else { return Ok(Value::Null) };
    let r = x.powf(y);
    if r.is_nan() {
        return Err(fault::bad_float());
    }
    convert_number::to_number(&Value::Float(r), SqlType::Float, c.ty).map_err(|_: SqlError| over())
}

fn rand(c: &Call<'_>) -> SqlResult<Value> {
    let seed = c.args.first().and_then(compare::integer).map(|n| n as u64);
    Ok(Value::Float(c.rt.random(seed)))
}

macro_rules! f {
    ($name:literal, $min:literal, $max:literal, $bind:expr, $call:expr) => {
        Builtin { name: $name, min: $min, max: $max, bind: $bind, call: $call }
    };
}

/// The functions.
pub const TABLE: &[Builtin] = &[
    f!("ABS", 1, 1, same_bind, abs),
    f!("SIGN", 1, 1, same_bind, sign),
    f!("CEILING", 1, 1, whole_bind, whole),
    f!("FLOOR", 1, 1, whole_bind, whole),
    f!("ROUND", 2, 3, round_bind, round),
    f!("POWER", 2, 2, power_bind, power),
    f!("SQRT", 1, 1, float_bind, float),
    f!("SQUARE", 1, 1, float_bind, float),
    f!("EXP", 1, 1, float_bind, float),
    f!("LOG", 1, 2, float_bind, float),
    f!("LOG10", 1, 1, float_bind, float),
    f!("SIN", 1, 1, float_bind, float),
    f!("COS", 1, 1, float_bind, float),
    f!("TAN", 1, 1, float_bind, float),
    f!("COT", 1, 1, float_bind, float),
    f!("ASIN", 1, 1, float_bind, float),
    f!("ACOS", 1, 1, float_bind, float),
    f!("ATAN", 1, 1, float_bind, float),
    f!("ATN2", 2, 2, float_bind, float),
    f!("DEGREES", 1, 1, float_bind, float),
    f!("RADIANS", 1, 1, float_bind, float),
    f!("PI", 0, 0, |_, _| Ok((SqlType::Float, false)), |_| Ok(Value::Float(std::f64::consts::PI))),
    f!("RAND", 0, 1, rand_bind, rand),
];
