//! Token streams (MS-TDS 2.2.7).

use super::types::WireType;
use super::wire::put_b_varchar;
use super::wire::put_us_varchar;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::Column;
use bytes::BufMut;
use bytes::BytesMut;

pub(super) const RETURNSTATUS: u8 = 0x79;
const COLMETADATA: u8 = 0x81;
const ERROR: u8 = 0xAA;
const INFO: u8 = 0xAB;
pub(super) const RETURNVALUE: u8 = 0xAC;
const LOGINACK: u8 = 0xAD;
const FEATUREEXTACK: u8 = 0xAE;
pub(super) const ROW: u8 = 0xD1;
const ENVCHANGE: u8 = 0xE3;
pub(super) const DONE: u8 = 0xFD;
pub(super) const DONEPROC: u8 = 0xFE;
pub(super) const DONEINPROC: u8 = 0xFF;

/// Status bits of the DONE tokens.
pub(super) mod done {
    pub(crate) const MORE: u16 = 0x01;
    pub(crate) const ERROR: u16 = 0x02;
    pub(crate) const COUNT: u16 = 0x10;
    pub(crate) const ATTENTION: u16 = 0x20;
}

/// Kinds of ENVCHANGE.
pub(super) mod env {
    pub(crate) const DATABASE: u8 = 1;
    pub(crate) const LANGUAGE: u8 = 2;
    pub(crate) const PACKET_SIZE: u8 = 4;
    pub(crate) const COLLATION: u8 = 7;
    pub(crate) const BEGIN: u8 = 8;
    pub(crate) const COMMIT: u8 = 9;
    pub(crate) const ROLLBACK: u8 = 10;
    pub(crate) const RESET: u8 = 18;
}

/// DONE, DONEPROC or DONEINPROC.
pub(super) fn put_done(out: &mut BytesMut, token: u8, status: u16, command: u16, count: u64) {
    out.put_u8(token);
    out.put_u16_le(status);
    out.put_u16_le(command);
    out.put_u64_le(count);
}

/// Writes a token's length, in two bytes, over what `body` appends.
fn counted(out: &mut BytesMut, token: u8, body: impl FnOnce(&mut BytesMut)) {
    out.put_u8(token);
    let at = out.len();
    out.put_u16_le(0);
    body(out);
    let length = (out.len() - at - 2) as u16;
    out[at..at + 2].copy_from_slice(&length.to_le_bytes());
}

/// ERROR or INFO by class (facts: tds-server 8). Line 0 means unknown and goes out as 1.
pub(super) fn put_message(out: &mut BytesMut, message: &SqlError, server: &str) {
    // The longest text a real message has is 2,047 characters; the token itself ends at 64 KiB.
    const TEXT: u16 = 8000;
    counted(out, if message.is_info() { INFO } else { ERROR }, |out| {
        out.put_i32_le(message.number);
        out.put_u8(message.state);
        out.put_u8(message.class);
        put_us_varchar(out, &message.message, TEXT);
        put_b_varchar(out, server);
        put_b_varchar(out, &message.procedure);
        out.put_u32_le(message.line.max(1));
    });
}

/// ENVCHANGE with counted texts: 1, 2 and 4.
pub(super) fn put_env_text(out: &mut BytesMut, kind: u8, new: &str, old: &str) {
    counted(out, ENVCHANGE, |out| {
        out.put_u8(kind);
        put_b_varchar(out, new);
        put_b_varchar(out, old);
    });
}

/// ENVCHANGE with counted bytes: 7, 8, 9, 10 and 18.
pub(super) fn put_env_bytes(out: &mut BytesMut, kind: u8, new: &[u8], old: &[u8]) {
    counted(out, ENVCHANGE, |out| {
        out.put_u8(kind);
        for bytes in [new, old] {
            out.put_u8(bytes.len() as u8);
            out.put_slice(bytes);
        }
    });
}

/// LOGINACK. The TDS version is big-endian here (facts: tds-server 8).
pub(super) fn put_login_ack(out: &mut BytesMut, tds: u32, program: &str, version: (u8, u8, u16)) {
    const SQL_TSQL: u8 = 1;
    counted(out, LOGINACK, |out| {
        out.put_u8(SQL_TSQL);
        out.put_u32(tds);
        put_b_varchar(out, program);
        out.put_slice(&[version.0, version.1]);
        out.put_u16(version.2);
    });
}

/// FEATUREEXTACK with the acknowledged features.
pub(super) fn put_feature_ack(out: &mut BytesMut, features: &[(u8, &[u8])]) {
    out.put_u8(FEATUREEXTACK);
    for (id, data) in features {
        out.put_u8(*id);
        out.put_u32_le(data.len() as u32);
        out.put_slice(data);
    }
    out.put_u8(0xFF);
}

/// COLMETADATA.
pub(super) fn put_columns(out: &mut BytesMut, columns: &[Column], types: &[WireType]) {
    out.put_u8(COLMETADATA);
    out.put_u16_le(columns.len() as u16);
    for (column, ty) in columns.iter().zip(types) {
        put_user_type_and_flags(out, column.nullable, column.identity);
        ty.put(out);
        put_b_varchar(out, &column.name);
    }
}

/// UserType and Flags: nullable, "updatability unknown" as for any query, identity.
pub(super) fn put_user_type_and_flags(out: &mut BytesMut, nullable: bool, identity: bool) {
    out.put_u32_le(0);
    out.put_u16_le(u16::from(nullable) | 0x08 | u16::from(identity) << 4);
}
