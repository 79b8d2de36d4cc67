//! The listener: accepts, logs in, hands over to the session.

use super::backend::Backend;
use super::backend::LoginAck;
use super::backend::LoginFailure;
use super::handshake;
use super::handshake::Established;
use super::login::Login7;
use super::packet::DEFAULT_PACKET_SIZE;
use super::packet::MessageReader;
use super::response;
use super::response::Dialect;
use super::session::Connection;
use super::token;
use super::token::done;
use super::token::env;
use super::writer::Writer;
use crate::lab::net::BoxStream;
use crate::lab::tsql::error::SqlError;
use bytes::BytesMut;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::WriteHalf;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Packet sizes a client may be granted, in bytes (facts: tds-server 4).
const PACKET_SIZES: std::ops::RangeInclusive<u32> = 512..=32_767;
/// Time the answer to a refused login may take, and then the client to hang up.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// Pause after a failed accept (no descriptors left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Time open connections get to end at shutdown.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// How a TDS listener behaves.
#[derive(Debug, Clone)]
pub struct TdsConfig {
    pub tls: TdsTls,
    /// Refuse clients that do not encrypt the whole connection.
    pub force_encryption: bool,
    /// From the first byte to LOGIN7; a peer that takes longer is dropped.
    pub login_timeout: Duration,
    /// Granted to clients that ask for size 0, in bytes; real servers: 4096.
    pub default_packet_size: u32,
}

/// The two TLS set-ups of one certificate.
#[derive(Debug, Clone)]
pub struct TdsTls {
    in_tds: Arc<rustls::ServerConfig>,
    strict: Arc<rustls::ServerConfig>,
}

impl TdsTls {
    /// `chain`: leaf first, then its CA. Inside of TDS the version is capped at 1.2: clients fail on what 1.3
    /// sends after the handshake (facts: tds-server 3).
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let in_tds = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key.clone_key())?;
        let mut strict = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        strict.alpn_protocols = vec![b"tds/8.0".to_vec()];
        Ok(Self { in_tds: Arc::new(in_tds), strict: Arc::new(strict) })
    }

    pub(super) fn in_tds(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.in_tds)
    }

    pub(super) fn strict(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.strict)
    }
}

/// Accepts connections until `shutdown`, then gives the open ones a moment to end.
pub async fn serve(
    listener: TcpListener,
    config: Arc<TdsConfig>,
    backend: Arc<dyn Backend>,
    shutdown: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Err(e) = stream.set_nodelay(true) {
                        tracing::debug!(%e, "no TCP_NODELAY");
                    }
                    connections.spawn(serve_connection(
                        stream,
                        peer.ip().to_string(),
                        Arc::clone(&config),
                        Arc::clone(&backend),
                        shutdown.clone(),
                    ));
                }
                Err(e) => {
                    tracing::warn!(%e, "TDS accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_LIMIT, async { while connections.join_next().await.is_some() {} }).await;
}

/// Serves one connection to its end. `peer` is the client's address as the server's views show it.
pub async fn serve_connection<S>(
    stream: S,
    peer: String,
    config: Arc<TdsConfig>,
    backend: Arc<dyn Backend>,
    shutdown: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (server, version) = backend.server();
    let established = tokio::select! {
        biased;
        () = shutdown.cancelled() => return,
        established = tokio::time::timeout(
            config.login_timeout,
            handshake::establish(stream, &peer, &config, version),
        ) => established,
    };
    match established {
        Ok(Ok(Some(established))) => logged_in(established, &config, &*backend, server, shutdown).await,
        Ok(Ok(None)) => tracing::debug!(%peer, "not a TDS client, or one that cannot encrypt"),
        Ok(Err(e)) => tracing::debug!(%peer, %e, "TDS login broke off"),
        Err(_) => tracing::debug!(%peer, "TDS login took too long"),
    }
}

/// Asks the backend, answers, serves.
async fn logged_in(
    established: Established,
    config: &TdsConfig,
    backend: &dyn Backend,
    server: String,
    shutdown: CancellationToken,
) {
    let Established { stream, mut login } = established;
    let (read, write) = tokio::io::split(stream);
    let mut reader = MessageReader::new(read);
    let mut writer = Writer::new(write, DEFAULT_PACKET_SIZE);
    let granted = grant(login.packet_size, config.default_packet_size);
    login.request.packet_size = granted;
    let request = login.request.clone();
    let answer = tokio::select! {
        biased;
        () = shutdown.cancelled() => return,
        // Nothing is due from the client now: whatever comes, it has given up.
        _ = reader.next() => return,
        answer = backend.login(request) => answer,
    };
    let (ack, mut session) = match answer {
        Ok(accepted) => accepted,
        Err(failure) => return refuse(failure, &server, writer, reader).await,
    };
    writer.spid = session.spid();
    put_login_answer(&mut writer.tokens, &login, &ack, granted);
    writer.end_message();
    writer.set_packet_size(granted);
    let dialect = Dialect { server: ack.server_name, collation: ack.collation };
    let killed = session.killed();
    Connection { reader, writer, dialect, shutdown, killed, ahead: VecDeque::new() }.serve(&mut *session).await;
}

/// The packet size a client gets.
fn grant(asked: u32, default: u32) -> u32 {
    let size = if asked == 0 { default } else { asked };
    size.clamp(*PACKET_SIZES.start(), *PACKET_SIZES.end())
}

/// The whole answer to a good login, in the order of facts: tds-server 4.
fn put_login_answer(out: &mut BytesMut, login: &Login7, ack: &LoginAck, packet_size: u32) {
    token::put_env_text(out, env::DATABASE, &ack.database, "master");
    token::put_message(out, &response::context_changed(&ack.database, 2), &ack.server_name);
    token::put_env_bytes(out, env::COLLATION, &ack.collation, &[]);
    token::put_env_text(out, env::LANGUAGE, &ack.language, "");
    let language = SqlError::new(5703, 0, format!("Changed language setting to {}.", ack.language));
    token::put_message(out, &language, &ack.server_name);
    token::put_login_ack(out, login.version, &ack.program, ack.version);
    token::put_env_text(out, env::PACKET_SIZE, &packet_size.to_string(), &DEFAULT_PACKET_SIZE.to_string());
    if login.features.any {
        token::put_feature_ack(out, &login.features.acknowledged());
    }
    token::put_done(out, token::DONE, 0, 0, 0);
}

/// Errors, DONE with the error bit, and a close that the client can see after it has read them.
async fn refuse(
    failure: LoginFailure,
    server: &str,
    mut writer: Writer<WriteHalf<BoxStream>>,
    mut reader: MessageReader<tokio::io::ReadHalf<BoxStream>>,
) {
    for error in &failure.0 {
        // Line 1 always: SqlClient takes the line for something else here (facts: tds-server 4).
        token::put_message(&mut writer.tokens, &SqlError { line: 1, ..error.clone() }, server);
    }
    token::put_done(&mut writer.tokens, token::DONE, done::ERROR, 0, 0);
    writer.end_message();
    let said = async {
        writer.close().await?;
        // Bytes left unread would turn the close into a reset, and that could overtake the answer.
        while reader.next().await?.is_some() {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(CLOSE_LIMIT, said).await;
}
