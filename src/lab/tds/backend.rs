//! The seam between the TDS server and the engine: sessions in, a stream of events out.

use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use async_trait::async_trait;
use std::sync::Arc;

/// What LOGIN7 (and PRELOGIN) said.
#[derive(Clone)]
pub struct LoginRequest {
    pub user: String,
    /// Clear text; drop it soon.
    pub password: String,
    /// Feature FEDAUTH, library 1.
    pub access_token: Option<String>,
    /// Windows authentication was asked for (SSPI): refused with 18452 by the lab.
    pub integrated: bool,
    /// Empty: the login's default.
    pub database: String,
    pub host_name: String,
    pub program_name: String,
    pub client_interface: String,
    pub server_name: String,
    pub client_pid: u32,
    pub read_only_intent: bool,
    pub client_address: String,
    pub encrypted: bool,
    pub packet_size: u32,
}

/// Neither the password nor the token.
impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRequest")
            .field("user", &self.user)
            .field("access_token", &self.access_token.is_some())
            .field("integrated", &self.integrated)
            .field("database", &self.database)
            .field("host_name", &self.host_name)
            .field("program_name", &self.program_name)
            .field("client_address", &self.client_address)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

/// Errors to send before the connection is closed, in order (4060 then 18456, say).
#[derive(Debug)]
pub struct LoginFailure(pub Vec<SqlError>);

/// What the login answer tells the client.
#[derive(Debug, Clone)]
pub struct LoginAck {
    pub database: String,
    pub language: String,
    /// Five bytes of ENVCHANGE 7.
    pub collation: [u8; 5],
    /// `Microsoft SQL Server`
    pub program: String,
    /// Major, minor, build (big-endian on the wire).
    pub version: (u8, u8, u16),
    pub server_name: String,
}

/// One thing to put on the wire. The TDS layer chooses tokens, DONE flavours and MORE bits.
#[derive(Debug, Clone)]
pub enum Event {
    Columns(Arc<[Column]>),
    Row(Row),
    /// End of one statement: row count if counted (SET NOCOUNT OFF), CurCmd (0xC1 SELECT, 0xC3 INSERT, 0xC5 UPDATE, 0xC4 DELETE, 0 other), error bit.
    Done {
        count: Option<u64>,
        command: u16,
        error: bool,
    },
    /// ERROR or INFO by class.
    Message(SqlError),
    /// Current database changed (ENVCHANGE 1 with INFO 5701).
    Database {
        new: String,
        old: String,
    },
    /// ENVCHANGE 8 / 9 / 10.
    TransactionBegun(u64),
    TransactionCommitted(u64),
    TransactionRolledBack(u64),
    ReturnStatus(i32),
    ReturnValue {
        name: String,
        ty: SqlType,
        value: Value,
    },
}

/// Where a session puts its events: bounded, so a slow reader slows the statement and nobody else.
pub type Sink = tokio::sync::mpsc::Sender<Event>;

/// One call of an RPC message.
#[derive(Debug, Clone)]
pub struct RpcCall {
    pub procedure: RpcName,
    pub params: Vec<RpcParam>,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RpcName {
    /// Well-known ids: 10 sp_executesql, 11 sp_prepare, 12 sp_execute, 13 sp_prepexec, 15 sp_unprepare, …
    Id(u16),
    Name(String),
}
#[derive(Debug, Clone)]
pub struct RpcParam {
    /// As sent, with or without `@`; empty when unnamed.
    pub name: String,
    pub output: bool,
    /// Default-value status bit.
    pub default: bool,
    /// `None` for the untyped NULL.
    pub ty: Option<SqlType>,
    pub value: Value,
}

/// Transaction manager requests 5, 7, 8 and 9.
#[derive(Debug, Clone)]
pub enum TransactionRequest {
    Begin {
        isolation: u8,
        name: String,
    },
    /// `begin_again`: fBeginXact with its isolation level.
    Commit {
        begin_again: Option<u8>,
    },
    Rollback {
        name: String,
        begin_again: Option<u8>,
    },
    Save {
        name: String,
    },
}

/// An instance, as the TDS listener sees it.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// What PRELOGIN answers and the errors of a refused login name: asked before anybody is logged in.
    fn server(&self) -> (String, (u8, u8, u16)) {
        (String::new(), (16, 0, 1000))
    }
    async fn login(&self, request: LoginRequest) -> Result<(LoginAck, Box<dyn Session>), LoginFailure>;
}

/// One logged-in session. Futures may be dropped at any await (attention, lost client); the session stays usable after
/// `cancelled()`. Dropping the session ends it: open work is rolled back, locks and applocks go.
#[async_trait]
pub trait Session: Send {
    /// Goes into the header of every packet.
    fn spid(&self) -> u16 {
        0
    }
    async fn batch(&mut self, text: &str, sink: &Sink);
    async fn rpc(&mut self, call: RpcCall, sink: &Sink);
    async fn transaction(&mut self, request: TransactionRequest, sink: &Sink);
    /// RESETCONNECTION: rolls back, drops temp objects and prepared handles, back to the login database and defaults.
    async fn reset(&mut self);
    /// The running request was cut off by an attention.
    async fn cancelled(&mut self);
    /// Resolves when the server ends this session (KILL, shutdown, role change): the connection is closed, after `messages` if any.
    fn killed(&self) -> tokio_util::sync::CancellationToken;
}
