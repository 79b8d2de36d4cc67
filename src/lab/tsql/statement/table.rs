//! CREATE / ALTER / DROP TABLE and INDEX.

use super::batch;
use super::dispatch;
use super::table_column;
use super::table_column::Constraints;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn table(c: &mut Cursor) -> SqlResult<Stmt> {
    match c.eat_any(&["CREATE", "ALTER", "DROP"]) {
        Some("CREATE") => create(c),
        Some("ALTER") => alter(c),
        _ => {
            c.next();
            let if_exists = c.eat_all(&["if", "exists"]);
            Ok(Stmt::DropTable { names: c.list(Cursor::name)?, if_exists })
        }
    }
}

fn unsupported(words: String) -> Stmt {
    Stmt::Ddl(Box::new(Ddl::Unsupported(words)))
}

fn create(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    let name = c.name()?;
    if c.is("as") {
        return Ok(unsupported(format!("CREATE TABLE {}", c.rest_of_statement(1))));
    }
    let (columns, Constraints { primary_key, unique, unsupported: refused }) = table_column::definition(c)?;
    table_column::storage(c)?;
    match refused {
        Some(what) => Ok(unsupported(format!("CREATE TABLE with {what}"))),
        None => Ok(Stmt::CreateTable(Box::new(CreateTable { name, columns, primary_key, unique }))),
    }
}

fn alter(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    let line = c.line();
    let table = c.name()?;
    if c.is("add") && !["constraint", "primary", "unique", "foreign", "check", "default"].iter().any(|w| c.is_at(1, w))
    {
        c.next();
        let mut constraints = Constraints::default();
        let columns = c.list(|c| table_column::column(c, &mut constraints))?;
        return Ok(match constraints.unsupported {
            Some(what) => unsupported(format!("ALTER TABLE ADD column with {what}")),
            None => Stmt::AlterTableAdd { table, columns },
        });
    }
    if c.is("drop") && !c.is_at(1, "constraint") {
        c.next();
        c.eat("column");
        if c.is("if") {
            return Ok(unsupported(format!("ALTER TABLE DROP {}", c.rest_of_statement(2))));
        }
        let columns = c.list(Cursor::identifier)?;
        let drop = |column| Stmt::AlterTableDropColumn { table: table.clone(), column };
        return Ok(batch::block(line, columns.into_iter().map(drop).collect()));
    }
    Ok(unsupported(format!("ALTER TABLE {}", c.rest_of_statement(2))))
}

pub(super) fn index(c: &mut Cursor) -> SqlResult<Stmt> {
    if c.eat("drop") {
        return drop_index(c);
    }
    c.next();
    let unique = c.eat("unique");
    let _ = c.eat_any(&["CLUSTERED", "NONCLUSTERED"]);
    if !c.is("index") {
        return Ok(dispatch::unsupported(c));
    }
    c.next();
    let name = c.identifier()?;
    c.expect("on")?;
    let table = c.name()?;
    let columns = table_column::key_columns(c)?;
    if c.eat("include") {
        c.skip_parens()?;
    }
    if c.eat("where") {
        c.expr()?;
        return Ok(unsupported("CREATE INDEX with WHERE".into()));
    }
    table_column::storage(c)?;
    Ok(Stmt::CreateIndex { table, name, columns, unique })
}

/// `DROP INDEX i ON t, …`, and the old `DROP INDEX t.i`.
fn drop_index(c: &mut Cursor) -> SqlResult<Stmt> {
    c.next();
    if c.is("if") {
        return Ok(unsupported(format!("DROP INDEX {}", c.rest_of_statement(2))));
    }
    let line = c.line();
    let drops = c.list(|c| {
        let mut name = c.name()?.0;
        if c.eat("on") {
            let table = c.name()?;
            if c.is("with") && *c.peek_at(1) == Token::LParen {
                c.next();
                c.skip_parens()?;
            }
            return Ok(Stmt::DropIndex { table, name: name.pop().unwrap_or_default() });
        }
        let index = name.pop().unwrap_or_default();
        if name.is_empty() {
            return Err(c.unexpected());
        }
        Ok(Stmt::DropIndex { table: Name(name), name: index })
    })?;
    Ok(batch::block(line, drops))
}
