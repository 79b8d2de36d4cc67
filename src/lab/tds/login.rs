//! LOGIN7 (MS-TDS 2.2.6.4).

use super::backend::LoginRequest;
use super::wire::Cursor;
use super::wire::Malformed;
use super::wire::utf16;

/// Oldest version whose token layouts this server writes: 7.2.
const OLDEST: u32 = 0x7209_0002;
/// 7.4, what clients ask for outside of strict.
pub(super) const TDS_74: u32 = 0x7400_0004;
/// 8.0, asked for by some clients in strict.
pub(super) const TDS_80: u32 = 0x0800_0000;
/// Bytes before the variable part.
const FIXED: usize = 94;
const FEATURE_FEDAUTH: u8 = 2;
const FEATURE_UTF8: u8 = 10;
const FEATURE_END: u8 = 0xFF;

/// A parsed LOGIN7.
#[derive(Debug, Clone)]
pub(super) struct Login7 {
    /// As the client wrote it.
    pub(super) version: u32,
    /// Size asked for; 0 means the server's default.
    pub(super) packet_size: u32,
    pub(super) features: Features,
    pub(super) request: LoginRequest,
}

/// What the feature extension block asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Features {
    /// A block was sent: only then is it acknowledged.
    pub(super) any: bool,
    pub(super) fedauth: bool,
    pub(super) utf8: bool,
}

impl Features {
    /// Only what was asked for and is done (facts: tds-server 4).
    pub(super) fn acknowledged(self) -> Vec<(u8, &'static [u8])> {
        let mut known: Vec<(u8, &'static [u8])> = Vec::new();
        if self.fedauth {
            known.push((FEATURE_FEDAUTH, &[]));
        }
        if self.utf8 {
            known.push((FEATURE_UTF8, &[1]));
        }
        known
    }
}

impl Login7 {
    /// Every offset is checked before use.
    pub(super) fn parse(body: &[u8], client_address: &str, encrypted: bool) -> Result<Self, Malformed> {
        if body.len() < FIXED {
            return Err(Malformed("LOGIN7 is too short"));
        }
        let mut head = Cursor::new(body);
        let length = head.u32()? as usize;
        // What follows the stated length is not part of the login.
        let body = body.get(..length).filter(|b| b.len() >= FIXED).ok_or(Malformed("LOGIN7 has a wrong length"))?;
        let version = head.u32()?;
        if !(OLDEST..=TDS_74).contains(&version) && version != TDS_80 {
            return Err(Malformed("a TDS version older than 7.2 or unknown"));
        }
        let packet_size = head.u32()?;
        let _client_version = head.u32()?;
        let client_pid = head.u32()?;
        let _connection_id = head.u32()?;
        let [_flags1, flags2, type_flags, flags3] = head.array()?;
        let field = |at: usize| text(body, at);
        let mut password = raw(body, 44)?.to_vec();
        for byte in &mut password {
            *byte = (*byte ^ 0xA5).rotate_left(4);
        }
        let (features, token) = if flags3 & 0x10 != 0 { features(body)? } else { (Features::default(), None) };
        Ok(Self {
            version,
            packet_size,
            features,
            request: LoginRequest {
                user: field(40)?,
                password: utf16(&password)?,
                access_token: token,
                integrated: flags2 & 0x80 != 0,
                database: field(68)?,
                host_name: field(36)?,
                program_name: field(48)?,
                client_interface: field(60)?,
                server_name: field(52)?,
                client_pid,
                read_only_intent: type_flags & 0x20 != 0,
                client_address: client_address.to_owned(),
                encrypted,
                packet_size,
            },
        })
    }
}

/// Bytes of the text field whose offset and count of code units stand at `at`.
fn raw(body: &[u8], at: usize) -> Result<&[u8], Malformed> {
    let (offset, units) = place(body, at)?;
    if units == 0 {
        return Ok(&[]);
    }
    body.get(offset..offset + units * 2).ok_or(Malformed("a LOGIN7 field lies outside of the message"))
}

fn text(body: &[u8], at: usize) -> Result<String, Malformed> {
    utf16(raw(body, at)?)
}

fn place(body: &[u8], at: usize) -> Result<(usize, usize), Malformed> {
    let mut pair = Cursor::new(body.get(at..).unwrap_or_default());
    Ok((usize::from(pair.u16()?), usize::from(pair.u16()?)))
}

/// The extension field points to a DWORD, and that to the features (facts: tds-server 8).
fn features(body: &[u8]) -> Result<(Features, Option<String>), Malformed> {
    const OUTSIDE: Malformed = Malformed("the feature extension lies outside of LOGIN7");
    let (offset, _) = place(body, 56)?;
    let at = Cursor::new(body.get(offset..).ok_or(OUTSIDE)?).u32()? as usize;
    let mut block = Cursor::new(body.get(at..).ok_or(OUTSIDE)?);
    let mut found = Features { any: true, ..Features::default() };
    let mut token = None;
    loop {
        let id = block.u8()?;
        if id == FEATURE_END {
            return Ok((found, token));
        }
        let length = block.u32()? as usize;
        let data = block.take(length)?;
        match id {
            FEATURE_FEDAUTH => {
                token = security_token(data)?;
                found.fedauth = token.is_some();
            }
            FEATURE_UTF8 => found.utf8 = true,
            _ => {}
        }
    }
}

/// Library 1 carries the token itself; the two-step libraries carry none (facts: tds-server 5).
fn security_token(data: &[u8]) -> Result<Option<String>, Malformed> {
    let mut data = Cursor::new(data);
    if data.u8()? >> 1 != 1 {
        return Ok(None);
    }
    let length = data.u32()? as usize;
    utf16(data.take(length)?).map(Some)
}
