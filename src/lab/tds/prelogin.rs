//! PRELOGIN (MS-TDS 2.2.6.5).

use super::packet::kind;
use super::wire::Cursor;
use super::wire::Malformed;
use bytes::BufMut;
use bytes::BytesMut;

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const FEDAUTH: u8 = 6;
const END: u8 = 0xFF;

/// Values of the ENCRYPTION option.
pub(super) mod encrypt {
    pub(crate) const OFF: u8 = 0;
    pub(crate) const ON: u8 = 1;
    pub(crate) const NOT_SUPPORTED: u8 = 2;
    pub(crate) const REQUIRED: u8 = 3;
}

/// What of a client's PRELOGIN matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prelogin {
    pub(super) encryption: u8,
    /// Value of FEDAUTHREQUIRED, if it was sent.
    pub(super) fedauth: Option<u8>,
}

impl Prelogin {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut found = Self { encryption: encrypt::NOT_SUPPORTED, fedauth: None };
        let mut table = Cursor::new(body);
        loop {
            let option = table.u8()?;
            if option == END {
                return Ok(found);
            }
            let offset = usize::from(u16::from_be_bytes(table.array()?));
            let length = usize::from(u16::from_be_bytes(table.array()?));
            let data = body.get(offset..offset + length).ok_or(Malformed("a PRELOGIN option lies outside"))?;
            match (option, data.first()) {
                (ENCRYPTION, Some(value)) => found.encryption = *value,
                (FEDAUTH, Some(value)) => found.fedauth = Some(*value),
                _ => {}
            }
        }
    }
}

/// What becomes of the connection after PRELOGIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// No TLS at all.
    Clear,
    /// Only LOGIN7 is encrypted.
    LoginOnly,
    Whole,
    /// The client cannot, the server must: answered, then closed.
    Refuse,
}

/// The answer's value and what follows from it (facts: tds-server 3, answer table).
pub(super) fn negotiate(client: u8, forced: bool) -> Result<(u8, Encryption), Malformed> {
    Ok(match (client, forced) {
        (encrypt::OFF, false) => (encrypt::OFF, Encryption::LoginOnly),
        (encrypt::NOT_SUPPORTED, false) => (encrypt::NOT_SUPPORTED, Encryption::Clear),
        (encrypt::OFF, true) => (encrypt::REQUIRED, Encryption::Whole),
        (encrypt::NOT_SUPPORTED, true) => (encrypt::REQUIRED, Encryption::Refuse),
        (encrypt::ON | encrypt::REQUIRED, _) => (encrypt::ON, Encryption::Whole),
        _ => return Err(Malformed("an unknown encryption value")),
    })
}

/// The server's PRELOGIN. It travels in a packet of type [`kind::RESPONSE`].
pub(super) fn answer(version: (u8, u8, u16), encryption: u8, fedauth: Option<u8>) -> BytesMut {
    let mut options: Vec<(u8, Vec<u8>)> = vec![
        (VERSION, [&[version.0, version.1][..], &version.2.to_be_bytes(), &[0, 0]].concat()),
        (ENCRYPTION, vec![encryption]),
        (INSTANCE, vec![0]),
        (THREAD, vec![]),
        (MARS, vec![0]),
    ];
    // Echoed only to those who sent it (facts: tds-server 5).
    options.extend(fedauth.map(|value| (FEDAUTH, vec![value])));
    let mut out = BytesMut::new();
    let mut offset = options.len() * 5 + 1;
    for (option, data) in &options {
        out.put_u8(*option);
        out.put_u16(offset as u16);
        out.put_u16(data.len() as u16);
        offset += data.len();
    }
    out.put_u8(END);
    for (_, data) in &options {
        out.put_slice(data);
    }
    out
}

/// Packet type of the answer.
pub(super) const ANSWER: u8 = kind::RESPONSE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_table_is_the_documented_one() {
        let answers = |forced| [0, 1, 2, 3].map(|c| negotiate(c, forced).unwrap().0);
        assert_eq!(answers(false), [0, 1, 2, 1]);
        assert_eq!(answers(true), [3, 1, 3, 1]);
        assert_eq!(negotiate(2, true).unwrap().1, Encryption::Refuse);
        assert!(negotiate(9, false).is_err());
    }

    #[test]
    fn an_option_outside_of_the_message_is_refused() {
        assert!(Prelogin::parse(&[1, 0, 6, 0, 200, 0xFF, 1]).is_err());
        assert!(Prelogin::parse(&[1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).is_err());
        assert!(Prelogin::parse(&[]).is_err());
        let ok = Prelogin::parse(&[1, 0, 6, 0, 1, 0xFF, 3]).unwrap();
        assert_eq!(ok, Prelogin { encryption: 3, fedauth: None });
    }

    #[test]
    fn the_answer_reads_back() {
        let body = answer((16, 0, 4175), 1, Some(1));
        assert_eq!(Prelogin::parse(&body).unwrap(), Prelogin { encryption: 1, fedauth: Some(1) });
        assert_eq!(&body[31..37], [16, 0, 0x10, 0x4F, 0, 0]);
    }
}
