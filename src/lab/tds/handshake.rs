//! From the first byte to LOGIN7: strict or not, PRELOGIN, TLS.

use super::login::Login7;
use super::packet;
use super::packet::DEFAULT_PACKET_SIZE;
use super::packet::HEADER;
use super::packet::Header;
use super::packet::MAX_LOGIN;
use super::packet::invalid;
use super::packet::kind;
use super::packet::status;
use super::prelogin;
use super::prelogin::Encryption;
use super::prelogin::Prelogin;
use super::prelogin::encrypt;
use super::serve::TdsConfig;
use super::tls::Mode;
use super::tls::Wire;
use super::wire::Malformed;
use crate::lab::net::BoxStream;
use bytes::BytesMut;
use std::io;
use std::sync::Arc;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// First byte of a TLS connection: strict.
const TLS_HANDSHAKE: u8 = 0x16;
/// Largest PRELOGIN message taken, in bytes.
const MAX_PRELOGIN: usize = DEFAULT_PACKET_SIZE as usize;

/// A client that has asked to log in.
pub(super) struct Established {
    pub(super) stream: BoxStream,
    pub(super) login: Login7,
}

/// Takes a connection as far as LOGIN7; `None` where the peer is to be dropped without a word.
pub(super) async fn establish<S>(
    stream: S,
    peer: &str,
    config: &TdsConfig,
    version: (u8, u8, u16),
) -> io::Result<Option<Established>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut wire = Wire::new(stream);
    match wire.peek().await? {
        Some(TLS_HANDSHAKE) => {
            let mut tls = accept(wire, config.tls.strict()).await?;
            // The encryption value inside of strict means nothing (facts: tds-server 3).
            let prelogin = read_prelogin(&mut tls).await?;
            answer_prelogin(&mut tls, version, encrypt::NOT_SUPPORTED, prelogin).await?;
            login_of(tls, peer, true).await.map(Some)
        }
        Some(kind::PRELOGIN) => {
            let prelogin = read_prelogin(&mut wire).await?;
            let (answer, encryption) =
                prelogin::negotiate(prelogin.encryption, config.force_encryption).map_err(invalid)?;
            answer_prelogin(&mut wire, version, answer, prelogin).await?;
            match encryption {
                Encryption::Clear => login_of(wire, peer, false).await.map(Some),
                Encryption::Refuse => Ok(None),
                Encryption::Whole => {
                    let mut tls = accept_wrapped(wire, config).await?;
                    tls.get_mut().0.set_mode(Mode::Bare);
                    login_of(tls, peer, true).await.map(Some)
                }
                Encryption::LoginOnly => {
                    let mut tls = accept_wrapped(wire, config).await?;
                    tls.get_mut().0.set_mode(Mode::Records);
                    login_only(tls, peer).await.map(Some)
                }
            }
        }
        _ => Ok(None),
    }
}

async fn read_prelogin<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Prelogin> {
    let message = packet::read_message(stream, kind::PRELOGIN, MAX_PRELOGIN).await?;
    Prelogin::parse(&message.body).map_err(invalid)
}

async fn answer_prelogin<S: AsyncWrite + Unpin>(
    stream: &mut S,
    version: (u8, u8, u16),
    encryption: u8,
    client: Prelogin,
) -> io::Result<()> {
    let body = prelogin::answer(version, encryption, client.fedauth);
    let header = Header::bytes(prelogin::ANSWER, status::EOM, body.len(), 0, 1);
    stream.write_all(&[&header[..], &body].concat()).await?;
    stream.flush().await
}

async fn accept_wrapped<S>(mut wire: Wire<S>, config: &TdsConfig) -> io::Result<TlsStream<Wire<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    wire.set_mode(Mode::Wrapped);
    accept(wire, config.tls.in_tds()).await
}

/// A refused handshake still sends its alert.
async fn accept<S>(wire: Wire<S>, config: Arc<rustls::ServerConfig>) -> io::Result<TlsStream<Wire<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match TlsAcceptor::from(config).accept(wire).into_fallible().await {
        Ok(tls) => Ok(tls),
        Err((e, mut wire)) => {
            let _ = wire.flush().await;
            let _ = wire.shutdown().await;
            Err(e)
        }
    }
}

async fn login_of<S>(mut stream: S, peer: &str, encrypted: bool) -> io::Result<Established>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let message = packet::read_message(&mut stream, kind::LOGIN7, MAX_LOGIN).await?;
    let login = Login7::parse(&message.body, peer, encrypted).map_err(invalid)?;
    Ok(Established { stream: Box::new(stream), login })
}

/// LOGIN7 in TLS and all that follows in the clear, with no TLS close. Some clients leave TLS after the first
/// packet of a longer LOGIN7 (SqlClient, go-mssqldb), others after the last: the next byte tells.
async fn login_only<S>(mut tls: TlsStream<Wire<S>>, peer: &str) -> io::Result<Established>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut body = BytesMut::new();
    let mut ended = login_packet(&mut tls, &mut body).await?;
    while !ended && stays_in_tls(&mut tls).await? {
        ended = login_packet(&mut tls, &mut body).await?;
    }
    let (mut wire, _) = tls.into_inner();
    wire.set_mode(Mode::Bare);
    while !ended {
        ended = login_packet(&mut wire, &mut body).await?;
    }
    let login = Login7::parse(&body, peer, false).map_err(invalid)?;
    Ok(Established { stream: Box::new(wire), login })
}

async fn stays_in_tls<S: AsyncRead + Unpin>(tls: &mut TlsStream<Wire<S>>) -> io::Result<bool> {
    let (wire, session) = tls.get_mut();
    let read_ahead = session.process_new_packets().map_err(io::Error::other)?.plaintext_bytes_to_read();
    Ok(read_ahead > 0 || wire.peek().await? != Some(kind::LOGIN7))
}

/// Adds one packet of LOGIN7; true for the last.
async fn login_packet<R: AsyncRead + Unpin>(source: &mut R, body: &mut BytesMut) -> io::Result<bool> {
    let (header, part) = packet::read_packet(source).await?;
    if header.kind != kind::LOGIN7 || body.len() + part.len() > MAX_LOGIN + HEADER {
        return Err(invalid(Malformed("LOGIN7 was due")));
    }
    body.unsplit(part);
    Ok(header.status & status::EOM != 0)
}
