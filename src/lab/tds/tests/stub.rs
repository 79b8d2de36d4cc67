//! A backend with a language of its own, just rich enough to make every kind of answer.
//!
//! A batch is a list of commands separated by `;`: `types`, `fixed`, `rows N`, `wait`, `print TEXT`, `fail TEXT`,
//! `use NAME`, `BEGIN`, `COMMIT`, `ROLLBACK`, `die`, `log`, `crooked`, `nothing`. Anything else is a statement without a result.
//! An RPC gives its parameters back as a row.

use crate::lab::tds::backend::Backend;
use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::LoginAck;
use crate::lab::tds::backend::LoginFailure;
use crate::lab::tds::backend::LoginRequest;
use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::RpcName;
use crate::lab::tds::backend::RpcParam;
use crate::lab::tds::backend::Session;
use crate::lab::tds::backend::Sink;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tds::serve;
use crate::lab::tds::serve::TdsConfig;
use crate::lab::tds::serve::TdsTls;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use async_trait::async_trait;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::IsCa;
use rcgen::KeyPair;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// SQL_Latin1_General_CP1_CI_AS.
pub(super) const COLLATION: [u8; 5] = [0x09, 0x04, 0xD0, 0x00, 0x34];

/// What the sessions noticed, in order.
pub(super) type Log = Arc<Mutex<Vec<String>>>;

pub(super) struct Stub {
    pub(super) log: Log,
    /// One permit for each session that has ended.
    pub(super) ended: Arc<Semaphore>,
}

struct StubSession {
    log: Log,
    database: String,
    transaction: u64,
    killed: CancellationToken,
    ended: Arc<Semaphore>,
}

#[async_trait]
impl Backend for Stub {
    fn server(&self) -> (String, (u8, u8, u16)) {
        ("STUB".to_owned(), (16, 0, 4175))
    }

    async fn login(&self, request: LoginRequest) -> Result<(LoginAck, Box<dyn Session>), LoginFailure> {
        let known = (request.user == "sa" && request.password == "Pässw0rd!")
            || request.access_token.as_deref() == Some("token");
        let failed = SqlError::new(18456, 14, format!("Login failed for user '{}'.", request.user));
        if !known {
            return Err(LoginFailure(vec![failed]));
        }
        let database = if request.database.is_empty() { "master".to_owned() } else { request.database.clone() };
        if database == "missing" {
            let text = "Cannot open database \"missing\" requested by the login. The login failed.";
            return Err(LoginFailure(vec![SqlError::new(4060, 11, text), failed]));
        }
        self.log
            .lock()
            .unwrap()
            .push(format!("login {} {} {}", request.program_name, request.encrypted, request.packet_size));
        let ack = LoginAck {
            database: database.clone(),
            language: "us_english".to_owned(),
            collation: COLLATION,
            program: "Microsoft SQL Server".to_owned(),
            version: (16, 0, 4175),
            server_name: "STUB".to_owned(),
        };
        let killed = CancellationToken::new();
        let (log, ended) = (Arc::clone(&self.log), Arc::clone(&self.ended));
        Ok((ack, Box::new(StubSession { log, database, transaction: 0, killed, ended })))
    }
}

#[async_trait]
impl Session for StubSession {
    fn spid(&self) -> u16 {
        51
    }

    async fn batch(&mut self, text: &str, sink: &Sink) {
        self.log.lock().unwrap().push(format!("batch {text}"));
        for command in text.split(';').map(str::trim).filter(|c| !c.is_empty()) {
            if !self.command(command, sink).await {
                return;
            }
        }
    }

