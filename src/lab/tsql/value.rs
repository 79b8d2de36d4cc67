//! The values and types of T-SQL, as the engine, the catalogue and the wire share them.

use std::sync::Arc;
use uuid::Uuid;

/// Declared length of a variable-length type; `N` counts characters for `(n)(var)char`, bytes for `(var)binary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Len {
    N(u16),
    Max,
}

/// A T-SQL type as declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum SqlType {
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    /// `decimal(p,s)` and `numeric(p,s)`; p 1..=38.
    Decimal(u8, u8),
    Money,
    SmallMoney,
    Real,
    Float,
    Date,
    /// Fractional digits 0..=7.
    Time(u8),
    SmallDateTime,
    DateTime,
    DateTime2(u8),
    DateTimeOffset(u8),
    Char(u16),
    VarChar(Len),
    NChar(u16),
    NVarChar(Len),
    Binary(u16),
    VarBinary(Len),
    UniqueIdentifier,
    Xml,
    SqlVariant,
}

/// One value. The declared [`SqlType`] travels beside it (in [`Column`]); the variant is the type's family.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Value {
    Null,
    Bit(bool),
    TinyInt(u8),
    SmallInt(i16),
    Int(i32),
    BigInt(i64),
    /// `unscaled * 10^-scale`.
    Decimal {
        unscaled: i128,
        scale: u8,
    },
    /// money and smallmoney, in units of 10^-4.
    Money(i64),
    Real(f32),
    Float(f64),
    /// Every character type and xml.
    Str(Arc<str>),
    /// Every binary type.
    Bytes(Arc<[u8]>),
    Guid(Uuid),
    /// Days since 0001-01-01.
    Date(i32),
    /// 100 ns units since midnight.
    Time(u64),
    /// datetime, smalldatetime and datetime2: days since 0001-01-01, 100 ns units since midnight.
    /// A `datetime` is already rounded to 1/300 s.
    DateTime {
        days: i32,
        ticks: u64,
    },
    /// UTC days and ticks, offset in minutes.
    DateTimeOffset {
        days: i32,
        ticks: u64,
        offset_min: i16,
    },
    /// sql_variant with its base type; never nested.
    Variant(Box<(SqlType, Value)>),
}

impl Value {
    /// A string value.
    pub fn str(s: impl AsRef<str>) -> Self {
        Self::Str(Arc::from(s.as_ref()))
    }
    /// A binary value.
    pub fn bytes(b: impl AsRef<[u8]>) -> Self {
        Self::Bytes(Arc::from(b.as_ref()))
    }
    /// True for NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}
impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Value::Bit(v)
    }
}
impl From<i32> for Value {
    fn from(v: i32) -> Self {
        Value::Int(v)
    }
}
impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Value::BigInt(v)
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::str(v)
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::str(v)
    }
}
impl From<Uuid> for Value {
    fn from(v: Uuid) -> Self {
        Value::Guid(v)
    }
}

/// A result or table column.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Column {
    /// Empty for an expression without an alias.
    pub name: String,
    pub ty: SqlType,
    pub nullable: bool,
    /// True for an identity column of a base table (COLMETADATA flag).
    pub identity: bool,
}

impl Column {
    /// A nullable column.
    pub fn new(name: impl Into<String>, ty: SqlType) -> Self {
        Self { name: name.into(), ty, nullable: true, identity: false }
    }
}

/// A row; cheap to clone.
pub type Row = Arc<[Value]>;

/// Columns and rows.
#[derive(Debug, Clone)]
pub struct RowSet {
    pub columns: Arc<[Column]>,
    pub rows: Vec<Row>,
}
