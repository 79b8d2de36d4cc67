//! Characters as bytes: code page 1252 for `varchar`, UTF-16 for `nvarchar`.

/// Code page 1252, bytes 0x80 to 0x9F.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte of a character, if the code page has it.
pub fn byte(c: char) -> Option<u8> {
    match c as u32 {
        n @ (0..=0x7F | 0xA0..=0xFF) => Some(n as u8),
        _ => HIGH.iter().position(|h| *h == c).map(|i| 0x80 + i as u8),
    }
}

/// The character of a byte.
pub fn char_of(b: u8) -> char {
    if (0x80..0xA0).contains(&b) { HIGH[usize::from(b - 0x80)] } else { char::from(b) }
}

/// The string as the code page can hold it; other characters become `?`.
pub fn narrow(s: &str) -> Option<String> {
    if s.chars().all(|c| byte(c).is_some()) {
        return None;
    }
    Some(s.chars().map(|c| if byte(c).is_some() { c } else { '?' }).collect())
}

/// Bytes as stored.
pub fn encode(s: &str, unicode: bool) -> Vec<u8> {
    if unicode {
        s.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else {
        s.chars().map(|c| byte(c).unwrap_or(b'?')).collect()
    }
}

/// The reverse of [`encode`]; an odd last byte of UTF-16 is dropped.
pub fn decode(b: &[u8], unicode: bool) -> String {
    if unicode {
        let units: Vec<u16> = b.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        String::from_utf16_lossy(&units)
    } else {
        b.iter().map(|b| char_of(*b)).collect()
    }
}

/// Length in UTF-16 units.
pub fn units(s: &str) -> usize {
    if s.is_ascii() { s.len() } else { s.encode_utf16().count() }
}

/// The first `n` UTF-16 units.
pub fn clip(s: &str, n: usize) -> &str {
    if s.len() <= n {
        return s;
    }
    let mut left = n;
    for (i, c) in s.char_indices() {
        if c.len_utf16() > left {
            return &s[..i];
        }
        left -= c.len_utf16();
    }
    s
}

/// Hexadecimal digits, upper case.
pub fn hex(b: &[u8]) -> String {
    use std::fmt::Write;
    b.iter().fold(String::with_capacity(b.len() * 2), |mut s, x| {
        let _ = write!(s, "{x:02X}");
        s
    })
}

/// Reads hexadecimal digits; an odd count gets a leading zero.
pub fn unhex(s: &str) -> Option<Vec<u8>> {
    if !s.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let padded = if s.len() % 2 == 1 { format!("0{s}") } else { s.to_owned() };
    (0..padded.len() / 2).map(|i| u8::from_str_radix(&padded[i * 2..i * 2 + 2], 16).ok()).collect()
}
