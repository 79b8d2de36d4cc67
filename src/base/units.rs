//! Sizes and rates as people write them, read exactly: `GB` is 10^9 bytes, `GiB` is 2^30.

/// Most bytes taken, 1 PiB: nobody seeds more into an instance.
pub const SIZE_MAX: u64 = 1 << 50;
/// Fastest rate taken, 1 TB a second.
const RATE_MAX_PER_S: u128 = 1_000_000_000_000;
/// Digits after the point that count.
const FRACTION: usize = 9;

/// Bytes in a span of time, kept apart so that nothing is lost to division.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub bytes: u64,
    pub per_s: u64,
}

impl Rate {
    pub fn bytes_per_s(self) -> f64 {
        self.bytes as f64 / self.per_s as f64
    }
}

/// A decimal number without sign or exponent, in units of 10^-9.
fn nanos(text: &str) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || text.ends_with('.') || !digits(whole) || !digits(fraction) || fraction.len() > FRACTION {
        return None;
    }
    format!("{whole}{fraction:0<FRACTION$}").parse().ok()
}

/// A decimal number of at most nine decimals, in thousandths (`1.5` is 1500).
pub fn thousandths(text: &str) -> Option<u64> {
    let n = nanos(text.trim())?;
    if n % 1_000_000 == 0 { u64::try_from(n / 1_000_000).ok() } else { None }
}

/// Number and unit of a size; bits are not bytes.
fn bytes(text: &str) -> Result<u128, String> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (text[..at].trim(), text[at..].trim());
    let Some(nanos) = nanos(number) else {
        return Err(format!("expected a number and a unit, such as `100GiB` or `1.5TB`, found `{text}`"));
    };
    if unit.is_empty() {
        return Err(format!(
            "expected a unit after `{text}`: B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024)"
        ));
    }
    if unit.len() > 1 && unit.ends_with('b') && unit.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err(format!("`{unit}` reads as bits: write bytes with a capital B, such as `GB` or `GiB`"));
    }
    let factor: u128 = match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1000,
        "mb" => 1000_u128.pow(2),
        "gb" => 1000_u128.pow(3),
        "tb" => 1000_u128.pow(4),
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(format!("expected a unit among B, KB, MB, GB, TB, KiB, MiB, GiB and TiB, found `{unit}`")),
    };
    let scaled = nanos.checked_mul(factor).ok_or_else(|| format!("`{text}` is more than milink can count"))?;
    Ok((scaled + 500_000_000) / 1_000_000_000)
}

/// A size: `100GiB`, `1.5 TB`; at least a byte, at most 1 PiB.
pub fn size(text: &str) -> Result<u64, String> {
    match u64::try_from(bytes(text)?) {
        Ok(0) => Err(format!("expected more than nothing, found `{}`", text.trim())),
        Ok(n) if n <= SIZE_MAX => Ok(n),
        _ => Err(format!("`{}` is more than 1 PiB: no instance holds that", text.trim())),
    }
}

/// A rate: `84GB/h`, `5MB/s`, `600MiB/min`; at least a byte in its span, at most 1 TB a second.
pub fn rate(text: &str) -> Result<Rate, String> {
    let Some((amount, span)) = text.split_once('/') else {
        return Err(format!("expected a size and a time, such as `84GB/h` or `5MB/s`, found `{}`", text.trim()));
    };
    let per_s = match span.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        other => return Err(format!("expected s, min, h or d after the `/`, found `{other}`")),
    };
    let bytes = bytes(amount)?;
    if bytes == 0 {
        return Err(format!("expected more than nothing, found `{}`", text.trim()));
    }
    if bytes > RATE_MAX_PER_S * u128::from(per_s) {
        return Err(format!("`{}` is more than 1 TB a second", text.trim()));
    }
    let bytes = u64::try_from(bytes).map_err(|_| format!("`{}` is more than milink can count", text.trim()))?;
    Ok(Rate { bytes, per_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact() {
        let cases = [
            ("100GB", 100_000_000_000),
            ("100GiB", 107_374_182_400),
            ("100 gib", 107_374_182_400),
            ("1.5TB", 1_500_000_000_000),
            ("0.1GiB", 107_374_182),
            ("1B", 1),
            ("1024TiB", 1 << 50),
            ("512MB", 512_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn absurd_sizes_say_what_is_wrong() {
        let cases = [
            ("", "a number and a unit"),
            ("100", "a unit after"),
            ("-5GB", "a number and a unit"),
            ("GB", "a number and a unit"),
            ("1e3GB", "a unit among"),
            ("1.2.3GB", "a number and a unit"),
            (".5GB", "a number and a unit"),
            ("5.GB", "a number and a unit"),
            ("NaN", "a number and a unit"),
            ("inf GB", "a number and a unit"),
            ("10Gb", "bits"),
            ("10Gbit", "a unit among"),
            ("0GB", "more than nothing"),
            ("0.1B", "more than nothing"),
            ("1025TiB", "1 PiB"),
            ("99999999999999999999TB", "milink can count"),
            ("999999999999999999999999999999999999999999TB", "a number and a unit"),
            ("10\u{661}GB", "a unit among"),
        ];
        for (text, part) in cases {
            let error = size(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn rates_and_factors() {
        assert_eq!(rate("84GB/h"), Ok(Rate { bytes: 84_000_000_000, per_s: 3600 }));
        assert_eq!(rate("5 MiB / min"), Ok(Rate { bytes: 5 << 20, per_s: 60 }));
        for (text, part) in [
            ("84GB", "a size and a time"),
            ("84GB/y", "s, min, h or d"),
            ("0MB/s", "more than nothing"),
            ("2TB/s", "1 TB a second"),
            ("100Mb/s", "bits"),
        ] {
            let error = rate(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!(thousandths("1.0"), Some(1000));
        assert_eq!(thousandths("2.5"), Some(2500));
        for bad in ["", "-1", "1.0001", "x", "1e3"] {
            assert_eq!(thousandths(bad), None, "{bad}");
        }
    }
}
