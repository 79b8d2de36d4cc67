//! Which grammar a statement's first words choose.

use super::control;
use super::declare;
use super::dml;
use super::exec;
use super::misc;
use super::option;
use super::select;
use super::table;
use super::transaction;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::ddl;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn statement(c: &mut Cursor) -> SqlResult<Stmt> {
    if *c.peek() == Token::LParen {
        return select::select(c, None);
    }
    let Some(word) = c.word_at(0).map(str::to_ascii_uppercase) else { return Err(c.unexpected()) };
    match word.as_str() {
        "SELECT" => select::select(c, None),
        "WITH" => dml::with(c),
        "INSERT" => dml::insert(c, None),
        "UPDATE" if c.is_at(1, "statistics") => Ok(unsupported(c)),
        "UPDATE" => dml::update(c, None),
        "DELETE" => dml::delete(c, None),
        "TRUNCATE" => misc::truncate(c),
        "DECLARE" => declare::declare(c),
        "SET" => option::set(c),
        "EXEC" | "EXECUTE" => exec::exec(c),
        "BEGIN" | "IF" | "WHILE" | "BREAK" | "CONTINUE" | "RETURN" | "PRINT" | "RAISERROR" | "THROW" | "WAITFOR" => {
            control::control(c, &word)
        }
        "COMMIT" | "ROLLBACK" | "SAVE" => transaction::transaction(c, &word),
        "USE" | "DBCC" | "KILL" | "CHECKPOINT" | "RECONFIGURE" | "SHUTDOWN" => misc::misc(c, &word),
        "CREATE" | "ALTER" | "DROP" => create_alter_drop(c),
        "GRANT" | "DENY" | "REVOKE" | "BACKUP" | "RESTORE" => ddl::statement(c),
        "OPEN" | "CLOSE" if c.are(&[&word, "master", "key"]) => ddl::statement(c),
        "OPEN" | "CLOSE" | "FETCH" | "DEALLOCATE" | "GOTO" | "REVERT" | "BULK" | "READTEXT" | "WRITETEXT"
        | "UPDATETEXT" | "SETUSER" => Ok(unsupported(c)),
        "MERGE" => Ok(merge(c)),
        "ENABLE" | "DISABLE" if c.is_at(1, "trigger") => Ok(unsupported(c)),
        _ if c.at_identifier() && *c.peek_at(1) == Token::Colon => {
            c.next();
            c.next();
            Ok(Stmt::Ddl(Box::new(Ddl::Unsupported(format!("LABEL {word}")))))
        }
        _ => Err(c.unexpected()),
    }
}

fn create_alter_drop(c: &mut Cursor) -> SqlResult<Stmt> {
    let second = |c: &Cursor, word: &str| c.is_at(1, word);
    if second(c, "table") {
        return table::table(c);
    }
    let index = ["index", "unique", "clustered", "nonclustered"].iter().any(|w| second(c, w));
    if index && !c.is("alter") {
        return table::index(c);
    }
    if is_module(c) {
        return Ok(module(c));
    }
    ddl::statement(c)
}

/// CREATE or ALTER of a procedure, function, trigger or view: its body is the rest of the batch.
fn is_module(c: &Cursor) -> bool {
    let at = if c.are(&["create", "or", "alter"]) { 3 } else { 1 };
    !c.is("drop") && ["proc", "procedure", "function", "trigger", "view"].iter().any(|w| c.is_at(at, w))
}

fn module(c: &mut Cursor) -> Stmt {
    let mut words = Vec::new();
    while !c.at_end() {
        let token = c.next();
        if words.len() < 8 {
            words.push(token.to_string());
        }
    }
    Stmt::Ddl(Box::new(Ddl::Unsupported(words.join(" "))))
}

/// MERGE ends with the semicolon the server asks of it: its clauses look like statements.
pub(super) fn merge(c: &mut Cursor) -> Stmt {
    let mut words = Vec::new();
    while !c.at_end() && *c.peek() != Token::SemiColon {
        words.push(c.next().to_string());
    }
    Stmt::Ddl(Box::new(Ddl::Unsupported(words.join(" "))))
}

/// Reads to the end of the statement and keeps its words.
pub(super) fn unsupported(c: &mut Cursor) -> Stmt {
    Stmt::Ddl(Box::new(Ddl::Unsupported(ddl::unsupported_words(c))))
}
