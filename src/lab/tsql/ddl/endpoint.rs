//! Endpoints (facts: sql-server-hadr c, Endpoint).

use super::options;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;

/// What CREATE and ALTER share.
#[derive(Default)]
struct Parts {
    state: Option<String>,
    protocol: Vec<DdlOption>,
    kind: Option<String>,
    payload: Vec<DdlOption>,
}

pub(super) fn endpoint(c: &mut Cursor) -> SqlResult<Ddl> {
    let verb = c.eat_any(&["CREATE", "ALTER", "DROP"]);
    c.expect("endpoint")?;
    let name = c.identifier()?;
    if verb == Some("DROP") {
        return Ok(Ddl::DropEndpoint { name });
    }
    let owner = if c.eat("authorization") { Some(c.identifier()?) } else { None };
    let Parts { state, protocol, kind, payload } = parts(c)?;
    if verb == Some("ALTER") {
        return Ok(Ddl::AlterEndpoint { name, state, protocol, kind, payload });
    }
    match kind {
        Some(kind) => Ok(Ddl::CreateEndpoint { name, owner, state, protocol, kind, payload }),
        None => Err(c.unexpected()),
    }
}

fn parts(c: &mut Cursor) -> SqlResult<Parts> {
    let mut parts = Parts::default();
    if c.eat("state") {
        c.eat_token(&sqlparser::tokenizer::Token::Eq);
        let state = c.eat_any(&["STARTED", "STOPPED", "DISABLED"]).ok_or_else(|| c.unexpected())?;
        parts.state = Some(state.into());
    }
    if c.eat("as") {
        c.expect("tcp")?;
        parts.protocol = options::group(c)?;
    }
    if c.eat("for") {
        let kind = c.identifier()?.to_ascii_uppercase();
        parts.kind = Some(if kind == "DATA_MIRRORING" { "DATABASE_MIRRORING".into() } else { kind });
        parts.payload = options::group(c)?;
    }
    Ok(parts)
}
