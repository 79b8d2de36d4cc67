//! A session's two directions as queues of messages: a task reads, a task writes, and neither can block the other.

use super::wire;
use crate::lab::net::BoxStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsStream;
use tokio_util::task::AbortOnDropHandle;

/// Frames waiting to be written: small, so that what counts as sent has nearly left.
const OUT: usize = 8;
/// Messages waiting to be handled.
const IN: usize = 64;

/// Bytes carried, as `sys.dm_db_mirroring_connections` counts them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicI64,
    pub(super) received: AtomicI64,
}

/// Both directions of one session. Dropping it closes the connection.
pub(super) struct Channel<R> {
    pub(super) incoming: mpsc::Receiver<R>,
    outgoing: mpsc::Sender<Vec<u8>>,
    pub(super) counters: Arc<Counters>,
    heard: watch::Receiver<Instant>,
    _reader: AbortOnDropHandle<()>,
    _writer: AbortOnDropHandle<()>,
}

/// Right to send one message now.
pub(super) struct Permit<'a>(mpsc::Permit<'a, Vec<u8>>);

impl Permit<'_> {
    /// Sends. A message that cannot be encoded is dropped: none of ours can fail to.
    pub(super) fn send<T: Serialize>(self, message: &T) {
        if let Ok(frame) = wire::encode(message) {
            self.0.send(frame);
        }
    }
}

impl<R: DeserializeOwned + Send + 'static> Channel<R> {
    /// Takes over a stream.
    pub(super) fn new(stream: TlsStream<BoxStream>) -> Self {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let counters = Arc::new(Counters::default());
        let (in_tx, incoming) = mpsc::channel(IN);
        let (outgoing, mut out_rx) = mpsc::channel::<Vec<u8>>(OUT);
        let received = counters.clone();
        let (heard_tx, heard) = watch::channel(Instant::now());
        let read = async move {
            let heard = || {
                heard_tx.send_replace(Instant::now());
            };
            while let Ok((message, bytes)) = wire::receive_heard::<R, _>(&mut reader, heard).await {
                received.received.fetch_add(bytes as i64, Ordering::Relaxed);
                if in_tx.send(message).await.is_err() {
                    return;
                }
            }
        };
        let sent = counters.clone();
        let write = async move {
            while let Some(frame) = out_rx.recv().await {
                if writer.write_all(&frame).await.is_err() || writer.flush().await.is_err() {
                    return;
                }
                sent.sent.fetch_add(frame.len() as i64, Ordering::Relaxed);
            }
            let _ = writer.shutdown().await;
        };
        Self {
            incoming,
            outgoing,
            counters,
            heard,
            _reader: AbortOnDropHandle::new(tokio::spawn(read)),
            _writer: AbortOnDropHandle::new(tokio::spawn(write)),
        }
    }

    /// When the last bytes came in: half a message is a sign of life too.
    pub(super) fn heard(&self) -> Instant {
        *self.heard.borrow()
    }

    /// Handle for sending, independent of the receiving half.
    pub(super) fn sender(&self) -> Sender {
        Sender(self.outgoing.clone())
    }
}

/// Sending half of a [`Channel`].
#[derive(Clone)]
pub(super) struct Sender(mpsc::Sender<Vec<u8>>);

impl Sender {
    /// Waits for room; `None` when the connection is gone.
    pub(super) async fn reserve(&self) -> Option<Permit<'_>> {
        self.0.reserve().await.ok().map(Permit)
    }
}
