//! What goes out reads back the same.

use super::stub::COLLATION;
use crate::lab::tds::param;
use crate::lab::tds::types::Layout;
use crate::lab::tds::types::WireType;
use crate::lab::tds::value;
use crate::lab::tds::value::Unfit;
use crate::lab::tds::wire::Cursor;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use bytes::BytesMut;
use proptest::prelude::*;

fn round(ty: SqlType, nullable: bool, value: &Value) -> Value {
    let mut out = BytesMut::new();
    let wire = WireType::new(ty, nullable, COLLATION);
    wire.put(&mut out);
    value::put(&mut out, &wire, value).unwrap();
    let mut body = Cursor::new(&out);
    let read = param::read_type(&mut body).unwrap();
    assert_eq!(read.sql().unwrap(), Some(ty));
    let back = param::read_value(&mut body, read).unwrap();
    assert!(body.is_empty(), "{ty:?}");
    back
}

fn bytes_of(ty: SqlType, nullable: bool, value: &Value) -> Result<Vec<u8>, Unfit> {
    let mut out = BytesMut::new();
    value::put(&mut out, &WireType::new(ty, nullable, COLLATION), value)?;
    Ok(out.to_vec())
}

fn any_typed() -> impl Strategy<Value = (SqlType, Value)> {
    let text = "[ -~é€]{0,40}";
    let ticks = 0_u64..864_000_000_000;
    let days = 0_i32..=3_652_058;
    prop_oneof![
        any::<bool>().prop_map(|b| (SqlType::Bit, Value::Bit(b))),
        any::<u8>().prop_map(|n| (SqlType::TinyInt, Value::TinyInt(n))),
        any::<i16>().prop_map(|n| (SqlType::SmallInt, Value::SmallInt(n))),
        any::<i32>().prop_map(|n| (SqlType::Int, Value::Int(n))),
        any::<i64>().prop_map(|n| (SqlType::BigInt, Value::BigInt(n))),
        any::<i64>().prop_map(|n| (SqlType::Money, Value::Money(n))),
        any::<i32>().prop_map(|n| (SqlType::SmallMoney, Value::Money(n.into()))),
        (1_u8..=38, any::<i128>()).prop_map(|(p, n)| {
            let unscaled = n % 10_i128.pow(u32::from(p));
            (SqlType::Decimal(p, p / 2), Value::Decimal { unscaled, scale: p / 2 })
        }),
        days.clone().prop_map(|d| (SqlType::Date, Value::Date(d))),
        (days.clone(), ticks.clone())
            .prop_map(|(days, ticks)| (SqlType::DateTime2(7), Value::DateTime { days, ticks })),
        (days, ticks.clone(), -840_i16..=840).prop_map(|(days, ticks, offset_min)| (
            SqlType::DateTimeOffset(7),
            Value::DateTimeOffset { days, ticks, offset_min }
        )),
        ticks.prop_map(|t| (SqlType::Time(7), Value::Time(t))),
        any::<u128>().prop_map(|n| (SqlType::UniqueIdentifier, Value::Guid(uuid::Uuid::from_u128(n)))),
        text.prop_map(|s| (SqlType::NVarChar(Len::N(40)), Value::str(s))),
        text.prop_map(|s| (SqlType::VarChar(Len::N(40)), Value::str(s))),
        any::<String>().prop_map(|s| (SqlType::NVarChar(Len::Max), Value::str(s))),
        text.prop_map(|s| (SqlType::VarChar(Len::Max), Value::str(s))),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(|b| (SqlType::VarBinary(Len::N(50)), Value::bytes(b))),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(|b| (SqlType::VarBinary(Len::Max), Value::bytes(b))),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| (SqlType::Float, Value::Float(f))),
    ]
}

