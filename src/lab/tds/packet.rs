//! TDS packets and the messages they carry (MS-TDS 2.2.3.1).

use super::wire::Malformed;
use bytes::Buf;
use bytes::BytesMut;
use std::io;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;

/// Length of a packet header in bytes.
pub(super) const HEADER: usize = 8;
/// Packet size before and during login, and when a client asks for size 0 (facts: tds-server 4).
pub(super) const DEFAULT_PACKET_SIZE: u32 = 4096;
/// Largest message taken from a client, in bytes: bounds what one connection can hold in memory.
pub(super) const MAX_MESSAGE: usize = 64 << 20;
/// Largest LOGIN7 message, in bytes (MS-TDS 2.2.6.4 caps it at 128 KiB - 1).
pub(super) const MAX_LOGIN: usize = (128 << 10) - 1;

/// Packet types (MS-TDS 2.2.3.1.1).
pub(super) mod kind {
    pub(crate) const BATCH: u8 = 0x01;
    pub(crate) const RPC: u8 = 0x03;
    pub(crate) const RESPONSE: u8 = 0x04;
    pub(crate) const ATTENTION: u8 = 0x06;
    pub(crate) const TRANSACTION: u8 = 0x0E;
    pub(crate) const LOGIN7: u8 = 0x10;
    pub(crate) const PRELOGIN: u8 = 0x12;
}

/// Status bits (MS-TDS 2.2.3.1.2).
pub(super) mod status {
    pub(crate) const EOM: u8 = 0x01;
    pub(crate) const IGNORE: u8 = 0x02;
    pub(crate) const RESET: u8 = 0x08;
    pub(crate) const RESET_KEEP_TRANSACTION: u8 = 0x10;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: u8,
    pub(super) status: u8,
    /// Bytes after the header.
    pub(super) body: usize,
}

impl Header {
    /// A length under the header's own is refused (facts: tds-server 8).
    pub(super) fn parse(bytes: [u8; HEADER]) -> Result<Self, Malformed> {
        let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        let body = length.checked_sub(HEADER).ok_or(Malformed("a packet is shorter than its header"))?;
        Ok(Self { kind: bytes[0], status: bytes[1], body })
    }

    /// Header bytes of a packet with `body` bytes after it.
    pub(super) fn bytes(kind: u8, status: u8, body: usize, spid: u16, id: u8) -> [u8; HEADER] {
        let [l0, l1] = ((body + HEADER) as u16).to_be_bytes();
        let [s0, s1] = spid.to_be_bytes();
        [kind, status, l0, l1, s0, s1, id, 0]
    }
}

/// A whole message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: u8,
    /// Bits of the first packet, and IGNORE of the last one.
    pub(super) status: u8,
    pub(super) body: BytesMut,
}

/// Puts packets together; `next` may be dropped at any await without losing a byte.
#[derive(Debug)]
pub(super) struct MessageReader<R> {
    source: R,
    input: BytesMut,
    partial: Option<Message>,
}

impl<R: AsyncRead + Unpin> MessageReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, input: BytesMut::with_capacity(DEFAULT_PACKET_SIZE as usize), partial: None }
    }

    /// The next whole message, an attention too; `None` when the client has gone.
    pub(super) async fn next(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some(message) = self.assemble().map_err(invalid)? {
                return Ok(Some(message));
            }
            if self.source.read_buf(&mut self.input).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn assemble(&mut self) -> Result<Option<Message>, Malformed> {
        while let Some(header) = self.input.first_chunk::<HEADER>() {
            let header = Header::parse(*header)?;
            if self.input.len() < HEADER + header.body {
                self.input.reserve(HEADER + header.body - self.input.len());
                return Ok(None);
            }
            self.input.advance(HEADER);
            let body = self.input.split_to(header.body);
            if let Some(message) = add(&mut self.partial, header, body, MAX_MESSAGE)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }
}

/// Adds one packet to a message in the making; gives the message back when it is whole.
pub(super) fn add(
    partial: &mut Option<Message>,
    header: Header,
    body: BytesMut,
    limit: usize,
) -> Result<Option<Message>, Malformed> {
    if header.kind == kind::ATTENTION {
        // An attention has no body and cuts off a request that is not yet complete.
        *partial = None;
        return Ok(Some(Message { kind: header.kind, status: header.status, body: BytesMut::new() }));
    }
    let message = match partial.take() {
        None => Message { kind: header.kind, status: header.status, body },
        Some(mut message) => {
            if message.kind != header.kind {
                return Err(Malformed("packets of two messages are mixed"));
            }
            message.status |= header.status & status::IGNORE;
            message.body.unsplit(body);
            message
        }
    };
    if message.body.len() > limit {
        return Err(Malformed("a message is too long"));
    }
    if header.status & status::EOM != 0 {
        return Ok(Some(message));
    }
    *partial = Some(message);
    Ok(None)
}

/// Reads one packet and not a byte more, so that the stream can change hands after it.
pub(super) async fn read_packet<R: AsyncRead + Unpin>(source: &mut R) -> io::Result<(Header, BytesMut)> {
    let mut header = [0; HEADER];
    source.read_exact(&mut header).await?;
    let header = Header::parse(header).map_err(invalid)?;
    let mut body = BytesMut::zeroed(header.body);
    source.read_exact(&mut body).await?;
    Ok((header, body))
}

/// Reads one message of the wanted kind and not a byte more.
pub(super) async fn read_message<R: AsyncRead + Unpin>(
    source: &mut R,
    wanted: u8,
    limit: usize,
) -> io::Result<Message> {
    let mut partial = None;
    loop {
        let (header, body) = read_packet(source).await?;
        if header.kind != wanted {
            return Err(invalid(Malformed("a message of another kind was due")));
        }
        if let Some(message) = add(&mut partial, header, body, limit).map_err(invalid)? {
            return Ok(message);
        }
    }
}

/// A protocol error as the stream's error.
pub(super) fn invalid(e: Malformed) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e)
}
