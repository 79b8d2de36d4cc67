//! A client that speaks packets: for what no driver can be made to send.

use super::stub;
use super::stub::Server;
use crate::lab::tds::packet::HEADER;
use crate::lab::tds::packet::Header;
use crate::lab::tds::packet::kind;
use crate::lab::tds::packet::read_packet;
use crate::lab::tds::packet::status;
use crate::lab::tds::tls::Mode;
use crate::lab::tds::tls::Wire;
use crate::lab::tds::token;
use bytes::BufMut;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Long enough for any answer, short enough for a hanging test.
const LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Raw {
    stream: TcpStream,
}

/// PRELOGIN of a client that cannot encrypt.
pub(super) const PRELOGIN: [u8; 7] = [1, 0, 6, 0, 1, 0xFF, 2];

/// DONE with `status` and nothing else.
fn done(token: u8, status: u8) -> Vec<u8> {
    [&[token, status, 0][..], &[0; 10]].concat()
}

/// LOGIN7 of `sa` with an empty rest.
pub(super) fn login7(packet_size: u32) -> Vec<u8> {
    let user: Vec<u8> = "sa".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let password: Vec<u8> =
        "Pässw0rd!".encode_utf16().flat_map(u16::to_le_bytes).map(|b| b.rotate_left(4) ^ 0xA5).collect();
    let mut out = vec![0; 4];
    out.put_u32_le(0x7400_0004);
    out.put_u32_le(packet_size);
    out.resize(36, 0);
    let mut at = 94;
    for units in [0, 2, 9, 0, 0, 0, 0, 0, 0] {
        out.put_u16_le(at);
        out.put_u16_le(units);
        at += units * 2;
    }
    out.resize(94, 0);
    out.extend(user);
    out.extend(password);
    let length = out.len() as u32;
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// A batch with its headers.
pub(super) fn batch(text: &str) -> Vec<u8> {
    let mut out = headers();
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

fn headers() -> Vec<u8> {
    let mut out = vec![22, 0, 0, 0, 18, 0, 0, 0, 2, 0];
    out.resize(22, 0);
    out
}

impl Raw {
    pub(super) async fn connect(server: &Server) -> Self {
        Self { stream: TcpStream::connect(server.address).await.unwrap() }
    }

    async fn logged_in(server: &Server, packet_size: u32) -> Self {
        let mut raw = Self::connect(server).await;
        raw.send(kind::PRELOGIN, status::EOM, &PRELOGIN).await;
        raw.message().await.unwrap();
        raw.send(kind::LOGIN7, status::EOM, &login7(packet_size)).await;
        let (answer, _) = raw.message().await.unwrap();
        assert!(answer.ends_with(&done(token::DONE, 0)));
        raw
    }

    pub(super) async fn send(&mut self, kind: u8, status: u8, body: &[u8]) {
        let packet = [&Header::bytes(kind, status, body.len(), 0, 1)[..], body].concat();
        self.stream.write_all(&packet).await.unwrap();
    }

    pub(super) async fn bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// One message and the sizes of its packets; `None` once the server has closed.
    pub(super) async fn message(&mut self) -> Option<(Vec<u8>, Vec<usize>)> {
        tokio::time::timeout(LIMIT, self.read_message()).await.unwrap()
    }

    async fn read_message(&mut self) -> Option<(Vec<u8>, Vec<usize>)> {
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let mut head = [0; HEADER];
            self.stream.read_exact(&mut head).await.ok()?;
            let header = Header::parse(head).unwrap();
            assert_eq!(header.kind, kind::RESPONSE);
            let at = all.len();
            all.resize(at + header.body, 0);
            self.stream.read_exact(&mut all[at..]).await.ok()?;
            sizes.push(header.body + HEADER);
            if header.status & status::EOM != 0 {
                return Some((all, sizes));
            }
        }
    }
}

#[tokio::test]
async fn a_login_may_come_byte_by_byte_and_in_small_packets() {
    let server = stub::start(false).await;
    let mut raw = Raw::connect(&server).await;
    raw.send(kind::PRELOGIN, status::EOM, &PRELOGIN).await;
    raw.message().await.unwrap();
    let login = login7(0);
    let mut packets = Vec::new();
    for (i, part) in login.chunks(7).enumerate() {
        let end = if (i + 1) * 7 >= login.len() { status::EOM } else { 0 };
        packets.extend(Header::bytes(kind::LOGIN7, end, part.len(), 0, 1));
        packets.extend(part);
    }
    for byte in packets {
        raw.bytes(&[byte]).await;
    }
    let (answer, _) = raw.message().await.unwrap();
    assert!(answer.ends_with(&done(token::DONE, 0)));
}

/// Some clients leave TLS after the first packet of LOGIN7, some after the last.
#[tokio::test]
async fn login_only_encryption_ends_where_the_client_ends_it() {
    let server = stub::start(false).await;
    for in_tls in [1, 2, 3] {
        let mut wire = Wire::new(TcpStream::connect(server.address).await.unwrap());
        let prelogin = [1, 0, 6, 0, 1, 0xFF, 0];
        let packet = |kind, end, body: &[u8]| [&Header::bytes(kind, end, body.len(), 0, 1)[..], body].concat();
        wire.write_all(&packet(kind::PRELOGIN, status::EOM, &prelogin)).await.unwrap();
        read_packet(&mut wire).await.unwrap();
        wire.set_mode(Mode::Wrapped);
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(server.ca.as_bytes()).unwrap()).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut tls = TlsConnector::from(std::sync::Arc::new(config)).connect(name, wire).await.unwrap();
        tls.get_mut().0.set_mode(Mode::Bare);
        let login = login7(0);
        let parts: Vec<&[u8]> = login.chunks(login.len() / 2).collect();
        assert_eq!(parts.len(), 2);
        let packets = [packet(kind::LOGIN7, 0, parts[0]), packet(kind::LOGIN7, status::EOM, parts[1])];
        let split = if in_tls == 3 { 9 } else { packets[0].len() };
        // The third way: one packet in two records.
        tls.write_all(&packets[0][..split]).await.unwrap();
        tls.flush().await.unwrap();
        tls.write_all(&packets[0][split..]).await.unwrap();
        tls.flush().await.unwrap();
        if in_tls > 1 {
            tls.write_all(&packets[1]).await.unwrap();
            tls.flush().await.unwrap();
        }
        let (mut wire, _) = tls.into_inner();
        if in_tls == 1 {
            wire.write_all(&packets[1]).await.unwrap();
        }
        let (header, body) = tokio::time::timeout(LIMIT, read_packet(&mut wire)).await.unwrap().unwrap();
        assert_eq!(header.kind, kind::RESPONSE);
        assert!(body.ends_with(&done(token::DONE, 0)), "{in_tls}");
    }
}

