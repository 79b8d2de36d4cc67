//! String functions.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::convert_text;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

type Typed = SqlResult<(SqlType, bool)>;

/// Converts an argument to a string type of its own width; binary and variant are 8116.
fn as_text(name: &str, args: &mut [Ex], i: usize) -> SqlResult<()> {
    let Some(a) = args.get_mut(i) else { return Ok(()) };
    if a.ty.is_string() {
        return Ok(());
    }
    if a.is_bare_null() {
        a.ty = SqlType::VarChar(Len::N(1));
        return Ok(());
    }
    if matches!(a.ty, SqlType::SqlVariant | SqlType::Xml) {
        return Err(fault::bad_argument(a.ty, i + 1, name));
    }
    *a = binder::force(a.clone(), types::varchar(false, types::display_size(a.ty)));
    Ok(())
}

fn any_null(args: &[Ex]) -> bool {
    args.iter().any(|a| a.nullable)
}

fn var_of(ty: SqlType) -> SqlType {
    types::varchar(ty.is_unicode(), ty.length().map(usize::from))
}

fn keep_first(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    Ok((var_of(args[0].ty), any_null(args)))
}

fn trim_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    if args.len() == 2 {
        as_text(name, args, 1)?;
    }
    keep_first(name, args)
}

fn left_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    call::convert_argument(args, 1, SqlType::Int)?;
    let ty = match &args[1].kind {
        Kind::Lit(Value::Int(n)) if *n >= 0 => {
            let n = args[0].ty.length().map_or(*n as usize, |m| usize::from(m).min(*n as usize));
            types::varchar(args[0].ty.is_unicode(), Some(n))
        }
        _ => var_of(args[0].ty),
    };
    Ok((ty, true))
}

fn substring_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    for i in [1, 2] {
        call::convert_argument(args, i, SqlType::Int)?;
    }
    if args[0].ty.is_binary() {
        let n = args[0].ty.length();
        return Ok((SqlType::VarBinary(n.map_or(Len::Max, Len::N)), true));
    }
    if !args[0].ty.is_string() && !args[0].is_bare_null() {
        return Err(fault::bad_argument(args[0].ty, 1, name));
    }
    as_text(name, args, 0)?;
    let ty = match &args[2].kind {
        Kind::Lit(Value::Int(n)) if *n >= 0 => {
            let n = args[0].ty.length().map_or(*n as usize, |m| usize::from(m).min(*n as usize));
            types::varchar(args[0].ty.is_unicode(), Some(n))
        }
        _ => var_of(args[0].ty),
    };
    Ok((ty, true))
}

fn int_of_text(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    Ok((SqlType::Int, any_null(args)))
}

fn datalength_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    let big =
        matches!(args[0].ty, SqlType::VarChar(Len::Max) | SqlType::NVarChar(Len::Max) | SqlType::VarBinary(Len::Max));
    Ok((if big { SqlType::BigInt } else { SqlType::Int }, true))
}

fn len_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    let big = matches!(args[0].ty, SqlType::VarChar(Len::Max) | SqlType::NVarChar(Len::Max));
    if args[0].ty.is_binary() {
        args[0] = binder::force(args[0].clone(), SqlType::VarChar(Len::Max));
    }
    as_text(name, args, 0)?;
    Ok((if big { SqlType::BigInt } else { SqlType::Int }, any_null(args)))
}

fn search_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    as_text(name, args, 1)?;
    call::convert_argument(args, 2, SqlType::Int)?;
    let big = matches!(args[1].ty, SqlType::VarChar(Len::Max) | SqlType::NVarChar(Len::Max));
    Ok((if big { SqlType::BigInt } else { SqlType::Int }, true))
}

fn grow(args: &[Ex], texts: &[usize]) -> SqlType {
    let uni = texts.iter().any(|i| args[*i].ty.is_unicode());
    let max = texts.iter().any(|i| args[*i].ty.length().is_none());
    types::varchar(uni, if max { None } else { Some(if uni { 4000 } else { 8000 }) })
}

fn replace_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    for i in 0..3 {
        as_text(name, args, i)?;
    }
    Ok((grow(args, &[0, 1, 2]), true))
}