    async fn rpc(&mut self, call: RpcCall, sink: &Sink) {
        self.log.lock().unwrap().push(format!("rpc {:?}", call.procedure));
        let (skip, handle) = match &call.procedure {
            RpcName::Id(10) => (2, false),
            RpcName::Id(11) => (call.params.len(), true),
            RpcName::Id(12) => (1, false),
            RpcName::Id(13) => (3, true),
            RpcName::Id(15) => (call.params.len(), false),
            RpcName::Name(name) if name.eq_ignore_ascii_case("sp_executesql") => (2, false),
            other => {
                let text = format!("Could not find stored procedure '{other:?}'.");
                let _ = sink.send(Event::Message(SqlError::new(2812, 16, text).state(62))).await;
                let _ = sink.send(Event::ReturnStatus(2812)).await;
                return;
            }
        };
        let text = call.params.iter().find_map(|p| match &p.value {
            Value::Str(s) if !p.output => Some(Arc::clone(s)),
            _ => None,
        });
        let values = &call.params[skip.min(call.params.len())..];
        match text {
            Some(text) if values.is_empty() && skip == 2 => self.batch(&text, sink).await,
            _ if values.is_empty() => {}
            _ => echo(values, sink).await,
        }
        for param in values.iter().filter(|p| p.output) {
            let ty = param.ty.unwrap_or(SqlType::Int);
            let event = Event::ReturnValue { name: param.name.clone(), ty, value: param.value.clone() };
            let _ = sink.send(event).await;
        }
        if handle {
            let name = call.params[0].name.clone();
            let event = Event::ReturnValue { name, ty: SqlType::Int, value: Value::Int(7) };
            let _ = sink.send(event).await;
        }
        let _ = sink.send(Event::ReturnStatus(0)).await;
    }

    async fn transaction(&mut self, request: TransactionRequest, sink: &Sink) {
        self.log.lock().unwrap().push(format!("transaction {request:?}"));
        let again = match request {
            TransactionRequest::Begin { .. } => Some(0),
            TransactionRequest::Commit { begin_again } => {
                let _ = sink.send(Event::TransactionCommitted(self.transaction)).await;
                begin_again
            }
            TransactionRequest::Rollback { begin_again, .. } => {
                let _ = sink.send(Event::TransactionRolledBack(self.transaction)).await;
                begin_again
            }
            TransactionRequest::Save { .. } => None,
        };
        if again.is_some() {
            self.transaction += 1;
            let _ = sink.send(Event::TransactionBegun(self.transaction)).await;
        }
    }

    async fn reset(&mut self) {
        self.log.lock().unwrap().push("reset".to_owned());
    }

    async fn cancelled(&mut self) {
        self.log.lock().unwrap().push("cancelled".to_owned());
    }

    fn killed(&self) -> CancellationToken {
        self.killed.clone()
    }
}

impl Drop for StubSession {
    fn drop(&mut self) {
        self.ended.add_permits(1);
    }
}

impl StubSession {
    /// False if the command ends the batch.
    async fn command(&mut self, command: &str, sink: &Sink) -> bool {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        match word {
            "types" => rows(sink, typed(), 1).await,
            "fixed" => rows(sink, fixed(), 1).await,
            "rows" => rows(sink, many(), rest.parse().unwrap_or(0)).await,
            "wait" => std::future::pending().await,
            "print" => {
                let _ = sink.send(Event::Message(SqlError::new(0, 0, rest))).await;
                done(sink, None, 0, false).await;
            }
            "fail" => {
                let _ = sink.send(Event::Message(SqlError { line: 1, ..SqlError::new(208, 16, rest) })).await;
                done(sink, None, 0, true).await;
                return false;
            }
            "log" => {
                let seen = self.log.lock().unwrap().join("|");
                let columns = Arc::from([Column::new("log", SqlType::NVarChar(Len::Max))]);
                rows(sink, (columns, Arc::from([Value::str(seen)])), 1).await;
            }
            "use" => {
                let old = std::mem::replace(&mut self.database, rest.to_owned());
                let _ = sink.send(Event::Database { new: rest.to_owned(), old }).await;
                done(sink, None, 0, false).await;
            }
            "die" => {
                self.killed.cancel();
                let text = "Cannot continue the execution because the session is in the kill state.";
                let _ = sink.send(Event::Message(SqlError::new(596, 21, text))).await;
                return false;
            }
            "crooked" => {
                let columns = Arc::from([Column::new("n", SqlType::Int)]);
                rows(sink, (columns, Arc::from([Value::str("no number")])), 1).await;
            }
            "BEGIN" | "COMMIT" | "ROLLBACK" => {
                let event = match word {
                    "BEGIN" => Event::TransactionBegun(77),
                    "COMMIT" => Event::TransactionCommitted(77),
                    _ => Event::TransactionRolledBack(77),
                };
                let _ = sink.send(event).await;
                done(sink, None, 0, false).await;
            }
            _ => done(sink, None, 0, false).await,
        }
        true
    }
}

