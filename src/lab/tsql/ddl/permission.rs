//! GRANT, DENY, REVOKE.

use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn permission(c: &mut Cursor) -> SqlResult<Ddl> {
    let verb = c.eat_any(&["GRANT", "DENY", "REVOKE"]).unwrap_or_default();
    // REVOKE GRANT OPTION FOR takes back the right to hand it on.
    let mut with_grant = verb == "REVOKE" && c.eat_all(&["grant", "option", "for"]);
    let permissions = c.list(words)?;
    let (mut class, mut securable) = (None, None);
    if c.eat("on") {
        (class, securable) = on(c)?;
    }
    let to = if verb == "REVOKE" { c.eat_any(&["TO", "FROM"]) } else { c.eat_any(&["TO"]) };
    if to.is_none() {
        return Err(c.unexpected());
    }
    let principals = c.list(grantee)?;
    with_grant |= verb == "GRANT" && c.eat_all(&["with", "grant", "option"]);
    let cascade = verb != "GRANT" && c.eat("cascade");
    if c.is("as") {
        return Ok(Ddl::Unsupported(format!("{verb} … {}", c.rest_of_statement(1))));
    }
    Ok(Ddl::Permission { verb: verb.into(), permissions, class, securable, principals, with_grant, cascade })
}

/// `VIEW SERVER STATE`, `CONNECT`, `SELECT (a, b)`: upper case, up to ON, TO, FROM or a comma.
fn words(c: &mut Cursor) -> SqlResult<String> {
    let mut out: Vec<String> = Vec::new();
    while let Some(word) = c.word_at(0) {
        if ["on", "to", "from"].iter().any(|w| word.eq_ignore_ascii_case(w)) {
            break;
        }
        out.push(word.to_ascii_uppercase());
        c.next();
    }
    if out.is_empty() {
        return Err(c.unexpected());
    }
    if *c.peek() == Token::LParen {
        let columns = c.parens(Cursor::identifier)?;
        out.push(format!("({})", columns.join(", ")));
    }
    Ok(out.join(" "))
}

/// `class::name`, or the name of an object.
fn on(c: &mut Cursor) -> SqlResult<(Option<String>, Option<Name>)> {
    let mut ahead = 0;
    while c.word_at(ahead).is_some() {
        ahead += 1;
    }
    let classed = ahead > 0 && *c.peek_at(ahead) == Token::DoubleColon;
    let mut class = "OBJECT".to_owned();
    if classed {
        let words: Vec<String> = (0..ahead).map(|_| c.next().to_string().to_ascii_uppercase()).collect();
        class = words.join(" ");
        c.next();
    }
    let name = c.name()?;
    if *c.peek() == Token::LParen {
        c.parens(Cursor::identifier)?;
    }
    Ok((Some(class), Some(name)))
}

/// PUBLIC is a reserved word and a role.
fn grantee(c: &mut Cursor) -> SqlResult<String> {
    if c.eat("public") { Ok("public".into()) } else { c.identifier() }
}
