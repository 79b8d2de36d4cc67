//! Columns and constraints of a table, in CREATE TABLE, ALTER TABLE and DECLARE … TABLE.

use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::types;
use crate::lab::tsql::value::SqlType;
use sqlparser::tokenizer::Token;

/// What a table says beside its columns.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    pub(super) primary_key: Vec<String>,
    pub(super) unique: Vec<Vec<String>>,
    /// A constraint the engine gives no meaning (CHECK, FOREIGN KEY, …): the statement is refused with it.
    pub(super) unsupported: Option<&'static str>,
}

/// The parenthesised list. Commas before a table constraint may be missing, as the server allows.
pub(super) fn definition(c: &mut Cursor) -> SqlResult<(Vec<ColumnSpec>, Constraints)> {
    let mut columns = Vec::new();
    let mut constraints = Constraints::default();
    c.expect_token(&Token::LParen)?;
    loop {
        if at_constraint(c) {
            constraint(c, &mut constraints)?;
        } else {
            columns.push(column(c, &mut constraints)?);
        }
        let more = c.eat_token(&Token::Comma);
        if !more && !at_constraint(c) {
            break;
        }
        if *c.peek() == Token::RParen {
            break;
        }
    }
    c.expect_token(&Token::RParen)?;
    for spec in &mut columns {
        if constraints.primary_key.iter().any(|k| k.eq_ignore_ascii_case(&spec.name)) {
            spec.nullable = Some(false);
        }
    }
    Ok((columns, constraints))
}

pub(super) fn at_constraint(c: &Cursor) -> bool {
    ["constraint", "primary", "unique", "foreign", "check", "index"].iter().any(|w| c.is(w))
        || (c.is("period") && c.is_at(1, "for"))
}

/// A table constraint or inline index.
pub(super) fn constraint(c: &mut Cursor, out: &mut Constraints) -> SqlResult<()> {
    if c.eat("constraint") {
        c.identifier()?;
    }
    if c.eat_all(&["primary", "key"]) {
        clustering(c);
        out.primary_key = key_columns(c)?;
    } else if c.eat("unique") {
        clustering(c);
        let columns = key_columns(c)?;
        out.unique.push(columns);
    } else if c.eat("index") {
        c.identifier()?;
        let unique = c.eat("unique");
        clustering(c);
        let columns = key_columns(c)?;
        if unique {
            out.unique.push(columns);
        }
        if c.eat("include") {
            c.skip_parens()?;
        }
        if c.eat("where") {
            out.unsupported = Some("filtered index");
            c.expr()?;
        }
    } else if c.eat("check") {
        out.unsupported = Some("CHECK constraint");
        c.eat_all(&["not", "for", "replication"]);
        c.skip_parens()?;
    } else if c.eat_all(&["foreign", "key"]) {
        c.skip_parens()?;
        references(c, out)?;
    } else if c.eat("period") {
        out.unsupported = Some("PERIOD FOR SYSTEM_TIME");
        c.expect_all(&["for", "system_time"])?;
        c.skip_parens()?;
    } else {
        return Err(c.unexpected());
    }
    storage(c)
}

fn references(c: &mut Cursor, out: &mut Constraints) -> SqlResult<()> {
    out.unsupported = Some("FOREIGN KEY constraint");
    c.expect("references")?;
    c.name()?;
    if *c.peek() == Token::LParen {
        c.skip_parens()?;
    }
    while c.eat("on") {
        if c.eat_any(&["DELETE", "UPDATE"]).is_none() {
            return Err(c.unexpected());
        }
        let action = c.eat_all(&["no", "action"])
            || c.eat("cascade")
            || c.eat_all(&["set", "null"])
            || c.eat_all(&["set", "default"]);
        if !action {
            return Err(c.unexpected());
        }
    }
    c.eat_all(&["not", "for", "replication"]);
    Ok(())
}

fn clustering(c: &mut Cursor) {
    let _ = c.eat_any(&["CLUSTERED", "NONCLUSTERED"]);
    let _ = c.eat("hash");
}

/// `(a ASC, b DESC)`: names only, the order is the index's own affair.
pub(super) fn key_columns(c: &mut Cursor) -> SqlResult<Vec<String>> {
    c.parens(|c| {
        let name = c.identifier()?;
        let _ = c.eat_any(&["ASC", "DESC"]);
        Ok(name)
    })
}

