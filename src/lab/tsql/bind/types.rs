//! Type families, precedence and the typing rules of operators.

use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;

impl SqlType {
    /// The bare name, as messages print it.
    pub fn base_name(self) -> &'static str {
        match self {
            Self::Bit => "bit",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Decimal(..) => "numeric",
            Self::Money => "money",
            Self::SmallMoney => "smallmoney",
            Self::Real => "real",
            Self::Float => "float",
            Self::Date => "date",
            Self::Time(_) => "time",
            Self::SmallDateTime => "smalldatetime",
            Self::DateTime => "datetime",
            Self::DateTime2(_) => "datetime2",
            Self::DateTimeOffset(_) => "datetimeoffset",
            Self::Char(_) => "char",
            Self::VarChar(Len::Max) => "varchar(max)",
            Self::VarChar(_) => "varchar",
            Self::NChar(_) => "nchar",
            Self::NVarChar(Len::Max) => "nvarchar(max)",
            Self::NVarChar(_) => "nvarchar",
            Self::Binary(_) => "binary",
            Self::VarBinary(Len::Max) => "varbinary(max)",
            Self::VarBinary(_) => "varbinary",
            Self::UniqueIdentifier => "uniqueidentifier",
            Self::Xml => "xml",
            Self::SqlVariant => "sql_variant",
        }
    }
    /// The name message 8114 and 8115 use for exact numerics.
    pub fn wide_name(self) -> &'static str {
        self.base_name()
    }
    /// Precedence: the operand of the lower one is converted to the higher.
    pub fn rank(self) -> u8 {
        match self {
            Self::SqlVariant => 30,
            Self::Xml => 29,
            Self::DateTimeOffset(_) => 28,
            Self::DateTime2(_) => 27,
            Self::DateTime => 26,
            Self::SmallDateTime => 25,
            Self::Date => 24,
            Self::Time(_) => 23,
            Self::Float => 22,
            Self::Real => 21,
            Self::Decimal(..) => 20,
            Self::Money => 19,
            Self::SmallMoney => 18,
            Self::BigInt => 17,
            Self::Int => 16,
            Self::SmallInt => 15,
            Self::TinyInt => 14,
            Self::Bit => 13,
            Self::UniqueIdentifier => 10,
            Self::NVarChar(_) => 9,
            Self::NChar(_) => 8,
            Self::VarChar(_) => 7,
            Self::Char(_) => 6,
            Self::VarBinary(_) => 5,
            Self::Binary(_) => 4,
        }
    }
    /// `char`, `varchar`, `nchar`, `nvarchar`.
    pub fn is_string(self) -> bool {
        matches!(self, Self::Char(_) | Self::VarChar(_) | Self::NChar(_) | Self::NVarChar(_))
    }
    /// Two bytes a character.
    pub fn is_unicode(self) -> bool {
        matches!(self, Self::NChar(_) | Self::NVarChar(_) | Self::Xml)
    }
    /// `binary`, `varbinary`.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Binary(_) | Self::VarBinary(_))
    }
    /// `bit` to `bigint`.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Bit | Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }
    /// Integers, decimals, money, floats.
    pub fn is_number(self) -> bool {
        self.is_integer() || self.is_float() || matches!(self, Self::Decimal(..) | Self::Money | Self::SmallMoney)
    }
    /// `real`, `float`.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Real | Self::Float)
    }
    /// Every date and time type.
    pub fn is_temporal(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::Time(_)
                | Self::SmallDateTime
                | Self::DateTime
                | Self::DateTime2(_)
                | Self::DateTimeOffset(_)
        )
    }
    /// Declared length of a string or binary type; `None` for `max` and for other types.
    pub fn length(self) -> Option<u16> {
        match self {
            Self::Char(n) | Self::NChar(n) | Self::Binary(n) => Some(n),
            Self::VarChar(Len::N(n)) | Self::NVarChar(Len::N(n)) | Self::VarBinary(Len::N(n)) => Some(n),
            _ => None,
        }
    }
    /// Precision and scale this exact type has when it meets a decimal.
    pub fn as_decimal(self) -> Option<(u8, u8)> {
        Some(match self {
            Self::Bit => (1, 0),
            Self::TinyInt => (3, 0),
            Self::SmallInt => (5, 0),
            Self::Int => (10, 0),
            Self::BigInt => (19, 0),
            Self::Money => (19, 4),
            Self::SmallMoney => (10, 4),
            Self::Decimal(p, s) => (p, s),
            _ => return None,
        })
    }
}

/// A variable-length character type of `n` characters; beyond the limit it is `max`.
pub fn varchar(unicode: bool, n: Option<usize>) -> SqlType {
    let limit = if unicode { 4000 } else { 8000 };
    let len = match n {
        Some(n) if n <= limit => Len::N(n.max(1) as u16),
        _ => Len::Max,
    };
    if unicode { SqlType::NVarChar(len) } else { SqlType::VarChar(len) }
}