fn stuff_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    as_text(name, args, 3)?;
    call::convert_argument(args, 1, SqlType::Int)?;
    call::convert_argument(args, 2, SqlType::Int)?;
    Ok((grow(args, &[0, 3]), true))
}

fn replicate_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    call::convert_argument(args, 1, SqlType::Int)?;
    Ok((grow(args, &[0]), true))
}

fn space_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 0, SqlType::Int)?;
    Ok((SqlType::VarChar(Len::N(8000)), true))
}

fn char_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 0, SqlType::Int)?;
    Ok((if name == "CHAR" { SqlType::Char(1) } else { SqlType::NChar(1) }, true))
}

fn concat_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    let mut uni = false;
    let mut total = Some(0usize);
    for i in 0..args.len() {
        as_text(name, args, i)?;
        uni |= args[i].ty.is_unicode();
        total = total.zip(args[i].ty.length()).map(|(t, n)| t + usize::from(n));
    }
    let ty = total.map_or_else(|| types::varchar(uni, None), |n| types::varchar_clipped(uni, n));
    Ok((ty, false))
}

fn quotename_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    Ok((SqlType::NVarChar(Len::N(258)), true))
}

fn parsename_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    call::convert_argument(args, 1, SqlType::Int)?;
    Ok((SqlType::NVarChar(Len::N(128)), true))
}

fn str_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 0, SqlType::Float)?;
    call::convert_argument(args, 1, SqlType::Int)?;
    call::convert_argument(args, 2, SqlType::Int)?;
    Ok((SqlType::VarChar(Len::N(10)), true))
}

/// The n-th argument as text; `None` for NULL.
fn s<'a>(c: &'a Call<'_>, i: usize) -> Option<&'a str> {
    match c.args.get(i) {
        Some(Value::Str(s)) => Some(s),
        _ => None,
    }
}

fn n(c: &Call<'_>, i: usize) -> Option<i64> {
    c.args.get(i).and_then(compare::integer)
}

fn out(c: &Call<'_>, s: &str) -> SqlResult<Value> {
    Ok(Value::str(match c.ty.length() {
        Some(n) => text::clip(s, n.into()),
        None => s,
    }))
}

fn take(s: &str, from: usize, count: usize) -> String {
    s.chars().skip(from).take(count).collect()
}

/// Maps the first argument; NULL stays NULL.
fn map(c: &Call<'_>, f: impl FnOnce(&str) -> String) -> SqlResult<Value> {
    s(c, 0).map_or(Ok(Value::Null), |t| out(c, &f(t)))
}

fn left(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(k)) = (s(c, 0), n(c, 1)) else { return Ok(Value::Null) };
    let k = usize::try_from(k).map_err(|_| fault::bad_length(c.name))?;
    let count = t.chars().count();
    out(c, &if c.name == "LEFT" { take(t, 0, k) } else { take(t, count.saturating_sub(k), k) })
}

fn substring(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(from), Some(len)) = (n(c, 1), n(c, 2)) else { return Ok(Value::Null) };
    if len < 0 {
        return Err(fault::bad_length("SUBSTRING"));
    }
    let end = (from + len - 1).max(0) as usize;
    let start = (from.max(1) - 1) as usize;
    match &c.args[0] {
        Value::Str(t) => out(c, &take(t, start, end.saturating_sub(start))),
        Value::Bytes(b) => {
            Ok(Value::bytes(b.get(start.min(b.len())..end.clamp(start.min(b.len()), b.len())).unwrap_or(&[])))
        }
        _ => Ok(Value::Null),
    }
}

fn charindex(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(what), Some(t)) = (s(c, 0), s(c, 1)) else { return Ok(Value::Null) };
    let coll = c.ex[0].coll;
    let coll = if coll == collate::Coll::Ci { c.ex[1].coll } else { coll };
    let start = n(c, 2).unwrap_or(1).max(1) as usize - 1;
    let (needle, hay): (Vec<char>, Vec<char>) = (what.chars().collect(), t.chars().collect());
    let at = if needle.is_empty() || needle.len() > hay.len() {
        None
    } else {
        (start..=hay.len() - needle.len())
            .find(|i| needle.iter().zip(&hay[*i..]).all(|(a, b)| collate::same(*a, *b, coll)))
    };
    number(c, at.map_or(0, |p| p + 1))
}

