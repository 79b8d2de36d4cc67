//! Dates and times from text and to text.

use crate::lab::tsql::eval::calendar;

/// What a date/time string says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub days: i32,
    pub ticks: u64,
    /// Minutes east of UTC, if written.
    pub offset: Option<i16>,
}

/// Reads the unambiguous and the US forms. `None` if it is none of them.
pub fn parse(text: &str) -> Option<Moment> {
    let s = text.trim();
    if s.is_empty() {
        return Some(Moment { days: calendar::EPOCH_1900, ticks: 0, offset: None });
    }
    let (date, rest) = split_date(s)?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(['T', 't']).filter(|_| date.is_some()).unwrap_or(rest);
    let (ticks, rest) = if rest.is_empty() { (0, rest) } else { time(rest)? };
    let offset = if rest.trim().is_empty() { None } else { Some(offset(rest.trim())?) };
    Some(Moment { days: date.unwrap_or(calendar::EPOCH_1900), ticks, offset })
}

fn split_date(s: &str) -> Option<(Option<i32>, &str)> {
    let digits = s.bytes().take_while(u8::is_ascii_digit).count();
    match s.as_bytes().get(digits) {
        _ if digits == 8 => {
            let d = calendar::days(num(&s[..4])? as i32, num(&s[4..6])?, num(&s[6..8])?)?;
            Some((Some(d), &s[8..]))
        }
        Some(b':') => Some((None, s)),
        Some(b'-' | b'/' | b'.') if digits > 0 => numeric_date(s, digits),
        None if digits == 4 => Some((Some(calendar::days(num(s)? as i32, 1, 1)?), "")),
        None if digits == 6 => {
            let d = calendar::days(century(num(&s[..2])?), num(&s[2..4])?, num(&s[4..6])?)?;
            Some((Some(d), ""))
        }
        _ if digits > 0
            && s[digits..].trim_start().to_ascii_lowercase().starts_with(['a', 'p'])
            && is_half(&s[digits..]) =>
        {
            Some((None, s))
        }
        _ => named_date(s),
    }
}

fn is_half(s: &str) -> bool {
    let t = s.trim_start().to_ascii_lowercase();
    t.starts_with("am") || t.starts_with("pm")
}

fn numeric_date(s: &str, digits: usize) -> Option<(Option<i32>, &str)> {
    let sep = s.as_bytes()[digits];
    let second = &s[digits + 1..];
    let n2 = second.bytes().take_while(u8::is_ascii_digit).count();
    if second.as_bytes().get(n2) != Some(&sep) {
        return None;
    }
    let third = &second[n2 + 1..];
    let n3 = third.bytes().take_while(u8::is_ascii_digit).count();
    let (a, b, c) = (num(&s[..digits])?, num(&second[..n2])?, num(&third[..n3])?);
    let d = if digits == 4 {
        calendar::days(a as i32, b, c)?
    } else {
        let year = if n3 <= 2 { century(c) } else { c as i32 };
        calendar::days(year, a, b)?
    };
    Some((Some(d), &third[n3..]))
}

/// `Jan 2 2026`, `2 Jan 2026`, `January 2, 2026`.
fn named_date(s: &str) -> Option<(Option<i32>, &str)> {
    let (mut month, mut numbers, mut rest) = (None, Vec::new(), s);
    while numbers.len() < 2 || month.is_none() {
        rest = rest.trim_start_matches([' ', ',', '-']);
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if letters >= 3 {
            let word = rest[..letters].to_ascii_lowercase();
            let m = calendar::MONTHS.iter().position(|m| {
                let full = m.to_ascii_lowercase();
                full == word || full[..3] == word || word == "sept" && full == "september"
            })?;
            if month.replace(m as u32 + 1).is_some() {
                return None;
            }
            rest = &rest[letters..];
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || rest.as_bytes().get(digits) == Some(&b':') {
            return None;
        }
        numbers.push((num(&rest[..digits])?, digits));
        rest = &rest[digits..];
    }
    let (day, year) = if numbers[0].1 == 4 { (numbers[1], numbers[0]) } else { (numbers[0], numbers[1]) };
    let year = if year.1 <= 2 { century(year.0) } else { year.0 as i32 };
    Some((Some(calendar::days(year, month?, day.0)?), rest))
}

fn century(two: u32) -> i32 {
    if two < 50 { 2000 + two as i32 } else { 1900 + two as i32 }
}

fn num(s: &str) -> Option<u32> {
    if s.is_empty() { None } else { s.parse().ok() }
}

fn time(s: &str) -> Option<(u64, &str)> {
    let mut parts = [0u64; 3];
    let mut rest = s;
    let mut n = 0;
    let mut fraction = 0u64;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        parts[n] = num(&rest[..digits])?.into();
        rest = &rest[digits..];
        n += 1;
        if n < 3 && rest.starts_with(':') {
            rest = &rest[1..];
            continue;
        }
        break;
    }
    if n == 3 && rest.starts_with(['.', ':']) {
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        let text = &rest[1..=digits];
        // after a colon the number counts milliseconds
        fraction = if rest.starts_with(':') {
            u64::from(num(text)?) * 10_000
        } else {
            let padded = format!("{text:0<7}");
            num(&padded[..7])?.into()
        };
        rest = &rest[digits + 1..];
    }
    let half = rest.trim_start();
    if is_half(half) {
        if parts[0] > 12 {
            return None;
        }
        parts[0] = parts[0] % 12 + if half[..1].eq_ignore_ascii_case("p") { 12 } else { 0 };
        rest = &half[2..];
    } else if n == 1 {
        return None;
    }
    if parts[0] > 23 || parts[1] > 59 || parts[2] > 59 {
        return None;
    }
    Some((((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 10_000_000 + fraction, rest))
}

fn offset(s: &str) -> Option<i16> {
    if s.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = match s.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (h, m) = s[1..].split_once(':')?;
    let (h, m) = (num(h)?, num(m)?);
    (h <= 14 && m < 60).then_some(sign * (h * 60 + m) as i16)
}

/// Fields to print.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    /// 100 ns.
    pub fraction: u64,
}

/// Splits a point in time.
pub fn fields(days: i32, ticks: u64) -> Fields {
    let (year, month, day) = calendar::civil(days);
    let s = ticks / 10_000_000;
    Fields { year, month, day, hour: s / 3600, minute: s / 60 % 60, second: s % 60, fraction: ticks % 10_000_000 }
}

/// `.fffffff` cut to `scale` digits, empty for 0.
pub fn fraction(f: u64, scale: u8) -> String {
    if scale == 0 { String::new() } else { format!(".{}", &format!("{f:07}")[..usize::from(scale.min(7))]) }
}

/// Which halves of the text a type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Date,
    Time,
    Both,
}

