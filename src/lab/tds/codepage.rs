//! Non-Unicode text: windows-1252, or UTF-8 where the collation says so.

/// What 0x80..=0x9F mean in windows-1252; the five unassigned bytes stand for themselves.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// fUTF8 of a TDS collation (MS-TDS 2.2.5.1.2): bit 26 of the first four bytes.
pub(super) fn is_utf8(collation: [u8; 5]) -> bool {
    collation[3] & 0x04 != 0
}

/// Bytes of a `char` or `varchar` as text.
pub(super) fn decode(bytes: &[u8], utf8: bool) -> String {
    if utf8 {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    bytes
        .iter()
        .map(|b| match b {
            0x80..=0x9F => HIGH[usize::from(b - 0x80)],
            b => char::from(*b),
        })
        .collect()
}

/// Text as bytes of a `char` or `varchar`; what the code page lacks becomes `?`, as the server does it.
pub(super) fn encode(text: &str, utf8: bool) -> Vec<u8> {
    if utf8 {
        return text.as_bytes().to_vec();
    }
    text.chars()
        .map(|c| match u32::from(c) {
            n @ (0..=0x7F | 0xA0..=0xFF) => n as u8,
            _ => HIGH.iter().position(|h| *h == c).map_or(b'?', |i| 0x80 + i as u8),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_a_round_trip() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(&decode(&all, false), false), all);
    }

    #[test]
    fn what_the_code_page_lacks_becomes_a_question_mark() {
        assert_eq!(encode("a€é漢", false), [b'a', 0x80, 0xE9, b'?']);
        assert_eq!(encode("漢", true), "漢".as_bytes());
    }
}