fn number(c: &Call<'_>, v: usize) -> SqlResult<Value> {
    convert_number::integer_of(v as i128, c.ty).ok_or_else(|| fault::overflow(c.ty))
}

fn patindex(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(p), Some(t)) = (s(c, 0), s(c, 1)) else { return Ok(Value::Null) };
    number(c, collate::patindex(p, t, c.ex[1].coll).map_or(0, |p| p + 1))
}

fn replace(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(what), Some(with)) = (s(c, 0), s(c, 1), s(c, 2)) else { return Ok(Value::Null) };
    let (hay, needle): (Vec<char>, Vec<char>) = (t.chars().collect(), what.chars().collect());
    if needle.is_empty() {
        return out(c, t);
    }
    let coll = c.ex[0].coll;
    let (mut i, mut r) = (0, String::new());
    while i < hay.len() {
        let hit =
            hay.len() - i >= needle.len() && needle.iter().zip(&hay[i..]).all(|(a, b)| collate::same(*a, *b, coll));
        if hit {
            r.push_str(with);
            i += needle.len();
        } else {
            r.push(hay[i]);
            i += 1;
        }
    }
    out(c, &r)
}

fn stuff(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(from), Some(len)) = (s(c, 0), n(c, 1), n(c, 2)) else { return Ok(Value::Null) };
    let count = t.chars().count() as i64;
    if from < 1 || from > count || len < 0 {
        return Ok(Value::Null);
    }
    let (from, len) = ((from - 1) as usize, len as usize);
    let with = s(c, 3).unwrap_or("");
    let rest: String = t.chars().skip(from.saturating_add(len)).collect();
    out(c, &format!("{}{with}{rest}", take(t, 0, from)))
}

fn trim(c: &Call<'_>) -> SqlResult<Value> {
    let set: Vec<char> = match c.args.get(1) {
        None => vec![' '],
        Some(Value::Str(x)) => x.chars().collect(),
        Some(_) => return Ok(Value::Null),
    };
    map(c, |t| {
        match c.name {
            "LTRIM" => t.trim_start_matches(&set[..]),
            "RTRIM" => t.trim_end_matches(&set[..]),
            _ => t.trim_matches(&set[..]),
        }
        .to_owned()
    })
}

fn concat(c: &Call<'_>) -> SqlResult<Value> {
    let joined: String = (0..c.args.len()).filter_map(|i| s(c, i)).collect();
    out(c, &joined)
}

fn concat_ws(c: &Call<'_>) -> SqlResult<Value> {
    let parts: Vec<&str> = (1..c.args.len()).filter_map(|i| s(c, i)).collect();
    out(c, &parts.join(s(c, 0).unwrap_or("")))
}

fn quotename(c: &Call<'_>) -> SqlResult<Value> {
    let Some(t) = s(c, 0) else { return Ok(Value::Null) };
    let q = if c.args.len() > 1 { s(c, 1).and_then(|q| q.chars().next()) } else { Some('[') };
    let (open, close) = match q {
        Some('[' | ']') => ('[', ']'),
        Some('(' | ')') => ('(', ')'),
        Some('{' | '}') => ('{', '}'),
        Some('<' | '>') => ('<', '>'),
        Some(q @ ('"' | '\'' | '`')) => (q, q),
        _ => return Ok(Value::Null),
    };
    if text::units(t) > 128 {
        return Ok(Value::Null);
    }
    Ok(Value::str(format!("{open}{}{close}", t.replace(close, &format!("{close}{close}")))))
}

fn parsename(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(part)) = (s(c, 0), n(c, 1)) else { return Ok(Value::Null) };
    let Some(parts) = name_parts(t) else { return Ok(Value::Null) };
    if !(1..=4).contains(&part) || parts.len() > 4 {
        return Ok(Value::Null);
    }
    let i = parts.len() as i64 - part;
    Ok(usize::try_from(i).ok().and_then(|i| parts.get(i)).filter(|p| !p.is_empty()).map_or(Value::Null, Value::str))
}

