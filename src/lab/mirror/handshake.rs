//! A connection becomes a session of two endpoints that know and admit each other.

use super::tls;
use super::trust;
use super::trust::Admitted;
use super::wire;
use super::wire::Hello;
use super::wire::Refusal;
use crate::lab::net::BoxStream;
use crate::lab::world::instance::Instance;
use std::io;
use std::time::Duration;
use tokio_rustls::TlsStream;

/// Bound of the whole exchange; a port that accepts and stays silent ends here.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// An admitted connection.
pub(super) struct Opened {
    pub(super) stream: TlsStream<BoxStream>,
    pub(super) peer: Hello,
    pub(super) admitted: Admitted,
    pub(super) encrypted: bool,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum Failure {
    /// The transport broke or stayed silent.
    Io(io::Error),
    /// This side does not want the peer.
    Ours(Refusal),
    /// The peer does not want this side.
    Theirs(Refusal),
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl Failure {
    /// Number and text as `last_connect_error_*` shows them.
    pub(super) fn describe(&self, address: &str) -> (i32, String) {
        match self {
            Self::Io(e) if e.kind() == io::ErrorKind::TimedOut => (
                10060,
                format!(
                    "An error occurred while attempting to connect to '{address}': 10060(A connection attempt failed \
                     because the connected party did not properly respond after a period of time, or established \
                     connection failed because connected host has failed to respond.)."
                ),
            ),
            Self::Io(e) if e.kind() == io::ErrorKind::ConnectionRefused => (
                10061,
                format!(
                    "An error occurred while attempting to connect to '{address}': 10061(No connection could be made \
                     because the target machine actively refused it.)."
                ),
            ),
            Self::Io(e) if e.kind() == io::ErrorKind::HostUnreachable => {
                (11001, format!("DNS lookup of '{address}' failed with error: 11001(No such host is known.)."))
            }
            Self::Io(_) => (10054, "An existing connection was forcibly closed by the remote host.".to_owned()),
            Self::Ours(r) | Self::Theirs(r) => (r.number, r.text.clone()),
        }
    }

    /// The refusal, whoever made it.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Io(_) => None,
            Self::Ours(r) | Self::Theirs(r) => Some(r),
        }
    }
}

fn timed_out() -> Failure {
    Failure::Io(io::Error::from(io::ErrorKind::TimedOut))
}

/// What this endpoint says first.
fn own_hello(instance: &Instance) -> Hello {
    let (connection_auth, encryption_algorithm) =
        instance.with(|s| s.hadr.endpoint.as_ref().map_or((4, 2), |e| (e.connection_auth, e.encryption_algorithm)));
    Hello {
        version: wire::VERSION,
        connection_auth,
        encryption_algorithm,
        managed: instance.config.is_managed(),
        server: instance.config.server_name.clone(),
    }
}

/// Dials a partner's endpoint and comes to terms with it.
pub(super) async fn dial(instance: &Instance, host: &str, port: u16) -> Result<Opened, Failure> {
    let stream = instance.network.connect_mirroring(&instance.config.host, host, port).await?;
    let work = exchange(instance, stream, Some(host));
    tokio::time::timeout(HANDSHAKE_TIMEOUT, work).await.unwrap_or_else(|_| Err(timed_out()))
}

/// Comes to terms with a partner that dialled this endpoint.
pub(super) async fn accept(instance: &Instance, stream: BoxStream) -> Result<Opened, Failure> {
    let work = exchange(instance, stream, None);
    tokio::time::timeout(HANDSHAKE_TIMEOUT, work).await.unwrap_or_else(|_| Err(timed_out()))
}

async fn exchange(instance: &Instance, mut stream: BoxStream, dialled: Option<&str>) -> Result<Opened, Failure> {
    let own = own_hello(instance);
    wire::send(&mut stream, &own).await?;
    let (peer, _) = wire::receive::<Hello, _>(&mut stream).await?;
    let now = instance.clock.now();
    let terms = trust::negotiate(&own, &peer)
        .and_then(|e| instance.with(|s| trust::identity(s, &instance.config, now)).map(|i| (e, i)));
    // each side tells the other before TLS whether it can go on at all
    wire::send(&mut stream, &terms.as_ref().err()).await?;
    let (theirs, _) = wire::receive::<Option<Refusal>, _>(&mut stream).await?;
    let (encrypted, identity) = terms.map_err(Failure::Ours)?;
    if let Some(refusal) = theirs {
        return Err(Failure::Theirs(refusal));
    }
    let mut proven = match dialled {
        Some(_) => tls::connect(stream, &identity).await?,
        None => tls::accept(stream, &identity).await?,
    };
    let now = instance.clock.now();
    let verdict = instance.with(|s| trust::judge(s, &instance.config, &peer, &proven.chain, dialled, now));
    wire::send(&mut proven.stream, &verdict.as_ref().err()).await?;
    let (theirs, _) = wire::receive::<Option<Refusal>, _>(&mut proven.stream).await?;
    let admitted = verdict.map_err(Failure::Ours)?;
    if let Some(refusal) = theirs {
        return Err(Failure::Theirs(refusal));
    }
    Ok(Opened { stream: proven.stream, peer, admitted, encrypted })
}
