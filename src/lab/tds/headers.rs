//! ALL_HEADERS (MS-TDS 2.2.5.3).

use super::wire::Cursor;
use super::wire::Malformed;

/// Header type of the transaction descriptor.
const TRANSACTION: u16 = 2;

/// Skips the headers by their total length; gives back the transaction descriptor, 0 if none was sent.
pub(super) fn skip(body: &mut Cursor<'_>) -> Result<u64, Malformed> {
    let total = body.u32()? as usize;
    let inner = total.checked_sub(4).ok_or(Malformed("ALL_HEADERS has a wrong length"))?;
    let mut headers = Cursor::new(body.take(inner)?);
    let mut descriptor = 0;
    while !headers.is_empty() {
        let length = headers.u32()? as usize;
        let rest = length.checked_sub(4).ok_or(Malformed("a header of ALL_HEADERS has a wrong length"))?;
        let mut header = Cursor::new(headers.take(rest)?);
        if header.u16()? == TRANSACTION {
            descriptor = header.u64()?;
        }
    }
    Ok(descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptor_is_read_and_the_rest_left() {
        let bytes = [22, 0, 0, 0, 18, 0, 0, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'x'];
        let mut body = Cursor::new(&bytes);
        assert_eq!(skip(&mut body).unwrap(), 7);
        assert_eq!(body.rest(), b"x");
    }

    #[test]
    fn wrong_lengths_are_refused() {
        for bytes in [&[3, 0, 0, 0][..], &[22, 0, 0, 0, 1], &[8, 0, 0, 0, 1, 0, 0, 0], &[]] {
            assert!(skip(&mut Cursor::new(bytes)).is_err());
        }
    }
}
