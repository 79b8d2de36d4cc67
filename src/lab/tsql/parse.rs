//! Text to statements: what the engine, the RPC layer and the catalogue call.

use super::ast::Name;
use super::ast::Spanned;
use super::cursor::Cursor;
use super::depth;
use super::dialect::TsqlDialect;
use super::error::SqlResult;
use super::lex;
pub use super::lex::LexOptions;
use super::refine;
use super::statement::batch;
use super::types;
use super::value::SqlType;
use sqlparser::tokenizer::Token;

/// Parses a batch. Errors carry their line (1-based), class 15: 102, 105, 113, 156, 319, 191 and a few more.
/// An empty batch, or one of comments only, is no statements.
pub fn parse_batch(text: &str) -> SqlResult<Vec<Spanned>> {
    parse_batch_with(text, LexOptions::default())
}

/// Same under other session options.
pub fn parse_batch_with(text: &str, options: LexOptions) -> SqlResult<Vec<Spanned>> {
    on_tokens(text, options, batch::batch)
}

/// A type as declared: `decimal(25, 0)`, `nvarchar(max)`, `sysname`. A missing length is 1.
pub fn parse_type(text: &str) -> Option<SqlType> {
    whole_type(text, types::Place::Declaration)
}

/// A type as CAST and CONVERT take it: a missing length is 30.
pub fn parse_cast_type(text: &str) -> Option<SqlType> {
    whole_type(text, types::Place::Cast)
}

fn whole_type(text: &str, place: types::Place) -> Option<SqlType> {
    on_tokens(text, LexOptions::default(), |c| {
        let ty = types::read(c, place)?;
        if c.at_end() { Ok(ty) } else { Err(c.unexpected()) }
    })
    .ok()
}

/// The parameter string of `sp_executesql` and `sp_prepare`: name with `@`, type, output.
/// Empty text is no parameters.
pub fn parse_parameter_declarations(text: &str) -> SqlResult<Vec<(String, SqlType, bool)>> {
    on_tokens(text, LexOptions::default(), |c| {
        if c.at_end() {
            return Ok(Vec::new());
        }
        let parameters = c.list(|c| {
            let name = c.variable()?;
            c.eat("as");
            let ty = types::read(c, types::Place::Declaration)?;
            Ok((name, ty, c.eat_any(&["OUTPUT", "OUT"]).is_some()))
        })?;
        c.eat_token(&Token::SemiColon);
        if c.at_end() { Ok(parameters) } else { Err(c.unexpected()) }
    })
}

/// A name of one to four parts, bracketed or not; `None` if the text is anything else.
pub fn parse_name(text: &str) -> Option<Name> {
    on_tokens(text, LexOptions::default(), |c| {
        let name = c.name()?;
        if c.at_end() { Ok(name) } else { Err(c.unexpected()) }
    })
    .ok()
}

fn on_tokens<T>(text: &str, options: LexOptions, read: impl FnOnce(&mut Cursor) -> SqlResult<T>) -> SqlResult<T> {
    let tokens = lex::tokenize(text, options)?;
    depth::check(&tokens)?;
    let tokens = refine::refine(tokens);
    let dialect = TsqlDialect::new(tokens.len());
    let mut cursor = Cursor::new(&dialect, tokens);
    read(&mut cursor)
}
