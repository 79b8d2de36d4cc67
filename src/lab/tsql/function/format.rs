//! FORMAT, and the message formatting of RAISERROR.

use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::calendar;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::convert_text;
use crate::lab::tsql::eval::date_text;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

fn format_bind(_: &'static str, args: &mut [Ex]) -> SqlResult<(SqlType, bool)> {
    if !args[0].ty.is_number() && !args[0].ty.is_temporal() {
        return Err(fault::bad_argument(args[0].ty, 1, "format"));
    }
    Ok((SqlType::NVarChar(Len::N(4000)), true))
}

fn format(c: &Call<'_>) -> SqlResult<Value> {
    let (v, Value::Str(pattern)) = (&c.args[0], &c.args[1]) else { return Ok(Value::Null) };
    if v.is_null() {
        return Ok(Value::Null);
    }
    if c.ex[0].ty.is_temporal() {
        let Value::DateTime { days, ticks } = convert::cast(v, c.ex[0].ty, SqlType::DateTime2(7), 0)? else {
            return Ok(Value::Null);
        };
        return Ok(Value::str(date(pattern, days, ticks)));
    }
    Ok(number(pattern, v).map_or(Value::Null, Value::str))
}

/// .NET custom and the commoner standard date formats, invariant culture.
fn date(pattern: &str, days: i32, ticks: u64) -> String {
    let pattern = match pattern {
        "d" => "M/d/yyyy",
        "D" => "dddd, MMMM d, yyyy",
        "t" => "h:mm tt",
        "T" => "h:mm:ss tt",
        "g" => "M/d/yyyy h:mm tt",
        "G" => "M/d/yyyy h:mm:ss tt",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffff",
        p => p,
    };
    let f = date_text::fields(days, ticks);
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        if c == '\'' || c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != c {
                out.push(chars[i]);
                i += 1;
            }
            i += 1;
            continue;
        }
        if c == '\\' {
            out.extend(chars.get(i + 1));
            i += 2;
            continue;
        }
        let n = chars[i..].iter().take_while(|x| **x == c).count();
        i += n;
        let pad = |v: u64, width: usize| format!("{v:0width$}");
        let month = calendar::MONTHS[(f.month - 1) as usize];
        let day = calendar::DAYS[(calendar::weekday(days) - 1) as usize];
        let h12 = if f.hour.is_multiple_of(12) { 12 } else { f.hour % 12 };
        out.push_str(&match (c, n) {
            ('y', 1 | 2) => pad((f.year % 100) as u64, n),
            ('y', n) => pad(f.year as u64, n),
            ('M', 1 | 2) => pad(f.month.into(), n),
            ('M', 3) => month[..3].to_owned(),
            ('M', _) => month.to_owned(),
            ('d', 1 | 2) => pad(f.day.into(), n),
            ('d', 3) => day[..3].to_owned(),
            ('d', _) => day.to_owned(),
            ('H', n) => pad(f.hour, n.min(2)),
            ('h', n) => pad(h12, n.min(2)),
            ('m', n) => pad(f.minute, n.min(2)),
            ('s', n) => pad(f.second, n.min(2)),
            ('f' | 'F', n) => format!("{:07}", f.fraction)[..n.min(7)].to_owned(),
            ('t', 1) => if f.hour < 12 { "A" } else { "P" }.to_owned(),
            ('t', _) => if f.hour < 12 { "AM" } else { "PM" }.to_owned(),
            (c, n) => std::iter::repeat_n(c, n).collect(),
        });
    }
    out
}

/// N, F, C, P, D, X, E, G with a precision, and patterns of `0`, `#`, `,`, `.`, `%`.
fn number(pattern: &str, v: &Value) -> Option<String> {
    let (u, scale) = match v {
        Value::Decimal { unscaled, scale } => (*unscaled, *scale),
        Value::Money(m) => (i128::from(*m), 4),
        Value::Real(_) | Value::Float(_) => decimal::parse(&format!("{:.15}", convert_number::as_float(v)?))?,
        v => (compare::integer(v)?.into(), 0),
    };
    let fixed = |u: i128, scale: u8, places: u8| decimal::rescale(u, scale, places).map(|n| decimal::print(n, places));
    let mut chars = pattern.chars();
    let letter = chars.next()?;
    let rest = chars.as_str();
    if letter.is_ascii_alphabetic() && rest.bytes().all(|b| b.is_ascii_digit()) {
        let places: Option<u8> = rest.parse().ok();
        return match letter.to_ascii_uppercase() {
            'N' => Some(convert_text::group(&fixed(u, scale, places.unwrap_or(2))?)),
            'F' => fixed(u, scale, places.unwrap_or(2)),
            'C' => {
                let s = convert_text::group(&fixed(u.abs(), scale, places.unwrap_or(2))?);
                Some(if u < 0 { format!("(${s})") } else { format!("${s}") })
            }
            'P' => Some(format!("{}%", convert_text::group(&fixed(u.checked_mul(100)?, scale, places.unwrap_or(2))?))),
            'D' if scale == 0 => {
                let sign = if u < 0 { "-" } else { "" };
                Some(format!("{sign}{:0>1$}", u.unsigned_abs(), usize::from(places.unwrap_or(0))))
            }
            'X' if scale == 0 => {
                let n = compare::integer(v)?;
                let raw = if matches!(v, Value::Int(_)) { format!("{:X}", n as i32) } else { format!("{n:X}") };
                Some(format!("{raw:0>0$}", usize::from(places.unwrap_or(0))))
            }
            'E' => Some(format!("{:.*e}", usize::from(places.unwrap_or(6)), convert_number::as_float(v)?)),
            'G' => Some(decimal::print(u, scale)),
            _ => None,
        };
    }
    Some(custom(pattern, u, scale))
}