/// Splits `a.[b.c].d`; `None` if it is not a name.
pub fn name_parts(t: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut cur = String::new();
    let mut it = t.chars().peekable();
    while let Some(c) = it.next() {
        match c {
            '[' | '"' if cur.is_empty() => {
                let close = if c == '[' { ']' } else { '"' };
                loop {
                    match it.next()? {
                        x if x == close && it.peek() == Some(&close) => {
                            it.next();
                            cur.push(close);
                        }
                        x if x == close => break,
                        x => cur.push(x),
                    }
                }
                if it.peek().is_some_and(|x| *x != '.') {
                    return None;
                }
            }
            '.' => parts.push(std::mem::take(&mut cur)),
            c => cur.push(c),
        }
    }
    parts.push(cur);
    Some(parts)
}

fn character(c: &Call<'_>) -> SqlResult<Value> {
    let Some(k) = n(c, 0) else { return Ok(Value::Null) };
    Ok(match c.name {
        "CHAR" => u8::try_from(k).map_or(Value::Null, |b| Value::str(text::char_of(b).to_string())),
        _ => u32::try_from(k)
            .ok()
            .filter(|k| *k <= 0xFFFF)
            .and_then(char::from_u32)
            .map_or(Value::Null, |c| Value::str(c.to_string())),
    })
}

fn code(c: &Call<'_>) -> SqlResult<Value> {
    Ok(s(c, 0).and_then(|t| t.chars().next()).map_or(Value::Null, |ch| {
        Value::Int(if c.name == "ASCII" { text::byte(ch).unwrap_or(b'?').into() } else { ch as i32 })
    }))
}

fn datalength(c: &Call<'_>) -> SqlResult<Value> {
    let width = match (&c.args[0], c.ex[0].ty) {
        (Value::Null, _) => return Ok(Value::Null),
        (Value::Variant(x), _) => size(&x.1, x.0),
        (v, ty) => size(v, ty),
    };
    number(c, width)
}

fn size(v: &Value, ty: SqlType) -> usize {
    match v {
        Value::Str(s) if ty.is_unicode() => text::units(s) * 2,
        Value::Str(s) => s.chars().count(),
        Value::Bytes(b) => b.len(),
        Value::Bit(_) | Value::TinyInt(_) => 1,
        Value::SmallInt(_) => 2,
        Value::Int(_) | Value::Real(_) => 4,
        Value::Date(_) => 3,
        Value::Decimal { .. } => match ty {
            SqlType::Decimal(p, _) if p <= 9 => 5,
            SqlType::Decimal(p, _) if p <= 19 => 9,
            SqlType::Decimal(p, _) if p <= 28 => 13,
            _ => 17,
        },
        Value::Guid(_) => 16,
        Value::DateTime { .. } if ty == SqlType::SmallDateTime => 4,
        Value::Money(_) if ty == SqlType::SmallMoney => 4,
        Value::DateTimeOffset { .. } => 10,
        Value::Time(_) => 5,
        _ => 8,
    }
}

fn str_call(c: &Call<'_>) -> SqlResult<Value> {
    let Some(Value::Float(f)) = c.args.first() else { return Ok(Value::Null) };
    let width = n(c, 1).unwrap_or(10).clamp(0, 8000) as usize;
    let decimals = n(c, 2).unwrap_or(0).clamp(0, 16) as usize;
    let mut t = format!("{f:.decimals$}");
    if t.len() > width && t.contains('.') {
        let whole = t.find('.').unwrap_or(t.len());
        t = if whole > width { t } else { format!("{f:.*}", width.saturating_sub(whole + 1)) };
    }
    Ok(Value::str(if t.len() > width { "*".repeat(width) } else { format!("{t:>width$}") }))
}

fn replicate(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(k)) = (s(c, 0), n(c, 1)) else { return Ok(Value::Null) };
    if k < 0 {
        return Ok(Value::Null);
    }
    // the result is bounded by its type, or by 16 MB
    let most = c.ty.length().map_or(16 << 20, usize::from) / t.len().max(1) + 1;
    out(c, &t.repeat((k as usize).min(most)))
}

