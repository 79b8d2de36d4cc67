//! BACKUP and RESTORE.

use super::dispatch::unsupported_words;
use super::options;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn backup(c: &mut Cursor) -> SqlResult<Ddl> {
    if c.are(&["backup", "certificate"]) {
        return certificate(c);
    }
    let log = ["log", "tran", "transaction"].iter().any(|w| c.is_at(1, w));
    if !log && !c.is_at(1, "database") {
        return match c.word_at(1) {
            Some(_) => Ok(Ddl::Unsupported(unsupported_words(c))),
            None => {
                c.next();
                Err(c.unexpected())
            }
        };
    }
    let restore = c.eat("restore");
    if !restore {
        c.next();
    }
    c.next();
    let database = c.identifier()?;
    if *c.peek() != Token::EOF && ["file", "filegroup", "page", "read_write_filegroups"].iter().any(|w| c.is(w)) {
        return Ok(Ddl::Unsupported(format!("BACKUP or RESTORE of {database} {}", c.rest_of_statement(1))));
    }
    let way = if restore { "from" } else { "to" };
    let mut devices = Vec::new();
    if c.eat(way) {
        devices = c.list(device)?;
        while c.eat_all(&["mirror", way]) {
            devices.extend(c.list(device)?);
        }
    } else if !restore {
        return Err(c.unexpected());
    }
    let options = if c.eat("with") { c.list(option)?.into_iter().flatten().collect() } else { Vec::new() };
    Ok(if restore {
        Ddl::RestoreDatabase { database, log, from: devices, options }
    } else {
        Ddl::BackupDatabase { database, log, to: devices, options }
    })
}

/// `DISK = '…'`, `URL = @path`, or the name of a backup device (key `DEVICE`).
fn device(c: &mut Cursor) -> SqlResult<DdlOption> {
    let key = match c.eat_any(&["DISK", "URL", "TAPE", "VIRTUAL_DEVICE", "DATABASE_SNAPSHOT"]) {
        Some(key) => key,
        None => return Ok(DdlOption { key: "DEVICE".into(), value: OptionValue::Ident(c.identifier()?) }),
    };
    c.expect_token(&Token::Eq)?;
    let error = c.unexpected();
    options::value(c, key)?.into_iter().next().ok_or(error)
}

/// `MOVE 'a' TO 'b'` is a list of one: key `a`, text `b`.
fn option(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    if !c.eat("move") {
        return options::option(c);
    }
    let key = c.string()?;
    c.expect("to")?;
    let to = DdlOption { key, value: OptionValue::Text(c.string()?) };
    Ok(vec![DdlOption { key: "MOVE".into(), value: OptionValue::List(vec![to]) }])
}

/// The file becomes the option `FILE`.
fn certificate(c: &mut Cursor) -> SqlResult<Ddl> {
    c.next();
    c.next();
    let name = c.identifier()?;
    c.expect("to")?;
    let mut options = options::option(c)?;
    options.extend(options::with(c)?);
    Ok(Ddl::BackupCertificate { name, options })
}
