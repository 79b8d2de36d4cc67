//! TYPE_INFO as the server writes it (MS-TDS 2.2.5.4 and 2.2.5.6).

use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use bytes::BufMut;
use bytes::BytesMut;

/// Type bytes of MS-TDS 2.2.5.4.
pub(super) mod byte {
    pub(crate) const NULL: u8 = 0x1F;
    pub(crate) const IMAGE: u8 = 0x22;
    pub(crate) const TEXT: u8 = 0x23;
    pub(crate) const GUID: u8 = 0x24;
    pub(crate) const INTN: u8 = 0x26;
    pub(crate) const DATEN: u8 = 0x28;
    pub(crate) const TIMEN: u8 = 0x29;
    pub(crate) const DATETIME2N: u8 = 0x2A;
    pub(crate) const DATETIMEOFFSETN: u8 = 0x2B;
    pub(crate) const INT1: u8 = 0x30;
    pub(crate) const BIT: u8 = 0x32;
    pub(crate) const INT2: u8 = 0x34;
    pub(crate) const INT4: u8 = 0x38;
    pub(crate) const DATETIM4: u8 = 0x3A;
    pub(crate) const FLT4: u8 = 0x3B;
    pub(crate) const MONEY: u8 = 0x3C;
    pub(crate) const DATETIME: u8 = 0x3D;
    pub(crate) const FLT8: u8 = 0x3E;
    pub(crate) const VARIANT: u8 = 0x62;
    pub(crate) const NTEXT: u8 = 0x63;
    pub(crate) const BITN: u8 = 0x68;
    pub(crate) const DECIMALN: u8 = 0x6A;
    pub(crate) const NUMERICN: u8 = 0x6C;
    pub(crate) const FLTN: u8 = 0x6D;
    pub(crate) const MONEYN: u8 = 0x6E;
    pub(crate) const DATETIMN: u8 = 0x6F;
    pub(crate) const MONEY4: u8 = 0x7A;
    pub(crate) const INT8: u8 = 0x7F;
    pub(crate) const BIGVARBINARY: u8 = 0xA5;
    pub(crate) const BIGVARCHAR: u8 = 0xA7;
    pub(crate) const BIGBINARY: u8 = 0xAD;
    pub(crate) const BIGCHAR: u8 = 0xAF;
    pub(crate) const NVARCHAR: u8 = 0xE7;
    pub(crate) const NCHAR: u8 = 0xEF;
    pub(crate) const UDT: u8 = 0xF0;
    pub(crate) const XML: u8 = 0xF1;
    pub(crate) const TABLE: u8 = 0xF3;
}

/// Length of a `(max)` type in TYPE_INFO.
pub(super) const MAX: u16 = 0xFFFF;
/// Largest sql_variant, as real servers state it.
const VARIANT_MAX: u32 = 8009;

/// How values of a type are laid out, besides their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Bare bytes: NOT NULL columns of fixed-length types (catalog: wire_notes).
    Fixed,
    /// Length in one byte, 0 for NULL.
    Short,
    /// Length in two bytes, 0xFFFF for NULL.
    Counted,
    /// Chunks (MS-TDS 2.2.5.2.3).
    Chunked,
    /// Length in four bytes, 0 for NULL.
    Variant,
}

/// A type as it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WireType {
    pub(super) sql: SqlType,
    pub(super) layout: Layout,
    pub(super) collation: [u8; 5],
}

/// Bytes of a decimal with that precision, sign included.
pub(super) fn decimal_len(precision: u8) -> u8 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    }
}

/// Type byte and size of the types that have a fixed-length form: (fixed, nullable, bytes).
fn fixed(sql: SqlType) -> Option<(u8, u8, u8)> {
    Some(match sql {
        SqlType::Bit => (byte::BIT, byte::BITN, 1),
        SqlType::TinyInt => (byte::INT1, byte::INTN, 1),
        SqlType::SmallInt => (byte::INT2, byte::INTN, 2),
        SqlType::Int => (byte::INT4, byte::INTN, 4),
        SqlType::BigInt => (byte::INT8, byte::INTN, 8),
        SqlType::Real => (byte::FLT4, byte::FLTN, 4),
        SqlType::Float => (byte::FLT8, byte::FLTN, 8),
        SqlType::Money => (byte::MONEY, byte::MONEYN, 8),
        SqlType::SmallMoney => (byte::MONEY4, byte::MONEYN, 4),
        SqlType::DateTime => (byte::DATETIME, byte::DATETIMN, 8),
        SqlType::SmallDateTime => (byte::DATETIM4, byte::DATETIMN, 4),
        _ => return None,
    })
}

