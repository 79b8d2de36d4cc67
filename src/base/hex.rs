//! Bytes as hex.

use std::fmt::Write;

/// Upper-case hex, without a prefix.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

/// Hex in either case, with or without `0x`.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_comes_in_several_spellings() {
        assert_eq!(decode("0x30fF"), Some(vec![0x30, 0xff]));
        assert_eq!(decode(" 30FF\n"), Some(vec![0x30, 0xff]));
        assert_eq!(decode(""), Some(vec![]));
        for bad in ["0x3", "zz", "+1", "é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(encode(&[0x0a, 0xff]), "0AFF");
    }
}
