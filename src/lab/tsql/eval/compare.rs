//! Order and equality of values of one type.

use crate::lab::tsql::bind::types;
use crate::lab::tsql::eval::collate;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::cmp::Ordering;

/// `None` if either is NULL.
pub fn compare(a: &Value, b: &Value, coll: Coll) -> Option<Ordering> {
    if a.is_null() || b.is_null() {
        return None;
    }
    Some(total(a, b, coll))
}

/// Sort order: NULL first.
pub fn total(a: &Value, b: &Value, coll: Coll) -> Ordering {
    use Value as V;
    match (a, b) {
        (V::Null, V::Null) => Ordering::Equal,
        (V::Null, _) => Ordering::Less,
        (_, V::Null) => Ordering::Greater,
        (V::Str(x), V::Str(y)) => collate::compare(x, y, coll),
        (V::Int(x), V::Int(y)) => x.cmp(y),
        (V::BigInt(x), V::BigInt(y)) => x.cmp(y),
        (V::Decimal { unscaled: x, scale: s }, V::Decimal { unscaled: y, scale: t }) => decimals(*x, *s, *y, *t),
        (V::Real(x), V::Real(y)) => x.partial_cmp(y).unwrap_or(Ordering::Equal),
        (V::Float(x), V::Float(y)) => x.partial_cmp(y).unwrap_or(Ordering::Equal),
        (V::Bytes(x), V::Bytes(y)) => bytes(x, y),
        (V::Guid(x), V::Guid(y)) => guid_key(x).cmp(&guid_key(y)),
        (V::Date(x), V::Date(y)) => x.cmp(y),
        (V::Time(x), V::Time(y)) => x.cmp(y),
        (V::DateTime { days: d, ticks: t }, V::DateTime { days: e, ticks: u }) => (d, t).cmp(&(e, u)),
        (V::DateTimeOffset { days: d, ticks: t, .. }, V::DateTimeOffset { days: e, ticks: u, .. }) => {
            (d, t).cmp(&(e, u))
        }
        (V::Variant(x), V::Variant(y)) => variants(x, y, coll),
        (V::Variant(x), y) => total(&x.1, y, coll),
        (x, V::Variant(y)) => total(x, &y.1, coll),
        _ => match (integer(a), integer(b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            _ => family(a).cmp(&family(b)),
        },
    }
}

fn decimals(x: i128, s: u8, y: i128, t: u8) -> Ordering {
    if s == t {
        return x.cmp(&y);
    }
    let scale = s.max(t);
    match (decimal::rescale(x, s, scale), decimal::rescale(y, t, scale)) {
        (Some(x), Some(y)) => x.cmp(&y),
        // one side has no room for the other's scale: compare whole parts, then signs
        _ => (x / decimal::pow10(u32::from(s))).cmp(&(y / decimal::pow10(u32::from(t)))),
    }
}

/// Shorter binaries are padded with zero bytes.
fn bytes(x: &[u8], y: &[u8]) -> Ordering {
    let n = x.len().max(y.len());
    let at = |s: &[u8], i: usize| s.get(i).copied().unwrap_or(0);
    (0..n).map(|i| at(x, i).cmp(&at(y, i))).find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// The server compares the last six bytes first, then groups from right to left.
fn guid_key(g: &uuid::Uuid) -> [u8; 16] {
    let b = g.as_bytes();
    let order = [10, 11, 12, 13, 14, 15, 8, 9, 7, 6, 5, 4, 3, 2, 1, 0];
    let wire = [b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]];
    order.map(|i| wire[i])
}

/// An integer value of any width, and money in its own units.
pub fn integer(v: &Value) -> Option<i64> {
    Some(match v {
        Value::Bit(b) => i64::from(*b),
        Value::TinyInt(n) => i64::from(*n),
        Value::SmallInt(n) => i64::from(*n),
        Value::Int(n) => i64::from(*n),
        Value::BigInt(n) | Value::Money(n) => *n,
        _ => return None,
    })
}

/// Rank of the value's family in a sql_variant comparison.
fn family(v: &Value) -> u8 {
    match v {
        Value::DateTime { .. } | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset { .. } => 6,
        Value::Real(_) | Value::Float(_) => 5,
        Value::Decimal { .. }
        | Value::Money(_)
        | Value::BigInt(_)
        | Value::Int(_)
        | Value::SmallInt(_)
        | Value::TinyInt(_)
        | Value::Bit(_) => 4,
        Value::Str(_) => 3,
        Value::Guid(_) => 2,
        Value::Bytes(_) => 1,
        Value::Variant(x) => family(&x.1),
        Value::Null => 0,
    }
}

fn variants(x: &(SqlType, Value), y: &(SqlType, Value), coll: Coll) -> Ordering {
    let (f, g) = (family(&x.1), family(&y.1));
    if f != g {
        return f.cmp(&g);
    }
    let ty = types::common(x.0, y.0);
    match (convert::cast(&x.1, x.0, ty, 0), convert::cast(&y.1, y.0, ty, 0)) {
        (Ok(a), Ok(b)) => total(&a, &b, coll),
        _ => Ordering::Equal,
    }
}

/// A value as a hash key: equal keys are equal values of the same type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Null,
    Int(i128, u8),
    Text(String),
    Bits(u64),
    Bytes(Vec<u8>),
    Time(i32, u64),
}

/// The key of a value.
pub fn key(v: &Value, coll: Coll) -> Key {
    match v {
        Value::Null => Key::Null,
        Value::Str(s) => Key::Text(collate::fold(s, coll)),
        Value::Decimal { unscaled, scale } => {
            let (mut u, mut s) = (*unscaled, *scale);
            while s > 0 && u % 10 == 0 {
                u /= 10;
                s -= 1;
            }
            Key::Int(u, s)
        }
        Value::Real(f) => Key::Bits((f64::from(*f) + 0.0).to_bits()),
        Value::Float(f) => Key::Bits((f + 0.0).to_bits()),
        Value::Bytes(b) => {
            let end = b.iter().rposition(|x| *x != 0).map_or(0, |p| p + 1);
            Key::Bytes(b[..end].to_vec())
        }
        Value::Guid(g) => Key::Bytes(g.as_bytes().to_vec()),
        Value::Date(d) => Key::Time(*d, 0),
        Value::Time(t) => Key::Time(0, *t),
        Value::DateTime { days, ticks } | Value::DateTimeOffset { days, ticks, .. } => Key::Time(*days, *ticks),
        Value::Variant(x) => key(&x.1, coll),
        _ => Key::Int(i128::from(integer(v).unwrap_or(0)), 0),
    }
}