/// Characters of a declared length, at least one.
fn declared(n: u16, width: u16) -> u16 {
    n.clamp(1, 8000 / width) * width
}

impl WireType {
    pub(super) fn new(sql: SqlType, nullable: bool, collation: [u8; 5]) -> Self {
        let layout = match sql {
            SqlType::NVarChar(Len::Max) | SqlType::VarChar(Len::Max) | SqlType::VarBinary(Len::Max) | SqlType::Xml => {
                Layout::Chunked
            }
            SqlType::Char(_)
            | SqlType::VarChar(_)
            | SqlType::NChar(_)
            | SqlType::NVarChar(_)
            | SqlType::Binary(_)
            | SqlType::VarBinary(_) => Layout::Counted,
            SqlType::SqlVariant => Layout::Variant,
            _ if !nullable && fixed(sql).is_some() => Layout::Fixed,
            _ => Layout::Short,
        };
        Self { sql, layout, collation }
    }

    /// Most bytes a value of a counted type may have: clients set aside what was declared and trust it.
    pub(super) fn limit(&self) -> usize {
        usize::from(match self.sql {
            SqlType::Char(n) | SqlType::VarChar(Len::N(n)) | SqlType::Binary(n) | SqlType::VarBinary(Len::N(n)) => {
                declared(n, 1)
            }
            SqlType::NChar(n) | SqlType::NVarChar(Len::N(n)) => declared(n, 2),
            _ => 8000,
        })
    }

    /// Appends TYPE_INFO.
    pub(super) fn put(&self, out: &mut BytesMut) {
        if let Some((bare, nullable, size)) = fixed(self.sql) {
            if self.layout == Layout::Fixed {
                out.put_u8(bare);
            } else {
                out.put_slice(&[nullable, size]);
            }
            return;
        }
        match self.sql {
            // The catalogue's LSNs are numeric; decimal is the same type under another byte.
            SqlType::Decimal(p, s) => out.put_slice(&[byte::NUMERICN, decimal_len(p), p, s]),
            SqlType::UniqueIdentifier => out.put_slice(&[byte::GUID, 16]),
            SqlType::Date => out.put_u8(byte::DATEN),
            SqlType::Time(s) => out.put_slice(&[byte::TIMEN, s]),
            SqlType::DateTime2(s) => out.put_slice(&[byte::DATETIME2N, s]),
            SqlType::DateTimeOffset(s) => out.put_slice(&[byte::DATETIMEOFFSETN, s]),
            SqlType::Char(n) => self.text(out, byte::BIGCHAR, declared(n, 1)),
            SqlType::VarChar(Len::N(n)) => self.text(out, byte::BIGVARCHAR, declared(n, 1)),
            SqlType::VarChar(Len::Max) => self.text(out, byte::BIGVARCHAR, MAX),
            SqlType::NChar(n) => self.text(out, byte::NCHAR, declared(n, 2)),
            SqlType::NVarChar(Len::N(n)) => self.text(out, byte::NVARCHAR, declared(n, 2)),
            SqlType::NVarChar(Len::Max) => self.text(out, byte::NVARCHAR, MAX),
            SqlType::Binary(n) => binary(out, byte::BIGBINARY, declared(n, 1)),
            SqlType::VarBinary(Len::N(n)) => binary(out, byte::BIGVARBINARY, declared(n, 1)),
            SqlType::VarBinary(Len::Max) => binary(out, byte::BIGVARBINARY, MAX),
            SqlType::Xml => out.put_slice(&[byte::XML, 0]),
            SqlType::SqlVariant => {
                out.put_u8(byte::VARIANT);
                out.put_u32_le(VARIANT_MAX);
            }
            // Handled above: they have a fixed-length form.
            SqlType::Bit
            | SqlType::TinyInt
            | SqlType::SmallInt
            | SqlType::Int
            | SqlType::BigInt
            | SqlType::Real
            | SqlType::Float
            | SqlType::Money
            | SqlType::SmallMoney
            | SqlType::DateTime
            | SqlType::SmallDateTime => {}
        }
    }

    fn text(&self, out: &mut BytesMut, token: u8, size: u16) {
        binary(out, token, size);
        out.put_slice(&self.collation);
    }
}

fn binary(out: &mut BytesMut, token: u8, size: u16) {
    out.put_u8(token);
    out.put_u16_le(size);
}
