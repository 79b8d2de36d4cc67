//! From an address and credentials to a logged-in session.

use super::error::Class;
use super::error::meaning;
use super::session::Session;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::ExposeSecret;
use crate::base::redact::SecretString;
use crate::base::text;
use crate::model::ids::SiteId;
use async_trait::async_trait;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tiberius::AuthMethod;
use tiberius::Client;
use tiberius::Config;
use tiberius::EncryptionLevel;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio_util::compat::TokioAsyncWriteCompatExt;

/// Which end of a link a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Source,
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Source => "source",
            Side::Target => "target",
        })
    }
}

/// Credentials. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Login {
    Password {
        user: String,
        password: SecretString,
    },
    /// Access token for the database audience of the cloud.
    Token(SecretString),
    /// One that is asked for at each login: whoever runs for days outlives every token.
    Tokens(Tokens),
}

/// Gives an access token that is valid now.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    async fn token(&self) -> Result<SecretString>;
}

/// Where tokens come from. `Debug` shows no secret.
#[derive(Clone)]
pub struct Tokens(pub Arc<dyn AccessTokens>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// Where and how to log in.
#[derive(Debug, Clone)]
pub struct Server {
    pub site: SiteId,
    pub side: Side,
    pub host: String,
    pub port: u16,
    /// Name the certificate must bear, when it is not `host`.
    pub tls_name: Option<String>,
    /// Accepts any certificate. Shown in every verdict.
    pub trust_server_certificate: bool,
    /// PEM files that add to the trusted roots of the system.
    pub roots: Vec<PathBuf>,
    /// TDS 8.0: TLS before anything else.
    pub strict: bool,
    pub login: Login,
    /// None: `master`.
    pub database: Option<String>,
    pub program_name: String,
    /// For connection, handshake and login together.
    pub connect_timeout: Duration,
    pub statement_timeout: Duration,
}

impl Server {
    /// `sql-a (source)`.
    pub fn place(&self) -> String {
        format!("{} ({})", self.site, self.side)
    }
    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Any two-way stream.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream to a server.
pub type BoxStream = Box<dyn Duplex>;

/// Opens streams: sockets, or pipes in a simulation.
#[async_trait]
pub trait Dialer: Send + Sync {
    async fn dial(&self, server: &Server) -> Result<BoxStream>;
    /// False only where the stream never leaves this process: there TLS would protect nothing and cost most of the time.
    fn needs_tls(&self) -> bool {
        true
    }
}

/// TCP sockets.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpDialer;

#[async_trait]
impl Dialer for TcpDialer {
    async fn dial(&self, server: &Server) -> Result<BoxStream> {
        let stream = tokio::net::TcpStream::connect((server.host.as_str(), server.port))
            .await
            .map_err(|e| unreachable(server, e))?;
        stream.set_nodelay(true).map_err(|e| unreachable(server, e))?;
        Ok(Box::new(stream))
    }
}

fn unreachable(server: &Server, cause: std::io::Error) -> Error {
    let hint = match cause.kind() {
        std::io::ErrorKind::ConnectionRefused => "nothing listens there: check the port and that the server runs",
        std::io::ErrorKind::TimedOut => "check the route and the firewalls on the way",
        _ => "check the name, the route and the firewalls on the way",
    };
    Error::new(Kind::Unreachable, format!("no connection to {} at {}", server.place(), server.address()))
        .caused_by(cause)
        .hint(hint)
}

/// Redirections followed before giving up; a managed instance redirects once.
const MAX_REDIRECTS: usize = 2;

/// Connects and logs in, within `connect_timeout`.
pub async fn connect(server: &Server, dialer: &dyn Dialer) -> Result<Session> {
    within(server.connect_timeout, Box::pin(attempt(server, dialer))).await.unwrap_or_else(|| {
        Err(Error::new(
            Kind::Unreachable,
            format!(
                "{} at {} did not let anybody in within {}",
                server.place(),
                server.address(),
                text::duration(server.connect_timeout)
            ),
        )
        .hint("check the route and the firewalls on the way; a busy server may need a longer connect timeout"))
    })
}

async fn attempt(server: &Server, dialer: &dyn Dialer) -> Result<Session> {
    let mut here = server.clone();
    for _ in 0..=MAX_REDIRECTS {
        let stream = dialer.dial(&here).await?;
        let login = Client::connect(config(&here, dialer.needs_tls()).await?, stream.compat_write());
        match Box::pin(login).await {
            Ok(client) => return Session::start(client, server.place(), server.statement_timeout).await,
            Err(tiberius::error::Error::Routing { host, port }) => {
                here.host = host;
                here.port = port;
            }
            Err(error) => return Err(refused(server, error)),
        }
    }
    Err(Error::new(Kind::Unreachable, format!("{} redirects without end", server.place())))
}

async fn config(server: &Server, tls: bool) -> Result<Config> {
    let mut config = Config::new();
    config.host(&server.host);
    config.port(server.port);
    config.database(server.database.as_deref().unwrap_or("master"));
    config.application_name(&server.program_name);
    config.encryption(match (tls, server.strict) {
        (true, true) => EncryptionLevel::Strict,
        (true, false) => EncryptionLevel::Required,
        (false, _) => EncryptionLevel::NotSupported,
    });
    // The library's own limits use wall time; every wait is bounded by ours.
    config.handshake_timeout(None);
    config.command_timeout(None);
    if let Some(name) = &server.tls_name {
        config.hostname_in_certificate(name);
    }
    if server.trust_server_certificate {
        config.trust_cert();
    } else if tls {
        for path in &server.roots {
            let pem = tokio::fs::read(path)
                .await
                .map_err(|e| Error::usage(format!("trusted root `{}` cannot be read", path.display())).caused_by(e))?;
            config.trust_cert_ca_bundle(pem);
        }
    }
    config.authentication(match &server.login {
        Login::Password { user, password } => AuthMethod::sql_server(user, password.expose_secret()),
        Login::Token(token) => AuthMethod::aad_token(token.expose_secret()),
        Login::Tokens(source) => AuthMethod::aad_token(source.0.token().await?.expose_secret()),
    });
    Ok(config)
}

/// Why the server did not let us in.
fn refused(server: &Server, error: tiberius::error::Error) -> Error {
    use tiberius::error::Error as Cause;
    let place = server.place();
    let who = match &server.login {
        Login::Password { user, .. } => format!("`{user}`"),
        Login::Token(_) | Login::Tokens(_) => "the access token".to_owned(),
    };
    match &error {
        Cause::Server(token) => {
            let number = i32::try_from(token.code()).unwrap_or(i32::MAX);
            let meaning = meaning(number);
            let kind = if meaning.class == Class::Transient { Kind::Unreachable } else { Kind::Denied };
            let message = match number {
                18456 => format!("login of {who} failed on {place}"),
                4060 => {
                    let database = server.database.as_deref().unwrap_or("master");
                    format!("database `{database}` cannot be opened on {place} by {who}")
                }
                _ => format!("{place} refused {who} (error {number})"),
            };
            let error = Error::new(kind, message).number(number).caused_by(error.clone());
            match meaning.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
        Cause::Tls(_) => tls_refused(server, error),
        Cause::Io { message, .. } if message.to_ascii_lowercase().contains("certificate") => tls_refused(server, error),
        Cause::Io { .. } => {
            Error::new(Kind::Unreachable, format!("{place} at {} closed the connection during login", server.address()))
                .caused_by(error)
                .hint("check that the port is the SQL Server's and that it accepts encrypted connections")
        }
        _ => {
            Error::new(Kind::Unreachable, format!("{place} at {} does not answer like a SQL Server", server.address()))
                .caused_by(error)
                .hint("check the port: 1433 is for clients, 5022 for mirroring")
        }
    }
}

fn tls_refused(server: &Server, error: tiberius::error::Error) -> Error {
    Error::new(Kind::Denied, format!("TLS with {} failed: its certificate was not accepted", server.place()))
        .caused_by(error)
        .hint("add the issuing root under `[trust]`, or set `tls_name` to the name in the certificate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::redact::secret;

    struct Dead;
    #[async_trait]
    impl Dialer for Dead {
        async fn dial(&self, _: &Server) -> Result<BoxStream> {
            // A peer that accepts and then never says anything.
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            std::mem::forget(theirs);
            Ok(Box::new(ours))
        }
    }
    struct Gone;
    #[async_trait]
    impl Dialer for Gone {
        async fn dial(&self, _: &Server) -> Result<BoxStream> {
            let (ours, theirs) = tokio::io::duplex(64);
            drop(theirs);
            Ok(Box::new(ours))
        }
    }

    fn server() -> Server {
        Server {
            site: "sql-a".into(),
            side: Side::Source,
            host: "db.example".into(),
            port: 1433,
            tls_name: None,
            trust_server_certificate: false,
            roots: Vec::new(),
            strict: false,
            login: Login::Password { user: "app".into(), password: secret("hush-hush") },
            database: None,
            program_name: "milink".into(),
            connect_timeout: Duration::from_secs(15),
            statement_timeout: Duration::from_secs(30),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_ends_at_the_limit() {
        let error = connect(&server(), &Dead).await.err().unwrap();
        assert_eq!(error.kind(), Kind::Unreachable);
        assert_eq!(error.to_string(), "sql-a (source) at db.example:1433 did not let anybody in within 15.0 s");
    }

    #[tokio::test]
    async fn a_peer_that_hangs_up_is_unreachable_and_named() {
        let error = connect(&server(), &Gone).await.err().unwrap();
        assert_eq!(error.kind(), Kind::Unreachable);
        assert!(error.to_string().starts_with("sql-a (source) at db.example:1433"), "{error}");
        assert!(error.get_hint().is_some());
    }

    #[test]
    fn no_secret_is_shown() {
        assert!(!format!("{:?}", server()).contains("hush"));
    }
}
