//! One logged-in connection: requests in, answers out, the socket read all the while.

use super::backend::Event;
use super::backend::RpcCall;
use super::backend::Session;
use super::backend::Sink;
use super::backend::TransactionRequest;
use super::headers;
use super::packet::Message;
use super::packet::MessageReader;
use super::packet::kind;
use super::packet::status;
use super::response::Answer;
use super::response::Dialect;
use super::rpc;
use super::token;
use super::token::done;
use super::token::env;
use super::transaction;
use super::wire::Cursor;
use super::wire::Malformed;
use super::wire::utf16;
use super::writer::Writer;
use crate::lab::net::BoxStream;
use crate::lab::tsql::error::SqlError;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::pin::pin;
use std::time::Duration;
use tokio::io::ReadHalf;
use tokio::io::WriteHalf;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Events between the engine and the socket.
const SINK: usize = 64;
/// Requests sent ahead of the answers; nobody may do that, so a client with more of them is dropped.
const AHEAD: usize = 4;
/// Time a killed request gets to say why.
const KILL_GRACE: Duration = Duration::from_secs(1);
/// Time RESETCONNECTION may take.
const RESET_LIMIT: Duration = Duration::from_secs(30);
/// Time the last bytes of a connection may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// The connection's two halves and what all answers share.
pub(super) struct Connection {
    pub(super) reader: MessageReader<ReadHalf<BoxStream>>,
    pub(super) writer: Writer<WriteHalf<BoxStream>>,
    pub(super) dialect: Dialect,
    pub(super) shutdown: CancellationToken,
    pub(super) killed: CancellationToken,
    pub(super) ahead: VecDeque<Message>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    Attention,
    Killed,
}

/// Why a connection ends.
enum Lost {
    /// Closed by either side, or broken.
    Gone,
    /// The last message is to be sent first.
    Said,
}

impl From<io::Error> for Lost {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Connection {
    /// Serves requests until the connection ends.
    pub(super) async fn serve(&mut self, session: &mut dyn Session) {
        let last = loop {
            let served = match self.next().await {
                Ok(message) => self.request(session, message).await,
                Err(lost) => Err(lost),
            };
            if let Err(lost) = served {
                break lost;
            }
        };
        if matches!(last, Lost::Said) {
            let _ = tokio::time::timeout(CLOSE_LIMIT, self.writer.close()).await;
        }
    }

    /// The next request of an idle session; what is left of the last answer goes out meanwhile.
    async fn next(&mut self) -> Result<Message, Lost> {
        if let Some(message) = self.ahead.pop_front() {
            return Ok(message);
        }
        loop {
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Err(Lost::Gone),
                () = self.killed.cancelled() => return Err(Lost::Said),
                message = self.reader.next() => return message?.ok_or(Lost::Gone),
                sent = self.writer.push(), if self.writer.pending() => sent?,
            }
        }
    }

    async fn request(&mut self, session: &mut dyn Session, message: Message) -> Result<(), Lost> {
        if message.kind == kind::ATTENTION {
            self.acknowledge_attention();
            return Ok(());
        }
        if message.status & status::IGNORE != 0 {
            // Thrown away whole (MS-TDS 2.2.3.1.2).
            token::put_done(&mut self.writer.tokens, token::DONE, 0, 0, 0);
            self.writer.end_message();
            return Ok(());
        }
        if message.status & status::RESET_KEEP_TRANSACTION != 0 {
            return self.fatal(&rpc::refused("a connection reset that keeps the transaction"));
        }
        if message.status & status::RESET != 0 {
            token::put_env_bytes(&mut self.writer.tokens, env::RESET, &[], &[]);
            tokio::time::timeout(RESET_LIMIT, session.reset()).await.map_err(|_| Lost::Gone)?;
        }
        match message.kind {
            kind::BATCH => self.batch(session, &message.body).await,
            kind::RPC => self.rpc(session, &message.body).await,
            kind::TRANSACTION => self.transaction(session, &message.body).await,
            _ => self.fatal(&broken(&Malformed("the message type is unknown"))),
        }
    }

    async fn batch(&mut self, session: &mut dyn Session, body: &[u8]) -> Result<(), Lost> {
        match batch_text(body) {
            Ok(text) => self.execute(session, Request::Batch(text), Answer::to_batch(), false).await.map(drop),
            Err(e) => self.fatal(&broken(&e)),
        }
    }

    /// The calls of one message run in order; an attention ends them all.
    async fn rpc(&mut self, session: &mut dyn Session, body: &[u8]) -> Result<(), Lost> {
        let mut body = Cursor::new(body);
        if let Err(e) = headers::skip(&mut body) {
            return self.fatal(&broken(&e));
        }
        let mut calls = match rpc::parse(body.rest()) {
            Ok(calls) => VecDeque::from(calls),
            Err(e) => {
                self.refuse(&e);
                return Ok(());
            }
        };
        while let Some(call) = calls.pop_front() {
            let answer = Answer::to_call(&call);
            if self.execute(session, Request::Call(call), answer, !calls.is_empty()).await? == End::Attention {
                break;
            }
        }
        Ok(())
    }

