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
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(digits.get(i..i + 2).filter(|d| !d.starts_with('+'))?, 16).ok())
        .collect()
}

/// SHA-1, which Windows and SQL Server name certificates by (their "thumbprint"). Not for security.
#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut text = bytes.to_vec();
    text.push(0x80);
    text.resize(text.len().next_multiple_of(64) + if text.len() % 64 > 56 { 64 } else { 0 }, 0);
    let end = text.len() - 8;
    text[end..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    let mut h: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    for block in text.chunks_exact(64) {
        let mut w = [0_u32; 80];
        for (word, four) in w.iter_mut().zip(block.chunks_exact(4)) {
            *word = four.iter().fold(0, |sum, b| (sum << 8) | u32::from(*b));
        }
        for i in 16..80 {
            w[i] = (w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i {
                0..20 => ((b & c) | (!b & d), 0x5A82_7999),
                20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
                _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, part) in h.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(part);
        }
    }
    let mut out = [0; 20];
    for (four, word) in out.chunks_exact_mut(4).zip(h) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    out
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
    fn sha1_matches_the_standard_s_answers() {
        assert_eq!(hex(&sha1(b"abc")), "A9993E364706816ABA3E25717850C26C9CD0D89D");
        assert_eq!(hex(&sha1(b"")), "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(&sha1(long)), "84983E441C3BD26EBAAE4AA1F95129E5E54670F1");
        assert_eq!(hex(&sha1(&[b'a'; 64])), "0098BA824B5C16427BD7A1122A5A442A25EC644D");
        assert_eq!(hex(&sha1(&[b'a'; 55])), "C1C8BBDC22796E28C0E15163D20899B65621D65A");
        assert_eq!(hex(&sha1(&[b'a'; 56])), "C2DB330F6083854C99D4B5BFB6E8F29F201BE699");
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