/// CONVERT's date styles. `scale`: fractional digits of the type (3 for datetime). `None` for an unknown style.
pub fn format(style: i32, f: &Fields, shape: Shape, scale: u8) -> Option<String> {
    let Fields { year, month, day, hour, minute, second, .. } = *f;
    let yy = year % 100;
    let mon = &calendar::MONTHS[(month - 1) as usize][..3];
    let h12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let half = if hour < 12 { "AM" } else { "PM" };
    let frac = fraction(f.fraction, scale);
    let hms = format!("{hour:02}:{minute:02}:{second:02}");
    let ms = if scale == 0 {
        String::new()
    } else {
        format!(":{}", &format!("{:07}", f.fraction)[..usize::from(scale.min(7))])
    };
    let (date, time) = match style {
        0 | 100 => (format!("{mon} {day:>2} {year:04}"), format!("{h12:>2}:{minute:02}{half}")),
        1 => (format!("{month:02}/{day:02}/{yy:02}"), String::new()),
        101 => (format!("{month:02}/{day:02}/{year:04}"), String::new()),
        2 => (format!("{yy:02}.{month:02}.{day:02}"), String::new()),
        102 => (format!("{year:04}.{month:02}.{day:02}"), String::new()),
        3 => (format!("{day:02}/{month:02}/{yy:02}"), String::new()),
        103 => (format!("{day:02}/{month:02}/{year:04}"), String::new()),
        4 => (format!("{day:02}.{month:02}.{yy:02}"), String::new()),
        104 => (format!("{day:02}.{month:02}.{year:04}"), String::new()),
        5 => (format!("{day:02}-{month:02}-{yy:02}"), String::new()),
        105 => (format!("{day:02}-{month:02}-{year:04}"), String::new()),
        6 => (format!("{day:02} {mon} {yy:02}"), String::new()),
        106 => (format!("{day:02} {mon} {year:04}"), String::new()),
        7 => (format!("{mon} {day:02}, {yy:02}"), String::new()),
        107 => (format!("{mon} {day:02}, {year:04}"), String::new()),
        8 | 24 | 108 => (String::new(), hms),
        9 | 109 => (format!("{mon} {day:>2} {year:04}"), format!("{h12:>2}:{minute:02}:{second:02}{ms}{half}")),
        10 => (format!("{month:02}-{day:02}-{yy:02}"), String::new()),
        110 => (format!("{month:02}-{day:02}-{year:04}"), String::new()),
        11 => (format!("{yy:02}/{month:02}/{day:02}"), String::new()),
        111 => (format!("{year:04}/{month:02}/{day:02}"), String::new()),
        12 => (format!("{yy:02}{month:02}{day:02}"), String::new()),
        112 => (format!("{year:04}{month:02}{day:02}"), String::new()),
        13 | 113 => (format!("{day:02} {mon} {year:04}"), format!("{hms}{ms}")),
        14 | 114 => (String::new(), format!("{hms}{ms}")),
        20 | 120 => (format!("{year:04}-{month:02}-{day:02}"), hms),
        21 | 25 | 121 => (format!("{year:04}-{month:02}-{day:02}"), format!("{hms}{frac}")),
        22 => (format!("{month:02}/{day:02}/{yy:02}"), format!("{h12:>2}:{minute:02}:{second:02} {half}")),
        23 => (format!("{year:04}-{month:02}-{day:02}"), String::new()),
        126 | 127 => {
            let frac = if f.fraction == 0 { String::new() } else { frac };
            return Some(match shape {
                Shape::Date => format!("{year:04}-{month:02}-{day:02}"),
                Shape::Time => format!("{hms}{frac}"),
                Shape::Both => format!("{year:04}-{month:02}-{day:02}T{hms}{frac}"),
            });
        }
        130 => (format!("{day:>2} {mon} {year:04}"), format!("{h12:>2}:{minute:02}:{second:02}{ms}{half}")),
        131 => (format!("{day:>2}/{month:02}/{year:04}"), format!("{h12:>2}:{minute:02}:{second:02}{ms}{half}")),
        _ => return None,
    };
    Some(match shape {
        Shape::Date => date,
        Shape::Time => time,
        Shape::Both if date.is_empty() || time.is_empty() => date + &time,
        Shape::Both => format!("{date} {time}"),
    })
}
