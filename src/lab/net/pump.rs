//! Carries the bytes of one direction of one connection, as slowly as the path says.

use super::fabric::Fabric;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Largest piece that is paced as one; small, so that connections share a line fairly.
const PIECE: usize = 16 * 1024;
/// Pieces in flight: bounds the memory of a stalled connection.
const IN_FLIGHT: usize = 64;
/// tokio's timers count milliseconds: shorter debts are carried over instead of rounded up.
const TIMER_GRAIN: Duration = Duration::from_millis(1);
/// A closed connection whose path is cut is forgotten after this long, like a peer's keepalive would.
const ORPHAN: Duration = Duration::from_secs(120);

/// Copies until end of file; latency, bandwidth and cuts of `from` → `to` apply.
pub(super) async fn pump<R, W>(fabric: Arc<Fabric>, from: String, to: String, mut reader: R, mut writer: W)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (tx, mut rx) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    let read_side = async {
        let mut buffer = vec![0; PIECE];
        loop {
            let n = match reader.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(n) => n,
            };
            let gone = fabric.book(&from, &to, n);
            if gone > Instant::now() + TIMER_GRAIN {
                tokio::time::sleep_until(gone).await;
            }
            let arrives = Instant::now() + fabric.get(&from, &to).latency;
            if tx.send((arrives, buffer[..n].to_vec())).await.is_err() {
                break;
            }
        }
        drop(tx);
    };
    let write_side = async {
        while let Some((arrives, bytes)) = rx.recv().await {
            if arrives > Instant::now() {
                tokio::time::sleep_until(arrives).await;
            }
            fabric.open(&from, &to).await;
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                return;
            }
        }
        // the end of the stream travels like data: a cut hides it, but not for ever
        let _ = tokio::time::timeout(ORPHAN, fabric.open(&from, &to)).await;
        let _ = writer.shutdown().await;
    };
    tokio::pin!(read_side);
    tokio::pin!(write_side);
    tokio::select! {
        biased;
        () = &mut write_side => return,
        () = &mut read_side => {}
    }
    // what is in flight still arrives, unless the path stays cut
    let _ = tokio::time::timeout(ORPHAN * 2, write_side).await;
}
