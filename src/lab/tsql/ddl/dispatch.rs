//! Which family of DDL a statement belongs to.

use super::availability;
use super::backup;
use super::certificate;
use super::database;
use super::endpoint;
use super::permission;
use super::principal;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;

/// A statement of the server, on its first word.
pub(in crate::lab::tsql) fn statement(c: &mut Cursor) -> SqlResult<Stmt> {
    Ok(Stmt::Ddl(Box::new(ddl(c)?)))
}

fn ddl(c: &mut Cursor) -> SqlResult<Ddl> {
    if c.is("grant") || c.is("deny") || c.is("revoke") {
        return permission::permission(c);
    }
    if c.is("backup") || c.is("restore") {
        return backup::backup(c);
    }
    if c.is_at(1, "master") && c.is_at(2, "key") {
        return certificate::master_key(c);
    }
    let second = c.word_at(1).map(str::to_ascii_uppercase).unwrap_or_default();
    match second.as_str() {
        "AVAILABILITY" => availability::availability(c),
        "ENDPOINT" => endpoint::endpoint(c),
        "CERTIFICATE" => certificate::certificate(c),
        "DATABASE" => database::database(c),
        "LOGIN" | "USER" | "ROLE" | "CREDENTIAL" | "SCHEMA" => principal::principal(c),
        "SERVER" if c.is_at(2, "role") => principal::principal(c),
        "" => {
            c.next();
            Err(c.unexpected())
        }
        _ if known(&second) => Ok(Ddl::Unsupported(unsupported_words(c))),
        _ => {
            c.next();
            Err(c.unexpected())
        }
    }
}

/// Objects the server knows and this one gives no meaning.
fn known(word: &str) -> bool {
    const OBJECTS: &[&str] = &[
        "AGGREGATE",
        "APPLICATION",
        "ASSEMBLY",
        "ASYMMETRIC",
        "AUTHORIZATION",
        "BROKER",
        "COLUMN",
        "COLUMNSTORE",
        "CONTRACT",
        "CRYPTOGRAPHIC",
        "DEFAULT",
        "EVENT",
        "EXTERNAL",
        "FULLTEXT",
        "FUNCTION",
        "INDEX",
        "MESSAGE",
        "PARTITION",
        "PRIMARY",
        "PROC",
        "PROCEDURE",
        "QUEUE",
        "REMOTE",
        "RESOURCE",
        "ROUTE",
        "RULE",
        "SEARCH",
        "SECURITY",
        "SELECTIVE",
        "SENSITIVITY",
        "SEQUENCE",
        "SERVER",
        "SERVICE",
        "SIGNATURE",
        "SPATIAL",
        "STATISTICS",
        "SYMMETRIC",
        "SYNONYM",
        "TRIGGER",
        "TYPE",
        "VIEW",
        "WORKLOAD",
        "XML",
        "OR",
    ];
    OBJECTS.contains(&word)
}

/// The words of a statement nobody gives meaning, read to its end.
pub(in crate::lab::tsql) fn unsupported_words(c: &mut Cursor) -> String {
    let is_alter = c.is("alter");
    let mut words = c.rest_of_statement(2);
    if is_alter && c.is("set") {
        words = format!("{words} {}", c.rest_of_statement(1));
    }
    words
}
