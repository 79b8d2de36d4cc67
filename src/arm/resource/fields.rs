//! Forgiving readers for single members.

use serde::Deserialize;
use serde::Deserializer;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// RFC 3339 with 0 to 7 fraction digits; anything else counts as absent.
pub(super) fn time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(d)?;
    Ok(value.as_ref().and_then(serde_json::Value::as_str).and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok()))
}

/// Hex with or without `0x` to bytes (facts: arm-api 5).
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_comes_in_both_spellings() {
        assert_eq!(unhex("0x30fF"), Some(vec![0x30, 0xff]));
        assert_eq!(unhex("30FF"), Some(vec![0x30, 0xff]));
        assert_eq!(unhex("0x3"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("+1"), None);
    }
}
