//! RPC messages (MS-TDS 2.2.6.6).

use super::backend::RpcCall;
use super::backend::RpcName;
use super::backend::RpcParam;
use super::param;
use super::param::ParamError;
use super::wire::Cursor;
use super::wire::Malformed;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::Value;

/// Parameters of one call: more than a procedure may have (2100) is a broken stream.
const MAX_PARAMS: usize = 2100;
/// Calls in one message.
const MAX_CALLS: usize = 10_000;
const NO_EXEC: u8 = 0xFE;
const BY_REFERENCE: u8 = 0x01;
const DEFAULT: u8 = 0x02;
const ENCRYPTED: u8 = 0x08;

/// Parses what follows ALL_HEADERS into its calls, or says why with the server's own numbers.
pub(super) fn parse(body: &[u8]) -> Result<Vec<RpcCall>, SqlError> {
    let mut body = Cursor::new(body);
    let mut calls = Vec::new();
    loop {
        calls.push(call(&mut body)?);
        if body.is_empty() {
            return Ok(calls);
        }
        // `call` stopped at a separator; a trailing one ends the message.
        let separator = body.u8().map_err(|e| incorrect(&e))?;
        if separator == NO_EXEC {
            return Err(refused("RPC calls with the no-execute flag"));
        }
        if body.is_empty() {
            return Ok(calls);
        }
        if calls.len() >= MAX_CALLS {
            return Err(incorrect(&Malformed("too many calls")));
        }
    }
}

fn call(body: &mut Cursor<'_>) -> Result<RpcCall, SqlError> {
    let mut head = || -> Result<RpcName, Malformed> {
        let name = match body.u16()? {
            u16::MAX => RpcName::Id(body.u16()?),
            units => RpcName::Name(body.ucs2(usize::from(units))?),
        };
        let _options = body.u16()?;
        Ok(name)
    };
    let procedure = head().map_err(|e| incorrect(&e))?;
    let mut params = Vec::new();
    while !body.is_empty() && !at_separator(body.rest()) {
        if params.len() >= MAX_PARAMS {
            return Err(SqlError::new(
                8003,
                16,
                "The incoming request has too many parameters. The server supports a maximum of 2100 parameters. \
                 Reduce the number of parameters and resend the request.",
            ));
        }
        params.push(parameter(body, params.len() + 1)?);
    }
    Ok(RpcCall { procedure, params })
}

/// 0xFF and 0xFE cannot be the length of a name. 0x80 (TDS 7.1, and some clients since) can: it is one if a
/// name of 128 characters follows.
fn at_separator(rest: &[u8]) -> bool {
    match rest.first() {
        Some(0xFF | 0xFE) => true,
        Some(0x80) => !(rest.len() > 257 && rest[1..].starts_with(&[b'@', 0])),
        _ => false,
    }
}

fn parameter(body: &mut Cursor<'_>, ordinal: usize) -> Result<RpcParam, SqlError> {
    let name = body.b_varchar().map_err(|e| incorrect(&e))?;
    let wrong = |e: &Malformed| {
        SqlError::new(
            8016,
            16,
            format!("{} Parameter {ordinal} (\"{name}\"): {e}.", stream("remote procedure call (RPC)")),
        )
    };
    let status = body.u8().map_err(|e| wrong(&e))?;
    if status & ENCRYPTED != 0 {
        return Err(refused("encrypted parameters"));
    }
    let ty = param::read_type(body).map_err(|e| match e {
        ParamError::Malformed(e) => wrong(&e),
        ParamError::Unsupported(what) => refused(what),
        ParamError::UnknownType(token) => SqlError::new(
            8009,
            16,
            format!(
                "{} Parameter {ordinal} (\"{name}\"): Data type 0x{token:02X} is unknown.",
                stream("remote procedure call (RPC)")
            ),
        ),
    })?;
    let value: Value = param::read_value(body, ty).map_err(|e| wrong(&e))?;
    let ty = ty.sql().map_err(|e| wrong(&e))?;
    Ok(RpcParam { name, output: status & BY_REFERENCE != 0, default: status & DEFAULT != 0, ty, value })
}

fn stream(kind: &str) -> String {
    format!("The incoming tabular data stream (TDS) {kind} protocol stream is incorrect.")
}

/// A broken stream: 4002.
fn incorrect(e: &Malformed) -> SqlError {
    SqlError::new(4002, 16, format!("{} {e}.", stream("remote procedure call (RPC)")))
}

/// A request of real clients that the lab does not serve: said, never guessed.
pub(super) fn refused(what: &str) -> SqlError {
    SqlError::new(40_517, 16, format!("This server does not support {what}."))
}