#[tokio::test]
async fn the_login_answer_has_its_tokens_in_order() {
    let server = stub::start(false).await;
    let mut raw = Raw::connect(&server).await;
    raw.send(kind::PRELOGIN, status::EOM, &PRELOGIN).await;
    raw.message().await.unwrap();
    raw.send(kind::LOGIN7, status::EOM, &login7(0)).await;
    let (answer, _) = raw.message().await.unwrap();
    let mut seen = Vec::new();
    let mut rest = &answer[..];
    while rest[0] != token::DONE {
        let length = usize::from(u16::from_le_bytes([rest[1], rest[2]]));
        seen.push((rest[0], if rest[0] == 0xE3 { rest[3] } else { 0 }));
        rest = &rest[3 + length..];
    }
    // ENVCHANGE 1, INFO, ENVCHANGE 7, ENVCHANGE 2, INFO, LOGINACK, ENVCHANGE 4; no FEATUREEXTACK unasked.
    assert_eq!(seen, [(0xE3, 1), (0xAB, 0), (0xE3, 7), (0xE3, 2), (0xAB, 0), (0xAD, 0), (0xE3, 4)]);
}

#[tokio::test]
async fn packets_have_the_granted_size() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 600).await;
    raw.send(kind::BATCH, status::EOM, &batch("rows 50")).await;
    let (_, sizes) = raw.message().await.unwrap();
    assert!(sizes.len() > 10);
    assert!(sizes[..sizes.len() - 1].iter().all(|s| *s == 600), "{sizes:?}");
}

#[tokio::test]
async fn an_attention_while_running_gets_two_messages() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    raw.send(kind::BATCH, status::EOM, &batch("rows 1; wait")).await;
    raw.send(kind::ATTENTION, status::EOM, &[]).await;
    let (cut, _) = raw.message().await.unwrap();
    assert!(cut.ends_with(&done(token::DONE, 0)));
    assert_eq!(raw.message().await.unwrap().0, done(token::DONE, 0x20));
    // Idle: one message.
    raw.send(kind::ATTENTION, status::EOM, &[]).await;
    assert_eq!(raw.message().await.unwrap().0, done(token::DONE, 0x20));
    raw.send(kind::BATCH, status::EOM, &batch("")).await;
    assert_eq!(raw.message().await.unwrap().0, done(token::DONE, 0));
}

