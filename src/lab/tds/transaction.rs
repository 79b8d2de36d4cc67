//! Transaction manager requests (MS-TDS 2.2.6.9).

use super::backend::TransactionRequest;
use super::wire::Cursor;
use super::wire::Malformed;
use super::wire::utf16;

/// Parses what follows ALL_HEADERS; `None` for the distributed requests, which nobody here serves.
///
/// Some clients count a name in bytes (SqlClient, tedious), others in characters (tiberius): the reading that
/// ends where the message ends is the right one.
pub(super) fn parse(body: &[u8]) -> Result<Option<TransactionRequest>, Malformed> {
    in_units(body, 1).or_else(|_| in_units(body, 2))
}

fn in_units(body: &[u8], width: usize) -> Result<Option<TransactionRequest>, Malformed> {
    let mut body = Cursor::new(body);
    let request = match body.u16()? {
        5 => TransactionRequest::Begin { isolation: body.u8()?, name: name(&mut body, width)? },
        7 => {
            name(&mut body, width)?;
            TransactionRequest::Commit { begin_again: begin_again(&mut body, width)? }
        }
        8 => {
            TransactionRequest::Rollback { name: name(&mut body, width)?, begin_again: begin_again(&mut body, width)? }
        }
        9 => TransactionRequest::Save { name: name(&mut body, width)? },
        _ => return Ok(None),
    };
    if body.is_empty() { Ok(Some(request)) } else { Err(Malformed("bytes follow a transaction request")) }
}

fn name(body: &mut Cursor<'_>, width: usize) -> Result<String, Malformed> {
    let count = usize::from(body.u8()?);
    utf16(body.take(count * width)?)
}

/// fBeginXact, then isolation level and name of the next transaction.
fn begin_again(body: &mut Cursor<'_>, width: usize) -> Result<Option<u8>, Malformed> {
    if body.is_empty() || body.u8()? & 1 == 0 {
        return Ok(None);
    }
    let isolation = body.u8()?;
    name(body, width)?;
    Ok(Some(isolation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_counted_in_bytes_or_in_characters() {
        for count in [4, 2] {
            let body = [8, 0, count, b's', 0, b'p', 0, 0];
            match parse(&body).unwrap() {
                Some(TransactionRequest::Rollback { name, begin_again: None }) => assert_eq!(name, "sp"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_begin_again_bit_brings_its_level() {
        let body = [7, 0, 0, 1, 2, 0];
        assert!(matches!(parse(&body), Ok(Some(TransactionRequest::Commit { begin_again: Some(2) }))));
        assert!(matches!(parse(&[5, 0, 2, 0]), Ok(Some(TransactionRequest::Begin { isolation: 2, .. }))));
    }

    #[test]
    fn cut_and_distributed_requests_are_told_apart() {
        assert!(parse(&[5, 0]).is_err());
        assert!(parse(&[9, 0, 7, 1]).is_err());
        assert!(parse(&[1, 0, 1, 2, 3]).unwrap().is_none());
    }
}