/// `WITH (…)`, `ON filegroup`, `TEXTIMAGE_ON`, `FILESTREAM_ON`: where and how pages lie means nothing here.
pub(super) fn storage(c: &mut Cursor) -> SqlResult<()> {
    loop {
        if c.is("with") && *c.peek_at(1) == Token::LParen {
            c.next();
            c.skip_parens()?;
        } else if c.is("with") && c.is_at(1, "fillfactor") {
            c.next();
            c.next();
            c.expect_token(&Token::Eq)?;
            c.integer()?;
        } else if c.eat_any(&["ON", "TEXTIMAGE_ON", "FILESTREAM_ON"]).is_some() {
            if !c.eat_any(&["PRIMARY", "DEFAULT"]).is_some() {
                c.identifier()?;
            }
            if *c.peek() == Token::LParen {
                c.skip_parens()?;
            }
        } else {
            return Ok(());
        }
    }
}

pub(super) fn column(c: &mut Cursor, constraints: &mut Constraints) -> SqlResult<ColumnSpec> {
    let name = c.identifier()?;
    let mut spec = ColumnSpec {
        name,
        ty: SqlType::Int,
        nullable: None,
        identity: None,
        default: None,
        primary_key: false,
        unique: false,
        computed: None,
    };
    if c.eat("as") {
        // The type follows from the expression: the binder sets it.
        spec.computed = Some(c.expr()?);
        c.eat("persisted");
    } else if (c.is("timestamp") || c.is("rowversion")) && !matches!(c.peek_at(1), Token::Period) {
        spec.ty = types::read(c, types::Place::Declaration)?;
    } else {
        spec.ty = types::read(c, types::Place::Declaration)?;
    }
    while attribute(c, &mut spec, constraints)? {}
    Ok(spec)
}

/// One attribute of a column; false if there is none.
fn attribute(c: &mut Cursor, spec: &mut ColumnSpec, constraints: &mut Constraints) -> SqlResult<bool> {
    if c.is("constraint") {
        c.next();
        c.identifier()?;
    }
    if c.eat_all(&["not", "null"]) {
        spec.nullable = Some(false);
    } else if c.eat("null") {
        spec.nullable = Some(true);
    } else if c.eat("identity") {
        spec.identity = Some(identity(c)?);
    } else if c.eat("default") {
        spec.default = Some(default(c)?);
    } else if c.eat_all(&["primary", "key"]) {
        spec.primary_key = true;
        key_tail(c, spec, constraints)?;
    } else if c.eat("unique") {
        spec.unique = true;
        key_tail(c, spec, constraints)?;
    } else if c.eat("collate") {
        c.identifier()?;
    } else if c.eat("check") {
        constraints.unsupported = Some("CHECK constraint");
        c.skip_parens()?;
    } else if c.eat_all(&["foreign", "key"]) || c.is("references") {
        references(c, constraints)?;
    } else if c.eat("generated") || c.eat("masked") || c.eat("encrypted") {
        constraints.unsupported = Some("GENERATED, MASKED or ENCRYPTED column");
        while !matches!(c.peek(), Token::Comma | Token::RParen | Token::EOF) {
            if *c.peek() == Token::LParen { c.skip_parens()? } else { drop(c.next()) }
        }
    } else {
        return Ok(c.eat("rowguidcol")
            || c.eat("sparse")
            || c.eat("persisted")
            || c.eat_all(&["not", "for", "replication"]));
    }
    Ok(true)
}

/// After PRIMARY KEY or UNIQUE. A column list makes it a table constraint written without its comma.
fn key_tail(c: &mut Cursor, spec: &mut ColumnSpec, constraints: &mut Constraints) -> SqlResult<()> {
    clustering(c);
    if *c.peek() == Token::LParen {
        let columns = key_columns(c)?;
        if spec.primary_key && constraints.primary_key.is_empty() {
            spec.primary_key = false;
            constraints.primary_key = columns;
        } else {
            spec.unique = false;
            constraints.unique.push(columns);
        }
    }
    storage(c)
}

fn identity(c: &mut Cursor) -> SqlResult<(i64, i64)> {
    if *c.peek() != Token::LParen {
        return Ok((1, 1));
    }
    let error = c.unexpected();
    match c.parens(Cursor::integer)?.as_slice() {
        [seed, step] => Ok((*seed, *step)),
        _ => Err(error),
    }
}

fn default(c: &mut Cursor) -> SqlResult<Expr> {
    c.expr()
}