macro_rules! f {
    ($name:literal, $min:literal, $max:literal, $bind:expr, $call:expr) => {
        Builtin { name: $name, min: $min, max: $max, bind: $bind, call: $call }
    };
}

/// The functions.
pub const TABLE: &[Builtin] = &[
    f!("LEFT", 2, 2, left_bind, left),
    f!("RIGHT", 2, 2, left_bind, left),
    f!("SUBSTRING", 3, 3, substring_bind, substring),
    f!("LEN", 1, 1, len_bind, |c| s(c, 0).map_or(Ok(Value::Null), |t| number(c, text::units(t.trim_end_matches(' '))))),
    f!("DATALENGTH", 1, 1, datalength_bind, datalength),
    f!("CHARINDEX", 2, 3, search_bind, charindex),
    f!("PATINDEX", 2, 2, search_bind, patindex),
    f!("REPLACE", 3, 3, replace_bind, replace),
    f!("STUFF", 4, 4, stuff_bind, stuff),
    f!("UPPER", 1, 1, keep_first, |c| map(c, str::to_uppercase)),
    f!("LOWER", 1, 1, keep_first, |c| map(c, str::to_lowercase)),
    f!("LTRIM", 1, 2, trim_bind, trim),
    f!("RTRIM", 1, 2, trim_bind, trim),
    f!("TRIM", 1, 2, trim_bind, trim),
    f!("REVERSE", 1, 1, keep_first, |c| map(c, |t| t.chars().rev().collect())),
    f!("CONCAT", 2, 254, concat_bind, concat),
    f!("CONCAT_WS", 3, 254, concat_bind, concat_ws),
    f!("QUOTENAME", 1, 2, quotename_bind, quotename),
    f!("PARSENAME", 2, 2, parsename_bind, parsename),
    f!("REPLICATE", 2, 2, replicate_bind, replicate),
    f!("SPACE", 1, 1, space_bind, |c| Ok(n(c, 0)
        .and_then(|k| usize::try_from(k).ok())
        .map_or(Value::Null, |k| Value::str(" ".repeat(k.min(8000)))))),
    f!("CHAR", 1, 1, char_bind, character),
    f!("NCHAR", 1, 1, char_bind, character),
    f!("ASCII", 1, 1, int_of_text, code),
    f!("UNICODE", 1, 1, int_of_text, code),
    f!("STR", 1, 3, str_bind, str_call),
    f!("TRANSLATE", 3, 3, replace_bind, translate),
    f!("STRING_ESCAPE", 2, 2, replace2_bind, string_escape),
];

fn replace2_bind(name: &'static str, args: &mut [Ex]) -> Typed {
    as_text(name, args, 0)?;
    Ok((SqlType::NVarChar(Len::Max), true))
}

fn translate(c: &Call<'_>) -> SqlResult<Value> {
    let (Some(t), Some(from), Some(to)) = (s(c, 0), s(c, 1), s(c, 2)) else { return Ok(Value::Null) };
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len() != to.len() {
        return Err(crate::lab::tsql::error::SqlError::new(
            9828,
            16,
            "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.",
        ));
    }
    let mapped: String = t
        .chars()
        .map(|ch| from.iter().position(|f| collate::same(*f, ch, c.ex[0].coll)).map_or(ch, |i| to[i]))
        .collect();
    out(c, &mapped)
}

fn string_escape(c: &Call<'_>) -> SqlResult<Value> {
    map(c, |t| {
        let mut r = String::new();
        for ch in t.chars() {
            match ch {
                '"' => r.push_str("\\\""),
                '\\' => r.push_str("\\\\"),
                '/' => r.push_str("\\/"),
                '\n' => r.push_str("\\n"),
                '\r' => r.push_str("\\r"),
                '\t' => r.push_str("\\t"),
                ch => r.push(ch),
            }
        }
        r
    })
}

/// The text of any value, as CONCAT prints it.
pub fn plain(v: &Value, ty: SqlType) -> SqlResult<String> {
    convert_text::print(v, ty, 0)
}
