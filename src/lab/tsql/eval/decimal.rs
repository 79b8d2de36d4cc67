//! Exact decimal arithmetic on `i128` with 256-bit intermediates.

/// 10^n for n up to 38.
pub fn pow10(n: u32) -> i128 {
    10i128.pow(n.min(38))
}

/// Largest unscaled value of precision `p`.
pub fn max_unscaled(p: u8) -> i128 {
    pow10(u32::from(p)) - 1
}

/// A 256-bit magnitude: high and low halves.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wide(u128, u128);

fn mul_wide(a: u128, b: u128) -> Wide {
    const LOW: u128 = u64::MAX as u128;
    let (ah, al, bh, bl) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let (ll, lh, hl, hh) = (al * bl, al * bh, ah * bl, ah * bh);
    let mid = (ll >> 64) + (lh & LOW) + (hl & LOW);
    Wide(hh + (lh >> 64) + (hl >> 64) + (mid >> 64), (mid << 64) | (ll & LOW))
}

/// Quotient and remainder by a divisor below 2^127; `None` if the quotient does not fit 128 bits.
fn div_wide(n: Wide, d: u128) -> Option<(u128, u128)> {
    if n.0 == 0 {
        return Some((n.1 / d, n.1 % d));
    }
    if n.0 >= d {
        return None;
    }
    let (mut rem, mut quo) = (n.0, 0u128);
    for i in (0..128).rev() {
        rem = (rem << 1) | ((n.1 >> i) & 1);
        quo <<= 1;
        if rem >= d {
            rem -= d;
            quo |= 1;
        }
    }
    Some((quo, rem))
}

fn signed(magnitude: u128, negative: bool) -> Option<i128> {
    let v = i128::try_from(magnitude).ok()?;
    Some(if negative { -v } else { v })
}

/// Changes the scale; digits cut off are rounded half away from zero. `None` on overflow of 38 digits.
pub fn rescale(v: i128, from: u8, to: u8) -> Option<i128> {
    let out = if to >= from {
        v.checked_mul(pow10(u32::from(to - from)))?
    } else {
        round_div(v, pow10(u32::from(from - to)))
    };
    (out.unsigned_abs() <= max_unscaled(38).unsigned_abs()).then_some(out)
}

/// Changes the scale, cutting digits off without rounding.
pub fn truncate(v: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from { rescale(v, from, to) } else { Some(v / pow10(u32::from(from - to))) }
}

fn round_div(v: i128, d: i128) -> i128 {
    let (q, r) = (v / d, v % d);
    if r.abs() >= d - r.abs() { q + v.signum() } else { q }
}

/// `a * b` at `scale`; operands have scales `sa` and `sb`.
pub fn mul(a: i128, sa: u8, b: i128, sb: u8, scale: u8) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let product = mul_wide(a.unsigned_abs(), b.unsigned_abs());
    let cut = i32::from(sa) + i32::from(sb) - i32::from(scale);
    if cut <= 0 {
        if product.0 != 0 {
            return None;
        }
        return signed(product.1, negative)?.checked_mul(pow10((-cut) as u32));
    }
    // more than 38 digits to cut: two steps, the rounding digit is in the second
    let mut wide = product;
    let mut cut = cut as u32;
    while cut > 38 {
        let (q, _) = div_wide_wide(wide, 10);
        wide = q;
        cut -= 1;
    }
    let d = pow10(cut).unsigned_abs();
    let (q, r) = div_wide(wide, d)?;
    signed(if r >= d - r { q + 1 } else { q }, negative)
}

/// 256 by 64 bits with a 256-bit quotient.
fn div_wide_wide(n: Wide, d: u128) -> (Wide, u128) {
    let hi = n.0 / d;
    let mut rem = n.0 % d;
    let mut quo = 0u128;
    for i in (0..128).rev() {
        rem = (rem << 1) | ((n.1 >> i) & 1);
        quo <<= 1;
        if rem >= d {
            rem -= d;
            quo |= 1;
        }
    }
    (Wide(hi, quo), rem)
}

/// `a / b` at `scale`, cut off (as the server does). `None` on overflow; `b` is not zero.
pub fn div(a: i128, sa: u8, b: i128, sb: u8, scale: u8) -> Option<i128> {
    let negative = (a < 0) != (b < 0);
    let shift = i32::from(scale) + i32::from(sb) - i32::from(sa);
    let (q, _) = if shift >= 0 {
        let mut n = mul_wide(a.unsigned_abs(), pow10((shift as u32).min(38)).unsigned_abs());
        let mut rest = (shift as u32).saturating_sub(38);
        while rest > 0 {
            let low = mul_wide(n.1, 10);
            n = Wide(n.0.checked_mul(10)?.checked_add(low.0)?, low.1);
            rest -= 1;
        }
        div_wide(n, b.unsigned_abs())?
    } else {
        let d = mul_wide(b.unsigned_abs(), pow10((-shift) as u32).unsigned_abs());
        if d.0 != 0 { (0, 0) } else { (a.unsigned_abs() / d.1, 0) }
    };
    signed(q, negative)
}

/// Decimal text of an unscaled value.
pub fn print(v: i128, scale: u8) -> String {
    let sign = if v < 0 { "-" } else { "" };
    let digits = v.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{part}")
}

/// Reads `[+-]ddd[.ddd]` into unscaled value and scale; digits beyond 38 are `None`.
pub fn parse(s: &str) -> Option<(i128, u8)> {
    let s = s.trim();
    let (negative, body) = match s.as_bytes().first()? {
        b'-' => (true, &s[1..]),
        b'+' => (false, &s[1..]),
        _ => (false, s),
    };
    let (whole, part) = body.split_once('.').unwrap_or((body, ""));
    if whole.is_empty() && part.is_empty() || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut v = 0i128;
    for b in whole.bytes().chain(part.bytes()) {
        v = v.checked_mul(10)?.checked_add(i128::from(b - b'0'))?;
    }
    if v > max_unscaled(38) || part.len() > 38 {
        return None;
    }
    Some((if negative { -v } else { v }, part.len() as u8))
}
