//! CREATE / ALTER / DROP DATABASE.

use super::dispatch::unsupported_words;
use super::options;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::words;
use sqlparser::tokenizer::Token;

pub(super) fn database(c: &mut Cursor) -> SqlResult<Ddl> {
    let other =
        ["scoped", "audit", "encryption"].iter().any(|w| c.is_at(2, w)) && matches!(c.peek_at(3), Token::Word(_));
    let known = ["credential", "configuration", "specification", "key"].iter().any(|w| c.is_at(3, w));
    if other && known {
        return Ok(Ddl::Unsupported(unsupported_words(c)));
    }
    let verb = c.eat_any(&["CREATE", "ALTER", "DROP"]);
    c.next();
    match verb {
        Some("CREATE") => create(c),
        Some("ALTER") => alter(c),
        _ => {
            let if_exists = c.eat_all(&["if", "exists"]);
            Ok(Ddl::DropDatabase { names: c.list(Cursor::identifier)?, if_exists })
        }
    }
}

fn create(c: &mut Cursor) -> SqlResult<Ddl> {
    let name = c.identifier()?;
    let mut options = Vec::new();
    let push = |options: &mut Vec<DdlOption>, key: &str, value| options.push(DdlOption { key: key.into(), value });
    loop {
        if c.eat("containment") {
            c.expect_token(&Token::Eq)?;
            options.extend(options::value(c, "CONTAINMENT")?);
        } else if c.eat("on") {
            push(&mut options, "ON", OptionValue::List(files(c)?));
        } else if c.eat_all(&["log", "on"]) {
            push(&mut options, "LOG ON", OptionValue::List(files(c)?));
        } else if c.eat("collate") {
            push(&mut options, "COLLATE", OptionValue::Ident(c.identifier()?));
        } else if c.eat("with") {
            options.extend(options::list(c)?);
        } else if c.is("for") || c.is("as") || *c.peek() == Token::LParen {
            return Ok(Ddl::Unsupported(format!("CREATE DATABASE {name} {}", c.rest_of_statement(1))));
        } else {
            return Ok(Ddl::CreateDatabase { name, options });
        }
    }
}

/// `[PRIMARY] (NAME = …, FILENAME = …), FILEGROUP g (…), …`, up to LOG ON or the end.
fn files(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    let files = c.list(|c| {
        let mut key = Vec::new();
        while *c.peek() != Token::LParen {
            if c.at_end() {
                return Err(c.unexpected());
            }
            key.push(c.next().to_string());
        }
        Ok(DdlOption { key: key.join(" "), value: OptionValue::List(options::group(c)?) })
    })?;
    Ok(files)
}

fn alter(c: &mut Cursor) -> SqlResult<Ddl> {
    // The unquoted word stands for the session's database.
    let database = if c.eat("current") { "CURRENT".to_owned() } else { c.identifier()? };
    if c.eat_all(&["set", "hadr"]) {
        return hadr(c, database);
    }
    if c.eat("set") {
        return set(c, database);
    }
    if c.eat_all(&["modify", "name"]) {
        c.expect_token(&Token::Eq)?;
        return Ok(Ddl::AlterDatabaseModifyName { database, to: c.identifier()? });
    }
    if ["modify", "add", "remove", "collate", "perform", "failover", "force_failover_allow_data_loss"]
        .iter()
        .any(|w| c.is(w))
    {
        return Ok(Ddl::AlterDatabaseOther { database, rest: c.rest_of_statement(1) });
    }
    Err(c.unexpected())
}

/// `AVAILABILITY GROUP = g`, `OFF`, `SUSPEND`, `RESUME`.
fn hadr(c: &mut Cursor, database: String) -> SqlResult<Ddl> {
    if c.eat_all(&["availability", "group"]) {
        c.expect_token(&Token::Eq)?;
        let group = Some(c.identifier()?);
        return Ok(Ddl::AlterDatabaseHadr { database, action: "AVAILABILITY GROUP".into(), group });
    }
    let action = c.eat_any(&["OFF", "SUSPEND", "RESUME"]).ok_or_else(|| c.unexpected())?;
    Ok(Ddl::AlterDatabaseHadr { database, action: action.into(), group: None })
}

fn set(c: &mut Cursor, database: String) -> SqlResult<Ddl> {
    let options = c.list(set_option)?.into_iter().flatten().collect();
    let mut termination = None;
    if c.eat("with") {
        termination = Some(terminate(c)?);
    }
    Ok(Ddl::AlterDatabaseSet { database, options, termination })
}

/// `READ_ONLY`, `RECOVERY FULL`, `COMPATIBILITY_LEVEL = 150`, `QUERY_STORE = ON (…)`, `PARTNER = '…'`.
fn set_option(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    let key = c.identifier()?.to_ascii_uppercase();
    if c.eat_token(&Token::Eq) {
        return options::value(c, &key);
    }
    let one = |value| Ok(vec![DdlOption { key: key.clone(), value }]);
    if *c.peek() == Token::LParen {
        return one(OptionValue::List(options::group(c)?));
    }
    let word = |c: &Cursor| c.word_at(0).is_some_and(|w| !words::starts_statement(w));
    if word(c) {
        return options::value(c, &key);
    }
    one(OptionValue::None)
}

fn terminate(c: &mut Cursor) -> SqlResult<String> {
    if c.eat("no_wait") {
        return Ok("NO_WAIT".into());
    }
    c.expect("rollback")?;
    if c.eat("immediate") {
        return Ok("ROLLBACK IMMEDIATE".into());
    }
    c.expect("after")?;
    let seconds = c.integer()?;
    let _ = c.eat_any(&["SECONDS", "SECOND"]);
    Ok(format!("ROLLBACK AFTER {seconds}"))
}
