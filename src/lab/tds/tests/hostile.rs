//! Bytes nobody should send: parsers refuse them, none panics.

use super::raw;
use crate::lab::tds::headers;
use crate::lab::tds::login::Login7;
use crate::lab::tds::packet::MessageReader;
use crate::lab::tds::param;
use crate::lab::tds::prelogin::Prelogin;
use crate::lab::tds::rpc;
use crate::lab::tds::transaction;
use crate::lab::tds::variant;
use crate::lab::tds::wire::Cursor;
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Prelogin::parse(&bytes);
        let _ = Login7::parse(&bytes, "", true);
        let _ = headers::skip(&mut Cursor::new(&bytes));
        let _ = rpc::parse(&bytes);
        let _ = transaction::parse(&bytes);
        let _ = variant::read(&bytes);
        let mut body = Cursor::new(&bytes);
        if let Ok(ty) = param::read_type(&mut body) {
            let _ = param::read_value(&mut body, ty);
        }
    }

    #[test]
    fn random_packets_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = MessageReader::new(&bytes[..]);
            while let Ok(Some(_)) = reader.next().await {}
        });
    }

    /// A good LOGIN7 with any four bytes changed, and cut anywhere.
    #[test]
    fn damaged_logins_never_panic(at in 0_usize..94, bytes in any::<[u8; 4]>(), cut in 0_usize..130) {
        let mut login = raw::login7(0);
        login[27] |= 0x10;
        login[at..at + 4].copy_from_slice(&bytes);
        let _ = Login7::parse(&login, "", false);
        login.truncate(cut);
        let _ = Login7::parse(&login, "", false);
    }

    /// A type byte and its metadata as they should be, and any bytes as the value.
    #[test]
    fn damaged_parameters_never_panic(
        token in prop::sample::select(&[0x1F_u8, 0x24, 0x26, 0x28, 0x29, 0x2A, 0x2B, 0x62, 0x68, 0x6A, 0x6D,
            0x6E, 0x6F, 0xA5, 0xA7, 0xE7, 0xEF, 0xF1, 0x3D, 0x3A, 0x63][..]),
        rest in vec(prop_oneof![0_u8..20, any::<u8>()], 0..60),
    ) {
        let body = [&[0xFF, 0xFF, 10, 0, 0, 0, 0, 0, token][..], &rest].concat();
        let _ = rpc::parse(&body);
    }
}

#[test]
fn a_good_login_is_read() {
    let login = Login7::parse(&raw::login7(8000), "10.0.0.1", true).unwrap();
    assert_eq!((login.request.user.as_str(), login.request.password.as_str()), ("sa", "Pässw0rd!"));
    assert_eq!((login.packet_size, login.features.any), (8000, false));
    assert!(!format!("{login:?}").contains("Pässw0rd!"), "a password must not reach a log");
}

#[test]
fn the_extension_holds_an_offset_to_an_offset() {
    let mut login = raw::login7(0);
    let at = login.len() as u32;
    login[27] |= 0x10;
    login[56..60].copy_from_slice(&[at as u8, (at >> 8) as u8, 4, 0]);
    login.extend((at + 4).to_le_bytes());
    // FEDAUTH, library 1 with the echo bit and the token "ab"; UTF8; an unknown one; the end.
    login.extend([2, 9, 0, 0, 0, 3, 4, 0, 0, 0, b'a', 0, b'b', 0]);
    login.extend([10, 0, 0, 0, 0, 77, 1, 0, 0, 0, 5, 0xFF]);
    let length = login.len() as u32;
    login[..4].copy_from_slice(&length.to_le_bytes());
    let parsed = Login7::parse(&login, "", true).unwrap();
    assert_eq!(parsed.request.access_token.as_deref(), Some("ab"));
    assert_eq!(parsed.features.acknowledged(), [(2, &[][..]), (10, &[1][..])]);
}