/// The same, but clipped at the limit instead of growing to `max`.
pub fn varchar_clipped(unicode: bool, n: usize) -> SqlType {
    varchar(unicode, Some(n.min(if unicode { 4000 } else { 8000 })))
}

/// Characters needed to print any value of the type.
pub fn display_size(ty: SqlType) -> Option<usize> {
    Some(match ty {
        SqlType::Bit => 1,
        SqlType::TinyInt => 3,
        SqlType::SmallInt => 6,
        SqlType::Int => 11,
        SqlType::BigInt => 20,
        SqlType::Decimal(p, _) => p as usize + 2,
        SqlType::Money => 21,
        SqlType::SmallMoney => 12,
        SqlType::Real => 14,
        SqlType::Float => 23,
        SqlType::Date => 10,
        SqlType::Time(_) => 16,
        SqlType::SmallDateTime => 19,
        SqlType::DateTime => 26,
        SqlType::DateTime2(_) => 27,
        SqlType::DateTimeOffset(_) => 34,
        SqlType::UniqueIdentifier => 36,
        SqlType::SqlVariant => 8000,
        SqlType::Xml => return None,
        _ => return ty.length().map(usize::from),
    })
}

#[expect(clippy::many_single_char_names, reason = "two precisions, two scales")]
/// The type two operands are brought to by precedence.
pub fn common(a: SqlType, b: SqlType) -> SqlType {
    use SqlType as T;
    let (hi, lo) = if a.rank() >= b.rank() { (a, b) } else { (b, a) };
    match (hi, lo) {
        _ if hi == lo => hi,
        _ if hi.is_string() && lo.is_string() => {
            let n = hi.length().zip(lo.length()).map(|(x, y)| x.max(y));
            let fixed = matches!(hi, T::Char(_) | T::NChar(_)) && matches!(lo, T::Char(_) | T::NChar(_));
            match n {
                Some(n) if fixed && hi.is_unicode() => T::NChar(n),
                Some(n) if fixed => T::Char(n),
                _ => varchar(hi.is_unicode(), n.map(usize::from)),
            }
        }
        _ if hi.is_binary() && lo.is_binary() => match hi.length().zip(lo.length()) {
            Some((x, y)) if matches!((hi, lo), (T::Binary(_), T::Binary(_))) => T::Binary(x.max(y)),
            Some((x, y)) => T::VarBinary(Len::N(x.max(y))),
            None => T::VarBinary(Len::Max),
        },
        (T::Decimal(p, s), _) => match lo.as_decimal() {
            Some((q, t)) => {
                let scale = s.max(t);
                let whole = (p - s).max(q.saturating_sub(t));
                T::Decimal((whole + scale).min(38), scale.min(38 - whole.min(38)))
            }
            None => hi,
        },
        (T::DateTime2(x), T::DateTime2(y)) => T::DateTime2(x.max(y)),
        (T::Time(x), T::Time(y)) => T::Time(x.max(y)),
        (T::DateTimeOffset(x), T::DateTimeOffset(y) | T::DateTime2(y)) => T::DateTimeOffset(x.max(y)),
        (T::DateTime2(x), T::DateTime) => T::DateTime2(x.max(3)),
        _ => hi,
    }
}

/// An arithmetic or bit operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    And,
    Or,
    Xor,
}

impl Op {
    /// The word messages use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "subtract",
            Self::Mul => "multiply",
            Self::Div => "divide",
            Self::Mod => "modulo",
            Self::And => "'&'",
            Self::Or => "'|'",
            Self::Xor => "'^'",
        }
    }
}

/// How an operator is computed: both operands are first converted to these, the result has this type.
pub struct Typing {
    pub left: SqlType,
    pub right: SqlType,
    pub result: SqlType,
}

/// Precision and scale of a decimal result (documented rules, clipped to 38 digits).
pub fn decimal_result(op: Op, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> (u8, u8) {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let (p, s) = match op {
        Op::Add | Op::Sub => {
            let s = s1.max(s2);
            (s + (p1 - s1).max(p2 - s2) + 1, s)
        }
        Op::Mul => (p1 + p2 + 1, s1 + s2),
        Op::Div => {
            let s = 6.max(s1 + p2 + 1);
            (p1 - s1 + s2 + s, s)
        }
        _ => {
            let s = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + s, s)
        }
    };
    if p <= 38 {
        return (p.max(1) as u8, s as u8);
    }
    let whole = p - s;
    let s = match op {
        Op::Add | Op::Sub => s.min((38 - (whole - 1)).max(0)),
        _ if whole < 32 => s.min(38 - whole),
        _ => s.min(6),
    };
    (38, s.max(0) as u8)
}

