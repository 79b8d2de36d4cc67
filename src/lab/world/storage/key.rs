//! Keys of unique indexes as bytes: equal bytes mean equal keys.

use crate::lab::tsql::value::Value;

/// Encodes key columns. Strings compare without case and trailing blanks (the lab's collations are CI).
pub fn encode_key<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<u8> {
    let mut out = Vec::with_capacity(16);
    for v in values {
        encode(v, &mut out);
    }
    out
}

fn encode(v: &Value, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    match v {
        Value::Null => put(0, &[]),
        Value::Bit(b) => put(1, &i64::from(*b).to_be_bytes()),
        Value::TinyInt(n) => put(1, &i64::from(*n).to_be_bytes()),
        Value::SmallInt(n) => put(1, &i64::from(*n).to_be_bytes()),
        Value::Int(n) => put(1, &i64::from(*n).to_be_bytes()),
        Value::BigInt(n) => put(1, &n.to_be_bytes()),
        Value::Decimal { unscaled, scale } => {
            let (mut u, mut s) = (*unscaled, *scale);
            while s > 0 && u % 10 == 0 {
                u /= 10;
                s -= 1;
            }
            put(2, &u.to_be_bytes());
            put(2, &[s]);
        }
        Value::Money(n) => put(3, &n.to_be_bytes()),
        Value::Real(f) => put(4, &f.to_bits().to_be_bytes()),
        Value::Float(f) => put(5, &f.to_bits().to_be_bytes()),
        Value::Str(s) => put(6, s.trim_end_matches(' ').to_lowercase().as_bytes()),
        Value::Bytes(b) => put(7, b),
        Value::Guid(g) => put(8, g.as_bytes()),
        Value::Date(d) => put(9, &d.to_be_bytes()),
        Value::Time(t) => put(10, &t.to_be_bytes()),
        Value::DateTime { days, ticks } => {
            put(11, &days.to_be_bytes());
            put(11, &ticks.to_be_bytes());
        }
        Value::DateTimeOffset { days, ticks, .. } => {
            put(12, &days.to_be_bytes());
            put(12, &ticks.to_be_bytes());
        }
        Value::Variant(inner) => encode(&inner.1, out),
    }
}
