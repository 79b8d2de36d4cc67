//! A process that can be suspended: while its gate is shut it neither computes nor hears.

use crate::base::changes::Changes;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// Open or shut; shared by all that belongs to one process.
#[derive(Clone, Default)]
pub struct Gate {
    shut: Arc<AtomicBool>,
    moved: Arc<Changes>,
    /// Each ends one connection of the process.
    streams: Arc<Mutex<Vec<Cut>>>,
}

type Cut = Box<dyn Fn() + Send>;

impl Gate {
    pub fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
    }
    pub fn open(&self) {
        self.shut.store(false, Ordering::SeqCst);
        self.moved.bump();
    }
    /// Every connection breaks: the servers hear of it at once, the process when it next looks.
    pub fn sever(&self) {
        for cut in std::mem::take(&mut *lock(&self.streams)) {
            cut();
        }
    }
    /// Returns once it is open.
    pub async fn pass(&self) {
        let mut moved = self.moved.subscribe();
        while self.shut.load(Ordering::SeqCst) {
            if moved.changed().await.is_err() {
                return;
            }
        }
    }
    /// Runs a future that makes no progress while the gate is shut.
    pub fn guard<F: Future>(&self, inner: F) -> Gated<F> {
        Gated { gate: self.clone(), waiting: None, inner: Box::pin(inner) }
    }
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// True if the gate is open; else the task is woken when it opens.
fn passes(gate: &Gate, waiting: &mut Option<Wait>, cx: &mut Context<'_>) -> bool {
    if waiting.is_none() {
        if !gate.shut.load(Ordering::SeqCst) {
            return true;
        }
        let gate = gate.clone();
        *waiting = Some(Box::pin(async move { gate.pass().await }));
    }
    let open = waiting.as_mut().is_none_or(|w| w.as_mut().poll(cx).is_ready());
    if open {
        *waiting = None;
    }
    open
}

/// See [`Gate::guard`].
pub struct Gated<F> {
    gate: Gate,
    waiting: Option<Wait>,
    inner: Pin<Box<F>>,
}

impl<F: Future> Future for Gated<F> {
    type Output = F::Output;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        if !passes(&this.gate, &mut this.waiting, cx) {
            return Poll::Pending;
        }
        this.inner.as_mut().poll(cx)
    }
}

/// A connection that somebody else may break.
type Held<S> = Arc<Mutex<Option<S>>>;

/// A stream of a process: nothing is read or written while its gate is shut, so that its background tasks stand still too.
pub struct GatedStream<S> {
    gate: Gate,
    waiting: Option<Wait>,
    inner: Held<S>,
}

impl<S: Send + 'static> GatedStream<S> {
    pub fn new(gate: Gate, inner: S) -> Self {
        let inner = Arc::new(Mutex::new(Some(inner)));
        let held = Arc::downgrade(&inner);
        let cut = move || {
            if let Some(inner) = held.upgrade() {
                drop(lock(&inner).take());
            }
        };
        lock(&gate.streams).push(Box::new(cut));
        Self { gate, waiting: None, inner }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Unpin> GatedStream<S> {
    fn with<T>(
        &mut self,
        cx: &mut Context<'_>,
        work: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        if !passes(&self.gate, &mut self.waiting, cx) {
            return Poll::Pending;
        }
        match lock(&self.inner).as_mut() {
            Some(stream) => work(Pin::new(stream), cx),
            None => Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GatedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.get_mut().with(cx, |s, cx| s.poll_read(cx, buf))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GatedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        self.get_mut().with(cx, |s, cx| s.poll_write(cx, buf))
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.get_mut().with(cx, AsyncWrite::poll_flush)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.get_mut().with(cx, AsyncWrite::poll_shutdown)
    }
}