fn custom(pattern: &str, u: i128, scale: u8) -> String {
    let is_digit = |c: char| matches!(c, '0' | '#');
    let Some(first) = pattern.find(is_digit) else { return pattern.to_owned() };
    let last = pattern.rfind(is_digit).unwrap_or(first);
    let (before, body, after) = (&pattern[..first], &pattern[first..=last], &pattern[last + 1..]);
    let u = if pattern.contains('%') { u.saturating_mul(100) } else { u };
    let (whole, part) = body.split_once('.').unwrap_or((body, ""));
    let places = part.chars().filter(|c| is_digit(*c)).count() as u8;
    let least = part.chars().filter(|c| *c == '0').count();
    let text = decimal::print(decimal::rescale(u, scale, places).unwrap_or(0), places);
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |t| ("-", t));
    let (w, p) = text.split_once('.').unwrap_or((text, ""));
    let width = whole.chars().filter(|c| *c == '0').count();
    let w = if w == "0" && width == 0 { "" } else { w };
    let mut w = format!("{w:0>width$}");
    if whole.contains(',') {
        w = convert_text::group(&w);
    }
    let mut p = p.to_owned();
    while p.len() > least && p.ends_with('0') {
        p.pop();
    }
    let dot = if p.is_empty() { "" } else { "." };
    format!("{sign}{before}{w}{dot}{p}{after}")
}

/// The formatting of RAISERROR: `%s`, `%d`, `%i`, `%u`, `%o`, `%x`, `%X`, flags and width.
pub fn printf(t: &str, args: &[Value]) -> SqlResult<String> {
    let chars: Vec<char> = t.chars().collect();
    let (mut out, mut i, mut next) = (String::new(), 0, 0);
    while i < chars.len() {
        if chars[i] != '%' {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        i += 1;
        if chars.get(i) == Some(&'%') {
            out.push('%');
            i += 1;
            continue;
        }
        let spec = Spec::read(&chars, &mut i, args, &mut next);
        let Some(kind) = chars.get(i).copied() else { break };
        i += 1;
        let arg = args.get(next);
        next += 1;
        let text = match (kind, arg) {
            (_, None | Some(Value::Null)) => "(null)".to_owned(),
            ('s', Some(Value::Str(s))) => match spec.precision {
                Some(p) => s.chars().take(p).collect(),
                None => s.to_string(),
            },
            ('d' | 'i' | 'u' | 'o' | 'x' | 'X', Some(v)) if compare::integer(v).is_some() => {
                let n = compare::integer(v).unwrap_or(0);
                match kind {
                    'o' => format!("{:o}", n as u32),
                    'x' => format!("{:x}", n as u32),
                    'X' => format!("{:X}", n as u32),
                    'u' if n < 0 => (n as u32).to_string(),
                    _ => n.to_string(),
                }
            }
            _ => {
                return Err(SqlError::new(
                    2786,
                    16,
                    format!(
                        "The data type of substitution parameter {next} does not match the expected type of the format specification."
                    ),
                ));
            }
        };
        out.push_str(&spec.pad(text));
    }
    Ok(out)
}

#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    fn read(chars: &[char], i: &mut usize, args: &[Value], next: &mut usize) -> Self {
        let mut s = Self::default();
        while let Some(c) = chars.get(*i) {
            match c {
                '-' => s.left = true,
                '0' => s.zero = true,
                '+' | ' ' | '#' => {}
                _ => break,
            }
            *i += 1;
        }
        let mut count = |i: &mut usize| {
            if chars.get(*i) == Some(&'*') {
                *i += 1;
                let n = args.get(*next).and_then(compare::integer).unwrap_or(0);
                *next += 1;
                return n.clamp(0, 2000) as usize;
            }
            let mut n = 0usize;
            while let Some(d) = chars.get(*i).and_then(|c| c.to_digit(10)) {
                n = (n * 10 + d as usize).min(2000);
                *i += 1;
            }
            n
        };
        s.width = count(i);
        if chars.get(*i) == Some(&'.') {
            *i += 1;
            s.precision = Some(count(i));
        }
        // size prefixes
        while matches!(chars.get(*i), Some('l' | 'h' | 'I')) {
            *i += if chars.get(*i) == Some(&'I') { 3 } else { 1 };
        }
        s
    }

    fn pad(&self, t: String) -> String {
        let n = t.chars().count();
        if n >= self.width {
            return t;
        }
        let fill = self.width - n;
        match (self.left, self.zero) {
            (true, _) => t + &" ".repeat(fill),
            (false, true) => "0".repeat(fill) + &t,
            (false, false) => " ".repeat(fill) + &t,
        }
    }
}

/// The functions.
pub const TABLE: &[Builtin] = &[Builtin { name: "FORMAT", min: 2, max: 3, bind: format_bind, call: format }];
