//! Outgoing messages: tokens in, packets out, never more buffered than a reader takes.

use super::packet::HEADER;
use super::packet::Header;
use super::packet::kind;
use super::packet::status;
use bytes::BufMut;
use bytes::BytesMut;
use std::io;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

/// Bytes waiting for the client above which no more events are taken (facts: tds-server 6, back-pressure).
const HIGH_WATER: usize = 64 << 10;

/// Packs tokens into packets of the negotiated size and hands them to the socket.
#[derive(Debug)]
pub(super) struct Writer<W> {
    sink: W,
    /// Tokens of the current message that are not yet in a packet.
    pub(super) tokens: BytesMut,
    packets: BytesMut,
    unflushed: bool,
    body: usize,
    pub(super) spid: u16,
    id: u8,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(sink: W, packet_size: u32) -> Self {
        let mut writer =
            Self { sink, tokens: BytesMut::new(), packets: BytesMut::new(), unflushed: false, body: 0, spid: 0, id: 0 };
        writer.set_packet_size(packet_size);
        writer
    }

    /// Holds from the next packet on.
    pub(super) fn set_packet_size(&mut self, size: u32) {
        self.body = size as usize - HEADER;
    }

    /// True while events may be encoded.
    pub(super) fn has_room(&self) -> bool {
        self.tokens.len() + self.packets.len() < HIGH_WATER
    }

    /// True while bytes wait for the socket.
    pub(super) fn pending(&self) -> bool {
        self.unflushed || !self.packets.is_empty()
    }

    /// Frames whole packets; at least one byte stays behind for the packet that ends the message.
    pub(super) fn frame(&mut self) {
        while self.tokens.len() > self.body {
            self.packet(self.body, 0);
        }
    }

    /// Frames everything there is although the message goes on.
    pub(super) fn frame_partial(&mut self) {
        self.frame();
        if !self.tokens.is_empty() {
            self.packet(self.tokens.len(), 0);
        }
    }

    /// Ends the message.
    pub(super) fn end_message(&mut self) {
        self.frame();
        self.packet(self.tokens.len(), status::EOM);
        self.id = 0;
    }

    fn packet(&mut self, length: usize, status: u8) {
        self.id = self.id.wrapping_add(1);
        self.packets.put_slice(&Header::bytes(kind::RESPONSE, status, length, self.spid, self.id));
        self.packets.unsplit(self.tokens.split_to(length));
    }

    /// Moves some bytes to the socket; may be dropped at any await.
    pub(super) async fn push(&mut self) -> io::Result<()> {
        if !self.packets.is_empty() {
            if self.sink.write_buf(&mut self.packets).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.unflushed = true;
        }
        if self.packets.is_empty() {
            self.sink.flush().await?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Moves all that is framed.
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        while self.pending() {
            self.push().await?;
        }
        Ok(())
    }

    /// Says that nothing more will come.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        self.drain().await?;
        self.sink.shutdown().await
    }
}
