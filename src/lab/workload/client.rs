//! A TDS client that the application, the sampler and the oracle use: any stream, every wait bounded.

use super::alias::Address;
use crate::lab::net::BoxStream;
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tiberius::AuthMethod;
use tiberius::Client;
use tiberius::Config;
use tiberius::EncryptionLevel;
use tokio_util::compat::Compat;
use tokio_util::compat::TokioAsyncReadCompatExt;

pub type Sql = Client<Compat<BoxStream>>;

/// Opens a stream to an address: a socket, or a pipe in simulation.
#[async_trait]
pub trait Dialer: Send + Sync + 'static {
    async fn dial(&self, address: &Address) -> io::Result<BoxStream>;
}

/// Real sockets.
pub struct TcpDialer;

#[async_trait]
impl Dialer for TcpDialer {
    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let stream = tokio::net::TcpStream::connect((address.host.as_str(), address.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// How TLS is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Verified against this PEM or DER bundle, on top of the system's roots.
    Ca(Vec<u8>),
    /// Encrypted, whoever it is.
    Unverified,
    /// Plain: pipes in simulation.
    Off,
}

/// Who logs in, and how.
#[derive(Clone)]
pub struct Access {
    pub dialer: Arc<dyn Dialer>,
    pub tls: Tls,
    pub user: String,
    pub password: String,
    pub program: &'static str,
    /// For each connection and each statement.
    pub timeout: Duration,
}

/// What went wrong, as far as a client can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server said no: number, severity, text. The session may live on.
    Refused { number: u32, class: u8, message: String },
    /// No answer, or none that can be understood.
    Lost(String),
}

impl Failure {
    /// The server's own words, sure that nothing was done. Severity 20 and above ends the session: nobody knows then.
    pub fn is_certain(&self) -> bool {
        matches!(self, Self::Refused { class, .. } if *class < 20)
    }
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Refused { number, .. } => Some(*number),
            Self::Lost(_) => None,
        }
    }
}

impl From<tiberius::error::Error> for Failure {
    fn from(error: tiberius::error::Error) -> Self {
        match &error {
            tiberius::error::Error::Server(token) => {
                Self::Refused { number: token.code(), class: token.class(), message: token.message().to_owned() }
            }
            other => Self::Lost(other.to_string()),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { number, message, .. } => write!(f, "error {number}: {message}"),
            Self::Lost(why) => write!(f, "connection lost: {why}"),
        }
    }
}

/// Runs `work` for `limit` at most. tiberius' own limits run on wall time, so this one is laid over them.
pub async fn bounded<T>(limit: Duration, work: impl Future<Output = tiberius::Result<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Failure::Lost("no answer in time".to_owned())),
    }
}

/// Logs in to `database` at `address`.
pub async fn connect(access: &Access, address: &Address, database: &str) -> Result<Sql, Failure> {
    let mut config = Config::new();
    config.host(&address.host);
    config.port(address.port);
    config.database(database);
    config.application_name(access.program);
    // The library's own limits use wall time; every wait is bounded by ours.
    config.handshake_timeout(None);
    config.command_timeout(None);
    config.authentication(AuthMethod::sql_server(&access.user, &access.password));
    match &access.tls {
        Tls::Ca(bundle) => {
            config.encryption(EncryptionLevel::Required);
            config.trust_cert_ca_bundle(bundle.clone());
        }
        Tls::Unverified => {
            config.encryption(EncryptionLevel::Required);
            config.trust_cert();
        }
        Tls::Off => config.encryption(EncryptionLevel::NotSupported),
    }
    // Boxed: tiberius' login future is some 17 kB, and hundreds of writers hold one.
    let open = Box::pin(async {
        let stream = access.dialer.dial(address).await.map_err(|e| Failure::Lost(e.to_string()))?;
        Box::pin(Client::connect(config, stream.compat())).await.map_err(Failure::from)
    });
    tokio::time::timeout(access.timeout, open)
        .await
        .unwrap_or_else(|_| Err(Failure::Lost("no login in time".to_owned())))
}

/// Runs a batch and throws its rows away.
pub async fn batch(sql: &mut Sql, limit: Duration, text: &str) -> Result<(), Failure> {
    bounded(limit, async { sql.simple_query(text).await?.into_results().await.map(drop) }).await
}
