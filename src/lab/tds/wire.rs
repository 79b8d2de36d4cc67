//! Checked reading and counted strings: nothing here can panic on hostile bytes.

use bytes::BufMut;
use bytes::BytesMut;

/// The bytes do not hold what their own lengths promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
impl std::error::Error for Malformed {}

/// Reads forward over received bytes.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(Malformed("the stream ended unexpectedly"))?;
        self.rest = tail;
        Ok(head)
    }
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Malformed("the stream ended unexpectedly"))?;
        self.rest = tail;
        Ok(*head)
    }
    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }
    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }
    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }
    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }
    /// UTF-16LE text of `chars` code units.
    pub(super) fn ucs2(&mut self, chars: usize) -> Result<String, Malformed> {
        let bytes = self.take(chars.checked_mul(2).ok_or(Malformed("a text is too long"))?)?;
        utf16(bytes)
    }
    /// B_VARCHAR: count of code units in one byte.
    pub(super) fn b_varchar(&mut self) -> Result<String, Malformed> {
        let n = usize::from(self.u8()?);
        self.ucs2(n)
    }
}

/// UTF-16LE bytes as text; a lone surrogate becomes the replacement character, half a code unit is malformed.
pub(super) fn utf16(bytes: &[u8]) -> Result<String, Malformed> {
    let (units, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return Err(Malformed("a UTF-16 text has an odd number of bytes"));
    }
    Ok(char::decode_utf16(units.iter().map(|u| u16::from_le_bytes(*u)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect())
}

/// Appends the code units of `text`, at most `max` of them, never half of a surrogate pair; gives back how many.
pub(super) fn put_utf16(out: &mut BytesMut, text: &str, max: usize) -> usize {
    let mut units = 0;
    for c in text.chars() {
        if units + c.len_utf16() > max {
            break;
        }
        units += c.len_utf16();
        let mut pair = [0; 2];
        for unit in c.encode_utf16(&mut pair) {
            out.put_u16_le(*unit);
        }
    }
    units
}

/// B_VARCHAR; what does not fit into 255 code units is cut off.
pub(super) fn put_b_varchar(out: &mut BytesMut, text: &str) {
    let at = out.len();
    out.put_u8(0);
    let units = put_utf16(out, text, 255);
    out[at] = units as u8;
}

/// US_VARCHAR; what does not fit into `max` code units is cut off.
pub(super) fn put_us_varchar(out: &mut BytesMut, text: &str, max: u16) {
    let at = out.len();
    out.put_u16_le(0);
    let units = put_utf16(out, text, usize::from(max)) as u16;
    out[at..at + 2].copy_from_slice(&units.to_le_bytes());
}
