//! `OUTPUT … [INTO t (…)]`.

use crate::lab::tsql::ast::Output;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

pub(super) fn output(c: &mut Cursor) -> SqlResult<Option<Output>> {
    if !c.eat("output") {
        return Ok(None);
    }
    let from = c.position();
    let parsed = c.parser.parse_comma_separated(Parser::parse_select_item);
    let items = c.checked(from, parsed)?;
    c.no_marks(from, 0)?;
    let mut into = None;
    if c.eat("into") {
        let table = c.name()?;
        let listed = *c.peek() == Token::LParen && !c.is_at(1, "select");
        let columns = if listed { c.parens(Cursor::identifier)? } else { Vec::new() };
        into = Some((table, columns));
    }
    Ok(Some(Output { items, into }))
}