async fn done(sink: &Sink, count: Option<u64>, command: u16, error: bool) {
    let _ = sink.send(Event::Done { count, command, error }).await;
}

async fn rows(sink: &Sink, (columns, row): (Arc<[Column]>, Row), n: u64) {
    let _ = sink.send(Event::Columns(columns)).await;
    for _ in 0..n {
        let _ = sink.send(Event::Row(Arc::clone(&row))).await;
    }
    done(sink, Some(n), 0xC1, false).await;
}

async fn echo(params: &[RpcParam], sink: &Sink) {
    let columns = params.iter().map(|p| Column::new(p.name.trim_start_matches('@'), p.ty.unwrap_or(SqlType::Int)));
    let row = params.iter().map(|p| p.value.clone()).collect();
    rows(sink, (columns.collect(), row), 1).await;
}

fn many() -> (Arc<[Column]>, Row) {
    let columns = [Column::new("n", SqlType::Int), Column::new("text", SqlType::NVarChar(Len::N(200)))];
    (Arc::from(columns), Arc::from([Value::Int(7), Value::str("x".repeat(150))]))
}

/// One column of every type, all nullable, then the same as NULL.
fn typed() -> (Arc<[Column]>, Row) {
    let guid = Uuid::from_u128(0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF);
    let when = Value::DateTime { days: 738_000, ticks: 431_234_567_890 };
    let pairs: Vec<(&str, SqlType, Value)> = vec![
        ("bit", SqlType::Bit, true.into()),
        ("tinyint", SqlType::TinyInt, Value::TinyInt(200)),
        ("smallint", SqlType::SmallInt, Value::SmallInt(-2)),
        ("int", SqlType::Int, (-3).into()),
        ("bigint", SqlType::BigInt, i64::MIN.into()),
        ("numeric", SqlType::Decimal(25, 0), Value::Decimal { unscaled: 1_234_567_890_123_456_789_012_345, scale: 0 }),
        ("decimal", SqlType::Decimal(9, 3), Value::Decimal { unscaled: -12_345, scale: 3 }),
        ("money", SqlType::Money, Value::Money(-12_345)),
        ("smallmoney", SqlType::SmallMoney, Value::Money(10_000)),
        ("real", SqlType::Real, Value::Real(1.5)),
        ("float", SqlType::Float, Value::Float(-2.25)),
        ("date", SqlType::Date, Value::Date(738_000)),
        ("time", SqlType::Time(7), Value::Time(431_234_567_890)),
        ("smalldatetime", SqlType::SmallDateTime, when.clone()),
        ("datetime", SqlType::DateTime, when.clone()),
        ("datetime2", SqlType::DateTime2(7), when.clone()),
        (
            "datetimeoffset",
            SqlType::DateTimeOffset(3),
            Value::DateTimeOffset { days: 738_000, ticks: 0, offset_min: -90 },
        ),
        ("char", SqlType::Char(4), "ab".into()),
        ("varchar", SqlType::VarChar(Len::N(20)), "€ née".into()),
        ("varchar_max", SqlType::VarChar(Len::Max), "é".repeat(5000).into()),
        ("nchar", SqlType::NChar(3), "x".into()),
        ("nvarchar", SqlType::NVarChar(Len::N(128)), "naïve 漢字 🙂".into()),
        ("nvarchar_max", SqlType::NVarChar(Len::Max), "n".repeat(9000).into()),
        ("empty_max", SqlType::NVarChar(Len::Max), "".into()),
        ("binary", SqlType::Binary(4), Value::bytes([1, 2])),
        ("varbinary", SqlType::VarBinary(Len::N(10)), Value::bytes([3, 4, 5])),
        ("varbinary_max", SqlType::VarBinary(Len::Max), Value::bytes([7; 10_000])),
        ("guid", SqlType::UniqueIdentifier, guid.into()),
        ("xml", SqlType::Xml, "<a/>".into()),
        ("v_int", SqlType::SqlVariant, variant(SqlType::Int, 5.into())),
        ("v_text", SqlType::SqlVariant, variant(SqlType::NVarChar(Len::N(10)), "vt".into())),
        ("v_when", SqlType::SqlVariant, variant(SqlType::DateTime, when)),
        ("v_guid", SqlType::SqlVariant, variant(SqlType::UniqueIdentifier, guid.into())),
    ];
    let mut columns = Vec::new();
    let mut row = Vec::new();
    for (name, ty, value) in &pairs {
        columns.push(Column::new(*name, *ty));
        row.push(value.clone());
    }
    for (name, ty, _) in &pairs {
        columns.push(Column::new(format!("null_{name}"), *ty));
        row.push(Value::Null);
    }
    (columns.into(), row.into())
}

