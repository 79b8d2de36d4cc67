//! Repeatable identifiers, signatures and the little encodings the emulator needs.

use sha2::Digest;
use sha2::Sha256;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// Hands out GUIDs and signs addresses. Same seed, same sequence.
pub struct Mint {
    seed: u64,
    next: AtomicU64,
}

impl Mint {
    pub fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }
    fn digest(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(text);
        hash.finalize().into()
    }
    pub fn guid(&self) -> Uuid {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let digest = self.digest("guid", &n.to_be_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
    /// Keyed digest of `text`, base64url.
    pub fn sign(&self, text: &str) -> String {
        base64url(&self.digest("sign", text.as_bytes()))
    }
    /// `length` characters of base64url that depend on `text`: the certificate part of a signed address.
    pub fn filler(&self, text: &str, length: usize) -> String {
        let mut out = String::with_capacity(length + 44);
        let mut round = 0_u32;
        while out.len() < length {
            out.push_str(&base64url(&self.digest("filler", format!("{round}:{text}").as_bytes())));
            round += 1;
        }
        out.truncate(length);
        out
    }
}

/// Base64 with `-` and `_`, no padding (RFC 4648 section 5).
pub fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |w, b| (w << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(DIGITS[(word >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

/// Bytes of a base64 text, either alphabet, padding optional.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        word = (word << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    Some(out)
}

/// Upper-case hex, as the service writes blobs and thumbprints.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02X}");
        s
    })
}

/// Bytes of a hex text, with or without `0x`.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.len() % 2 != 0 || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(digits.get(i..i + 2).filter(|d| !d.starts_with('+'))?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_match_known_answers() {
        for (plain, coded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(base64url(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(from_base64("Zg==").unwrap(), b"f");
        assert_eq!(from_base64("Z!"), None);
        assert_eq!(hex(&[0, 0xAB]), "00AB");
        assert_eq!(from_hex("0x00aB"), Some(vec![0, 0xAB]));
        assert_eq!(from_hex("0x00a"), None);
        assert_eq!(from_hex("zz"), None);
        assert_eq!(from_hex("+1"), None);
    }

    #[test]
    fn the_same_seed_repeats_and_another_does_not() {
        let (a, b, c) = (Mint::new(7), Mint::new(7), Mint::new(8));
        assert_eq!(a.guid(), b.guid());
        assert_ne!(a.guid(), c.guid());
        assert_ne!(a.sign("x"), c.sign("x"));
        assert_eq!(a.filler("x", 2000).len(), 2000);
    }
}