#[tokio::test]
async fn an_attention_reaches_a_statement_whose_client_does_not_read() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    raw.send(kind::BATCH, status::EOM, &batch("rows 1000000")).await;
    raw.send(kind::ATTENTION, status::EOM, &[]).await;
    let (cut, _) = raw.message().await.unwrap();
    assert!(cut.len() < 300_000_000 && cut.ends_with(&done(token::DONE, 0)));
    assert_eq!(raw.message().await.unwrap().0, done(token::DONE, 0x20));
    assert!(server.log.lock().unwrap().contains(&"cancelled".to_owned()));
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_statement() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    raw.send(kind::BATCH, status::EOM, &batch("wait")).await;
    drop(raw);
    drop(tokio::time::timeout(LIMIT, server.ended.acquire()).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_message_does_not_wait_for_a_full_packet() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    raw.send(kind::BATCH, status::EOM, &batch("print half way; wait")).await;
    let mut head = [0; HEADER];
    tokio::time::timeout(LIMIT, raw.stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(Header::parse(head).unwrap().status, 0);
}

#[tokio::test]
async fn reset_and_ignore() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    raw.send(kind::BATCH, status::EOM | status::RESET, &batch("nothing")).await;
    let (answer, _) = raw.message().await.unwrap();
    assert_eq!(answer, [&[0xE3, 3, 0, 18, 0, 0][..], &done(token::DONE, 0)].concat());
    raw.send(kind::BATCH, 0, &batch("rows 1")).await;
    raw.send(kind::BATCH, status::EOM | status::IGNORE, &[]).await;
    assert_eq!(raw.message().await.unwrap().0, done(token::DONE, 0));
    let seen = server.log.lock().unwrap().clone();
    assert_eq!(seen[1..], ["reset", "batch nothing"]);
}

#[tokio::test]
async fn several_calls_in_one_message_end_in_a_doneproc_each() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    for separator in [0xFF, 0x80] {
        // sp_unprepare twice, with an int.
        let call = [&[0xFF, 0xFF, 15, 0, 0, 0][..], &[0, 0, 0x26, 4, 4, 7, 0, 0, 0]].concat();
        let body = [&headers()[..], &call, &[separator], &call].concat();
        raw.send(kind::RPC, status::EOM, &body).await;
        let status = [0x79, 0, 0, 0, 0];
        let proc = |more| [0xFE, more, 0, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let expected = [&status[..], &proc(1), &status, &proc(0)].concat();
        assert_eq!(raw.message().await.unwrap().0, expected);
    }
}

#[tokio::test]
async fn parameters_nobody_serves_are_refused_and_the_connection_goes_on() {
    let server = stub::start(false).await;
    let mut raw = Raw::logged_in(&server, 0).await;
    for token in [0xF3, 0xF0, 0x01] {
        let body = [&headers()[..], &[0xFF, 0xFF, 10, 0, 0, 0], &[0, 0, token, 0, 0, 0]].concat();
        raw.send(kind::RPC, status::EOM, &body).await;
        let (answer, _) = raw.message().await.unwrap();
        assert_eq!(answer[0], 0xAA);
        assert!(answer.ends_with(&done(token::DONE, 2)));
    }
}

#[tokio::test]
async fn silent_foreign_and_broken_peers_are_dropped() {
    let server = stub::start(false).await;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0x10, 1, 0, 8, 0, 0, 0, 0],
        &[0x12, 1, 0, 7, 0, 0, 0, 0],
        &[0x12, 1, 0, 9, 0, 0, 0, 0, 1],
        &[0x16, 3, 1, 0, 4, 1, 0, 0, 0],
    ] {
        let mut raw = Raw::connect(&server).await;
        raw.bytes(bytes).await;
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LIMIT, raw.stream.read_to_end(&mut rest)).await.unwrap();
        // A reset is as good; only TLS says goodbye.
        assert!(read.is_err() || rest.is_empty() || rest[0] == 0x15, "{rest:?}");
    }
    assert!(server.log.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_dropped_after_the_login_timeout() {
    let (tls, _) = stub::certificates();
    let config = crate::lab::tds::serve::TdsConfig {
        tls,
        force_encryption: false,
        login_timeout: Duration::from_secs(15),
        default_packet_size: 4096,
    };
    let backend = std::sync::Arc::new(stub::Stub {
        log: stub::Log::default(),
        ended: std::sync::Arc::new(tokio::sync::Semaphore::new(0)),
    });
    let (_client, server) = tokio::io::duplex(64);
    let started = tokio::time::Instant::now();
    crate::lab::tds::serve::serve_connection(
        server,
        "peer".to_owned(),
        std::sync::Arc::new(config),
        backend,
        tokio_util::sync::CancellationToken::new(),
    )
    .await;
    assert_eq!(started.elapsed().as_secs(), 15);
}