/// Typing of `left op right`. `digits` are the precision of an integer literal on that side, if it is one.
pub fn arithmetic(op: Op, l: SqlType, r: SqlType, digits: (Option<u8>, Option<u8>)) -> SqlResult<Typing> {
    use SqlType as T;
    let same = |t: SqlType| Ok(Typing { left: t, right: t, result: t });
    if op == Op::Add && l.is_string() && r.is_string() {
        let n = l.length().zip(r.length()).map(|(x, y)| usize::from(x) + usize::from(y));
        let uni = l.is_unicode() || r.is_unicode();
        let widen = |t: SqlType| varchar(uni, t.length().map(usize::from));
        return Ok(Typing {
            left: widen(l),
            right: widen(r),
            result: n.map_or_else(|| varchar(uni, None), |n| varchar_clipped(uni, n)),
        });
    }
    if op == Op::Add && l.is_binary() && r.is_binary() {
        let n = l.length().zip(r.length()).map(|(x, y)| (usize::from(x) + usize::from(y)).min(8000));
        let result = T::VarBinary(n.map_or(Len::Max, |n| Len::N(n as u16)));
        return Ok(Typing { left: l, right: r, result });
    }
    let hi = if l.rank() >= r.rank() { l } else { r };
    let lo = if l.rank() >= r.rank() { r } else { l };
    if hi.is_temporal() {
        let legacy = matches!(hi, T::DateTime | T::SmallDateTime);
        if !legacy
            || !matches!(op, Op::Add | Op::Sub)
            || lo.is_temporal() && !matches!(lo, T::DateTime | T::SmallDateTime)
        {
            return Err(if lo.is_number() && hi.is_temporal() && !legacy {
                fault::clash(hi, lo)
            } else if lo.is_temporal() || legacy && lo.is_string() {
                fault::incompatible(l, r, op.word())
            } else {
                fault::bad_operand(hi, op.word())
            });
        }
        return same(hi);
    }
    if matches!(hi, T::SqlVariant | T::Xml | T::UniqueIdentifier) || hi.is_string() || hi.is_binary() {
        let bitwise = matches!(op, Op::And | Op::Or | Op::Xor);
        return Err(if l.is_string() && r.is_string() && !bitwise {
            fault::bad_operand(l, op.word())
        } else if l.is_binary() == r.is_binary() && l.is_string() == r.is_string() {
            fault::bad_operand(hi, op.word())
        } else {
            fault::incompatible(l, r, op.word())
        });
    }
    if matches!(op, Op::And | Op::Or | Op::Xor) {
        if !hi.is_integer() {
            return Err(fault::incompatible(l, r, op.word()));
        }
        return same(hi);
    }
    if hi == T::Bit {
        return Err(if lo == T::Bit {
            fault::incompatible(l, r, op.word())
        } else {
            fault::bad_operand(hi, op.word())
        });
    }
    if hi.is_float() {
        if op == Op::Mod {
            return Err(fault::incompatible(l, r, op.word()));
        }
        return same(hi);
    }
    if let T::Decimal(p, s) = hi {
        let side = |t: SqlType, d: Option<u8>| match (t, d) {
            (t, Some(d)) if t.is_integer() => (d, 0),
            (t, _) => t.as_decimal().unwrap_or((p, s)),
        };
        let (a, b) = (side(l, digits.0), side(r, digits.1));
        let (rp, rs) = decimal_result(op, a, b);
        return Ok(Typing { left: T::Decimal(a.0, a.1), right: T::Decimal(b.0, b.1), result: T::Decimal(rp, rs) });
    }
    same(hi)
}

/// May `from` be converted to `to` without CAST? Explicit-only and impossible pairs are errors.
pub fn check_implicit(from: SqlType, to: SqlType) -> SqlResult<()> {
    use SqlType as T;
    check_explicit(from, to).map_err(|_| fault::clash(from, to))?;
    let denied = match (from, to) {
        (T::SqlVariant, T::SqlVariant) => false,
        (T::SqlVariant, _) => true,
        (f, t) if f.is_string() && t.is_binary() => true,
        (T::DateTime | T::SmallDateTime, t) if t.is_number() => true,
        (T::Xml, t) => t != T::Xml,
        _ => false,
    };
    if denied { Err(fault::no_implicit_conversion(from, to)) } else { Ok(()) }
}

/// May `from` be converted to `to` at all?
pub fn check_explicit(from: SqlType, to: SqlType) -> SqlResult<()> {
    use SqlType as T;
    let modern = |t: SqlType| matches!(t, T::Date | T::Time(_) | T::DateTime2(_) | T::DateTimeOffset(_));
    let denied = match (from, to) {
        (f, t) if modern(f) && t.is_number() || f.is_number() && modern(t) => true,
        (f, T::UniqueIdentifier) if f.is_number() || f.is_temporal() => true,
        (T::UniqueIdentifier, t) if t.is_number() || t.is_temporal() => true,
        (T::Date, T::Time(_)) | (T::Time(_), T::Date) => true,
        (f, t) if f.is_binary() && t.is_float() => true,
        (T::Xml, t) => !(t.is_string() || t.is_binary() || t == T::Xml),
        (f, T::Xml) => !(f.is_string() || f.is_binary()),
        _ => false,
    };
    if denied { Err(fault::no_explicit_conversion(from, to)) } else { Ok(()) }
}