proptest! {
    #[test]
    fn values_survive((ty, value) in any_typed()) {
        prop_assert_eq!(&round(ty, true, &value), &value);
        prop_assert_eq!(&round(ty, false, &value), &value);
        prop_assert_eq!(round(ty, true, &Value::Null), Value::Null);
        if WireType::new(ty, true, COLLATION).layout != Layout::Chunked {
            let variant = Value::Variant(Box::new((ty, value)));
            prop_assert_eq!(&round(SqlType::SqlVariant, true, &variant), &variant);
        }
    }
}

#[test]
fn an_lsn_takes_thirteen_bytes() {
    let lsn = Value::Decimal { unscaled: 37_000_000_012_300_001, scale: 0 };
    let bytes = bytes_of(SqlType::Decimal(25, 0), true, &lsn).unwrap();
    assert_eq!((bytes.len(), bytes[0], bytes[1]), (14, 13, 1));
}

#[test]
fn a_guid_is_mixed_endian() {
    let id = uuid::Uuid::from_u128(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF);
    let bytes = bytes_of(SqlType::UniqueIdentifier, true, &id.into()).unwrap();
    assert_eq!(bytes[..9], [16, 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66]);
}

#[test]
fn not_null_columns_use_the_fixed_types() {
    assert_eq!(bytes_of(SqlType::Int, false, &7.into()).unwrap(), [7, 0, 0, 0]);
    assert_eq!(bytes_of(SqlType::Int, false, &Value::Null), Err(Unfit));
    let mut out = BytesMut::new();
    WireType::new(SqlType::BigInt, false, COLLATION).put(&mut out);
    WireType::new(SqlType::BigInt, true, COLLATION).put(&mut out);
    assert_eq!(out[..], [0x7F, 0x26, 8]);
}

#[test]
fn strings_are_padded_to_their_declared_length() {
    assert_eq!(bytes_of(SqlType::Char(4), true, &"ab".into()).unwrap(), [4, 0, b'a', b'b', b' ', b' ']);
    assert_eq!(bytes_of(SqlType::NChar(2), true, &"x".into()).unwrap(), [4, 0, b'x', 0, b' ', 0]);
    assert_eq!(bytes_of(SqlType::Binary(3), true, &Value::bytes([1])).unwrap(), [3, 0, 1, 0, 0]);
}

#[test]
fn an_empty_max_value_is_not_null() {
    assert_eq!(bytes_of(SqlType::NVarChar(Len::Max), true, &"".into()).unwrap(), [0; 12]);
    assert_eq!(bytes_of(SqlType::NVarChar(Len::Max), true, &Value::Null).unwrap(), [0xFF; 8]);
}

#[test]
fn values_are_widened_but_never_cut() {
    assert_eq!(bytes_of(SqlType::BigInt, false, &7.into()).unwrap(), [7, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes_of(SqlType::TinyInt, false, &300.into()), Err(Unfit));
    assert_eq!(bytes_of(SqlType::Int, false, &"7".into()), Err(Unfit));
    assert_eq!(bytes_of(SqlType::Decimal(3, 0), true, &1000.into()), Err(Unfit));
    assert_eq!(bytes_of(SqlType::NVarChar(Len::N(2)), true, &"abc".into()), Err(Unfit));
    let rounded = Value::Decimal { unscaled: -125, scale: 2 };
    assert_eq!(round(SqlType::Decimal(5, 1), true, &rounded), Value::Decimal { unscaled: -13, scale: 1 });
}

#[test]
fn chunks_of_unknown_length_are_put_together() {
    let mut body = vec![0xE7, 0xFF, 0xFF];
    body.extend(COLLATION);
    body.extend((u64::MAX - 1).to_le_bytes());
    for part in [&b"a\0b"[..], b"\0c\0"] {
        body.extend((part.len() as u32).to_le_bytes());
        body.extend(part);
    }
    body.extend([0; 4]);
    let mut body = Cursor::new(&body);
    let ty = param::read_type(&mut body).unwrap();
    assert_eq!(param::read_value(&mut body, ty).unwrap(), "abc".into());
}
