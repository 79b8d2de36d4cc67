//! What two mirroring endpoints say to each other. The vendor's format is not public: this one is the lab's own.

use crate::lab::world::log::LogBlock;
use crate::lab::world::lsn::Lsn;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Version of this format; both ends must have the same (35203 otherwise).
pub const VERSION: u16 = 1;
/// Largest frame accepted: a log block of a large transaction fits, a hostile length does not.
const MAX_FRAME: usize = 64 * 1024 * 1024;

/// First words, in clear: what each side can do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    pub version: u16,
    /// `connection_auth` of the endpoint (facts: sql-server-hadr a).
    pub connection_auth: u8,
    /// `encryption_algorithm` of the endpoint.
    pub encryption_algorithm: u8,
    pub managed: bool,
    /// `@@SERVERNAME`, for logs only.
    pub server: String,
}

/// Why one side does not let the other in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub number: i32,
    pub state: u8,
    pub text: String,
    /// For the managed side, which reports links by these numbers (41973, 41974, 41976, 41998).
    pub link_error: Option<i32>,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Ship log from the dialling primary.
    Data,
    /// Only ask whether names and ways are right.
    Probe,
}

/// One database of a group, with the id it has in the group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DbIdent {
    pub name: String,
    pub group_database_id: Uuid,
}

/// First message after the handshake.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Open {
    pub purpose: Purpose,
    /// Group both sides know: a DAG, or a local AG with several replicas.
    pub group: String,
    pub distributed: bool,
    pub group_id: Uuid,
    /// Replica (in a DAG: AG) that dials.
    pub from: String,
    /// Replica (in a DAG: AG) that is dialled.
    pub to: String,
    /// `Server=[..]` of the URL dialled.
    pub server: Option<String>,
    /// Replica ids by replica name.
    pub replicas: Vec<(String, Uuid)>,
    /// Role of the dialling side: 0 resolving, 1 primary, 2 secondary.
    pub role: u8,
    pub databases: Vec<DbIdent>,
    pub synchronous: bool,
    pub session_timeout_s: i32,
    /// Engine major version of the dialling side.
    pub major: u32,
    /// Ordinary AG: the configuration every replica keeps a copy of. Each side of a DAG has its own.
    pub configuration: Vec<ReplicaConfig>,
}

/// A replica of an ordinary AG, as configured on its primary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReplicaConfig {
    pub name: String,
    pub replica_id: Uuid,
    pub endpoint_url: String,
    pub availability_mode: u8,
    pub failover_mode: u8,
    pub seeding_mode: u8,
    pub session_timeout_s: i32,
    pub backup_priority: i32,
    pub primary_allow: u8,
    pub secondary_allow: u8,
}

/// A point where a database's history branched (forced failover).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    pub id: Uuid,
    /// First log of this branch.
    pub start: Lsn,
}

/// How far the dialled side has a database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DbPosition {
    pub name: String,
    pub copy: Copy,
}

/// A secondary's copy of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Copy {
    /// No database of that name.
    Absent,
    /// A database of that name that is not part of the group.
    Foreign,
    /// A seeded copy.
    Present { fork: Option<Uuid>, hardened: Lsn, redone: Lsn },
}

/// Answer to [`Open`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum OpenReply {
    Refused(Refusal),
    Accepted { role: u8, replica_id: Uuid, may_create: bool, major: u32, databases: Vec<DbPosition> },
}

/// How far a secondary is with one database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgressReport {
    pub database: String,
    pub received: Lsn,
    pub hardened: Lsn,
    pub redone: Lsn,
    pub last_commit: Option<(Lsn, OffsetDateTime)>,
    pub redo_queue_bytes: i64,
    pub redo_rate_bytes: i64,
    pub suspended: Option<u8>,
}

/// Bytes of a copy, written as one piece and not one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk(pub Vec<u8>);

impl Serialize for Chunk {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Chunk {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Chunk;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, v: &[u8]) -> Result<Chunk, E> {
                Ok(Chunk(v.to_vec()))
            }
            fn visit_byte_buf<E>(self, v: Vec<u8>) -> Result<Chunk, E> {
                Ok(Chunk(v))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// From the primary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Down {
    Ping,
    /// A seeding operation: what follows replaces a present copy if `revert`.
    SeedBegin {
        database: String,
        operation: Uuid,
        size: u64,
        revert: bool,
        attempt: i32,
    },
    SeedChunk {
        database: String,
        bytes: Chunk,
        /// Bytes that it stands for besides.
        unsent: u64,
    },
    SeedEnd {
        database: String,
        forks: Vec<Fork>,
    },
    /// Seeding was given up by the primary.
    SeedFailed {
        database: String,
        number: i32,
        text: String,
    },
    /// The copies overlap: log follows from where the secondary is.
    Join {
        database: String,
        forks: Vec<Fork>,
    },
    Block {
        database: String,
        block: Arc<LogBlock>,
    },
    /// Log shipping of a database has caught up (`true`) or fallen behind.
    Synchronized {
        database: String,
        synchronized: bool,
        synchronous: bool,
    },
    /// Effective commit mode changed.
    Mode {
        synchronous: bool,
    },
    FailoverBegin,
    FailoverCancelled,
    /// All log is yours: redo up to these positions and be the primary.
    TakeOver {
        positions: Vec<(String, Lsn)>,
    },
    Bye,
}

/// From the secondary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Up {
    Pong,
    /// Ready for the stream, or why not: failure state (facts: sql-server-hadr a) and error number.
    SeedReady {
        database: String,
        refused: Option<(i32, i32)>,
    },
    SeedDone {
        database: String,
        refused: Option<(i32, i32, String)>,
    },
    Progress(ProgressReport),
    TookOver,
}

fn bad(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// A message as a frame: length, then content.
pub fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let body = postcard::to_stdvec(message).map_err(bad)?;
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&(body.len() as u32).to_be_bytes());
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// Writes one frame.
pub async fn send<T: Serialize, W: AsyncWrite + Unpin>(stream: &mut W, message: &T) -> io::Result<()> {
    stream.write_all(&encode(message)?).await?;
    stream.flush().await
}

/// Reads one frame; also says how many bytes it had.
pub async fn receive<T: DeserializeOwned, R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<(T, usize)> {
    receive_heard(stream, || ()).await
}

/// As [`receive`]; `heard` is called whenever bytes come in, also in the middle of a frame.
pub async fn receive_heard<T: DeserializeOwned, R: AsyncRead + Unpin>(
    stream: &mut R,
    mut heard: impl FnMut(),
) -> io::Result<(T, usize)> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(bad("frame too large"));
    }
    heard();
    let mut body = vec![0; length];
    let mut filled = 0;
    while let Some(rest) = body.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
        heard();
    }
    Ok((postcard::from_bytes(&body).map_err(bad)?, length + 4))
}