fn variant(ty: SqlType, value: Value) -> Value {
    Value::Variant(Box::new((ty, value)))
}

/// NOT NULL columns: the fixed-length types.
fn fixed() -> (Arc<[Column]>, Row) {
    let when = Value::DateTime { days: 738_000, ticks: 864_000_000_000 / 2 };
    let pairs = [
        (SqlType::Bit, Value::Bit(true)),
        (SqlType::TinyInt, Value::TinyInt(1)),
        (SqlType::SmallInt, Value::SmallInt(2)),
        (SqlType::Int, Value::Int(3)),
        (SqlType::BigInt, Value::BigInt(4)),
        (SqlType::Real, Value::Real(5.0)),
        (SqlType::Float, Value::Float(6.0)),
        (SqlType::Money, Value::Money(70_000)),
        (SqlType::SmallMoney, Value::Money(80_000)),
        (SqlType::DateTime, when.clone()),
        (SqlType::SmallDateTime, when),
    ];
    let column = |ty| Column { nullable: false, ..Column::new(format!("{ty:?}"), ty) };
    (pairs.iter().map(|(ty, _)| column(*ty)).collect(), pairs.iter().map(|(_, v)| v.clone()).collect())
}

/// A running server on a loopback port.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) ca: String,
    pub(super) log: Log,
    pub(super) ended: Arc<Semaphore>,
    pub(super) shutdown: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A CA and a leaf signed by it, as facts: tds-server 3 found every client to accept.
pub(super) fn certificates() -> (TdsTls, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "TDS test CA");
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "localhost");
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &ca).unwrap();
    let chain = vec![leaf.der().clone(), ca.der().clone()];
    let key = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (TdsTls::new(chain, key).unwrap(), ca.pem())
}

pub(super) async fn start(force_encryption: bool) -> Server {
    let (tls, ca) = certificates();
    let log = Log::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let config = TdsConfig { tls, force_encryption, login_timeout: Duration::from_secs(30), default_packet_size: 4096 };
    let ended = Arc::new(Semaphore::new(0));
    let backend = Arc::new(Stub { log: Arc::clone(&log), ended: Arc::clone(&ended) });
    tokio::spawn(serve::serve(listener, Arc::new(config), backend, shutdown.clone()));
    Server { address, ca, log, ended, shutdown }
}