    async fn transaction(&mut self, session: &mut dyn Session, body: &[u8]) -> Result<(), Lost> {
        let mut body = Cursor::new(body);
        match headers::skip(&mut body).and_then(|_| transaction::parse(body.rest())) {
            Ok(Some(request)) => {
                self.execute(session, Request::Transaction(request), Answer::to_batch(), false).await.map(drop)
            }
            Ok(None) => {
                self.refuse(&rpc::refused("distributed transactions"));
                Ok(())
            }
            Err(e) => self.fatal(&broken(&e)),
        }
    }

    /// Runs one request and ends its answer; `more` if another one's answer belongs to the same message.
    async fn execute(
        &mut self,
        session: &mut dyn Session,
        request: Request,
        mut answer: Answer,
        more: bool,
    ) -> Result<End, Lost> {
        let (sink, mut events) = mpsc::channel(SINK);
        let end = self.pump(pin!(run(session, request, sink)), &mut events, &mut answer).await?;
        let Self { writer, dialect, .. } = self;
        match end {
            End::Complete => {
                answer.finish(&mut writer.tokens, more, dialect);
                if !more {
                    writer.end_message();
                }
            }
            End::Attention => {
                let rest = std::iter::from_fn(|| events.try_recv().ok());
                answer.cut(&mut writer.tokens, rest, dialect);
                writer.end_message();
                tokio::time::timeout(RESET_LIMIT, session.cancelled()).await.map_err(|_| Lost::Gone)?;
                self.acknowledge_attention();
            }
            End::Killed => {
                while let Ok(event) = events.try_recv() {
                    answer.put(&mut writer.tokens, event, dialect);
                }
                // Even if all was said: a plain DONE could acknowledge what the kill has rolled back.
                let text = "Cannot continue the execution because the session is in the kill state.";
                answer.put(&mut writer.tokens, Event::Message(SqlError::new(596, 21, text)), dialect);
                answer.finish(&mut writer.tokens, false, dialect);
                writer.end_message();
                return Err(Lost::Said);
            }
        }
        Ok(end)
    }

    /// Moves events to the socket while the request runs, and watches for attention, kill and loss.
    async fn pump(
        &mut self,
        mut run: Pin<&mut impl Future<Output = ()>>,
        events: &mut mpsc::Receiver<Event>,
        answer: &mut Answer,
    ) -> Result<End, Lost> {
        let Self { reader, writer, dialect, shutdown, killed, ahead } = self;
        let mut running = true;
        let mut urgent = false;
        let mut kill_at: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Err(Lost::Gone),
                () = killed.cancelled(), if kill_at.is_none() => kill_at = Some(Instant::now() + KILL_GRACE),
                () = sleep_until(kill_at), if kill_at.is_some() => return Ok(End::Killed),
                message = reader.next() => match message?.ok_or(Lost::Gone)? {
                    message if message.kind == kind::ATTENTION => {
                        ahead.clear();
                        return Ok(End::Attention);
                    }
                    message if ahead.len() < AHEAD => ahead.push_back(message),
                    _ => return Err(Lost::Gone),
                },
                sent = writer.push(), if writer.pending() => sent?,
                event = events.recv(), if writer.has_room() => match event {
                    Some(event) => {
                        urgent |= matches!(event, Event::Message(_));
                        answer.put(&mut writer.tokens, event, dialect);
                        writer.frame();
                    }
                    None if kill_at.is_some() => return Ok(End::Killed),
                    None => return Ok(End::Complete),
                },
                () = &mut run, if running => running = false,
                // A message does not wait for a full packet while the statement goes on.
                () = std::future::ready(()), if urgent => {
                    urgent = false;
                    writer.frame_partial();
                }
            }
        }
    }

    /// An error and its DONE; the connection goes on.
    fn refuse(&mut self, error: &SqlError) {
        let tokens = &mut self.writer.tokens;
        token::put_message(tokens, error, &self.dialect.server);
        token::put_done(tokens, token::DONE, done::ERROR, 0, 0);
        self.writer.end_message();
    }

    /// The same, after which the connection ends.
    fn fatal(&mut self, error: &SqlError) -> Result<(), Lost> {
        self.refuse(error);
        Err(Lost::Said)
    }

    /// A message of its own: some clients wait for it after the answer they cut (facts: tds-server 6).
    fn acknowledge_attention(&mut self) {
        token::put_done(&mut self.writer.tokens, token::DONE, done::ATTENTION, 0, 0);
        self.writer.end_message();
    }
}

/// One thing for the engine to do.
enum Request {
    Batch(String),
    Call(RpcCall),
    Transaction(TransactionRequest),
}

/// The sink is dropped at the end: that is how the reader of the events learns of it.
async fn run(session: &mut dyn Session, request: Request, sink: Sink) {
    match request {
        Request::Batch(text) => session.batch(&text, &sink).await,
        Request::Call(call) => session.rpc(call, &sink).await,
        Request::Transaction(request) => session.transaction(request, &sink).await,
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn batch_text(body: &[u8]) -> Result<String, Malformed> {
    let mut body = Cursor::new(body);
    headers::skip(&mut body)?;
    utf16(body.rest())
}

/// A stream that cannot be read on.
fn broken(e: &Malformed) -> SqlError {
    SqlError::new(4002, 16, format!("The incoming tabular data stream (TDS) protocol stream is incorrect: {e}."))
}
