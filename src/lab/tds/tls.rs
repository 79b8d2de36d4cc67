//! The stream under TLS: handshake records wrapped in packets of type 0x12, then bare (facts: tds-server 3).

use super::packet::DEFAULT_PACKET_SIZE;
use super::packet::HEADER;
use super::packet::Header;
use super::packet::kind;
use super::packet::status;
use bytes::Buf;
use bytes::BufMut;
use bytes::BytesMut;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// Length of a TLS record's header.
const RECORD_HEADER: usize = 5;

/// How bytes below TLS travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// In packets of type 0x12.
    Wrapped,
    /// As they are, but reads stop at the end of each TLS record, so that the stream can be taken out of TLS
    /// after any of them.
    Records,
    Bare,
}

/// A stream that can be wrapped, and into which read bytes can be put back.
#[derive(Debug)]
pub(super) struct Wire<S> {
    inner: S,
    mode: Mode,
    /// Bytes read ahead.
    ahead: BytesMut,
    /// Header in the making, of a packet or of a record.
    header: BytesMut,
    /// Bytes of the current packet or record that are still to be read.
    left: usize,
    /// Handshake bytes not yet in a packet.
    plain: BytesMut,
    wrapped: BytesMut,
}

impl<S> Wire<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            mode: Mode::Bare,
            ahead: BytesMut::new(),
            header: BytesMut::new(),
            left: 0,
            plain: BytesMut::new(),
            wrapped: BytesMut::new(),
        }
    }

    pub(super) fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// The next byte, left in place; `None` at the end of the stream.
    pub(super) async fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.ahead.is_empty() {
            let mut byte = [0];
            if self.inner.read(&mut byte).await? == 0 {
                return Ok(None);
            }
            self.ahead.put_u8(byte[0]);
        }
        Ok(self.ahead.first().copied())
    }

    fn poll_bare(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buf);
        }
        let n = self.ahead.len().min(buf.remaining());
        buf.put_slice(&self.ahead[..n]);
        self.ahead.advance(n);
        Poll::Ready(Ok(()))
    }

    /// Completes `header` up to `size` bytes; `false` at the end of the stream.
    fn poll_header(&mut self, cx: &mut Context<'_>, size: usize) -> Poll<io::Result<bool>> {
        while self.header.len() < size {
            let mut bytes = [0; HEADER];
            let mut part = ReadBuf::new(&mut bytes[..size - self.header.len()]);
            ready!(self.poll_bare(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.header.put_slice(part.filled());
        }
        Poll::Ready(Ok(true))
    }

    /// Reads no further than the current packet or record goes.
    fn poll_left(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 2048];
        let n = self.left.min(buf.remaining()).min(bytes.len());
        let mut part = ReadBuf::new(&mut bytes[..n]);
        ready!(self.poll_bare(cx, &mut part))?;
        let filled = part.filled().len();
        buf.put_slice(part.filled());
        self.left -= filled;
        Poll::Ready(Ok(()))
    }

    fn poll_wrapped(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.left == 0 {
            if !ready!(self.poll_header(cx, HEADER))? {
                return Poll::Ready(Ok(()));
            }
            let mut bytes = [0; HEADER];
            self.header.copy_to_slice(&mut bytes);
            match Header::parse(bytes) {
                Ok(header) if header.kind == kind::PRELOGIN => self.left = header.body,
                _ => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
            }
        }
        self.poll_left(cx, buf)
    }

    fn poll_record(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.left == 0 {
            if !ready!(self.poll_header(cx, RECORD_HEADER))? {
                return Poll::Ready(Ok(()));
            }
            let header = self.header.split();
            self.left = RECORD_HEADER + usize::from(u16::from_be_bytes([header[3], header[4]]));
            // The header is part of what TLS reads.
            let tail = std::mem::replace(&mut self.ahead, header);
            self.ahead.unsplit(tail);
        }
        self.poll_left(cx, buf)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        match wire.mode {
            Mode::Bare => wire.poll_bare(cx, buf),
            Mode::Wrapped => wire.poll_wrapped(cx, buf),
            Mode::Records => wire.poll_record(cx, buf),
        }
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Sends the gathered handshake bytes as packets.
    fn poll_wrapped_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        const BODY: usize = DEFAULT_PACKET_SIZE as usize - HEADER;
        while !self.plain.is_empty() {
            let n = self.plain.len().min(BODY);
            let end = if n == self.plain.len() { status::EOM } else { 0 };
            self.wrapped.put_slice(&Header::bytes(kind::PRELOGIN, end, n, 0, 1));
            self.wrapped.unsplit(self.plain.split_to(n));
        }
        while !self.wrapped.is_empty() {
            let n = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.wrapped))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.wrapped.advance(n);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.mode == Mode::Wrapped {
            wire.plain.put_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut wire.inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_wrapped_out(cx))?;
        Pin::new(&mut wire.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_wrapped_out(cx))?;
        Pin::new(&mut wire.inner).poll_shutdown(cx)
    }
}
