//! Logins, users, roles, credentials, schemas (facts: sql-server-hadr c, Logins).

use super::dispatch::unsupported_words;
use super::options;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn principal(c: &mut Cursor) -> SqlResult<Ddl> {
    let conditional = c.is("drop") && (c.is_at(2, "if") || c.is_at(3, "if"));
    if conditional && !c.is_at(1, "login") && !c.is_at(1, "user") {
        return Ok(Ddl::Unsupported(conditional_drop(c)));
    }
    if c.are(&["alter", "schema"]) || c.are(&["drop", "schema"]) || c.are(&["alter", "credential"]) {
        return Ok(Ddl::Unsupported(unsupported_words(c)));
    }
    let verb = c.eat_any(&["CREATE", "ALTER", "DROP"]).unwrap_or_default();
    let server = c.eat("server");
    let kind = c.eat_any(&["LOGIN", "USER", "ROLE", "CREDENTIAL", "SCHEMA"]).unwrap_or_default();
    let if_exists = verb == "DROP" && c.eat_all(&["if", "exists"]);
    if (kind, verb) == ("SCHEMA", "CREATE") {
        return schema(c);
    }
    let name = c.identifier()?;
    match (kind, verb) {
        ("LOGIN", "CREATE") => create_login(c, name),
        ("LOGIN", "ALTER") => alter_login(c, name),
        ("LOGIN", _) => Ok(Ddl::DropLogin { name, if_exists }),
        ("USER", "CREATE") => create_user(c, name),
        ("USER", "ALTER") => Ok(Ddl::AlterUser { name, options: with_list(c)? }),
        ("USER", _) => Ok(Ddl::DropUser { name, if_exists }),
        ("ROLE", "CREATE") => {
            let owner = if c.eat("authorization") { Some(c.identifier()?) } else { None };
            Ok(Ddl::CreateRole { name, server, owner })
        }
        ("ROLE", "ALTER") => alter_role(c, name, server),
        ("ROLE", _) => Ok(Ddl::DropRole { name, server }),
        (_, "CREATE") => Ok(Ddl::CreateCredential { name, options: with_list(c)? }),
        _ => Ok(Ddl::DropCredential { name }),
    }
}

/// `DROP ROLE IF EXISTS r` and the like: IF and EXISTS would end the statement otherwise.
fn conditional_drop(c: &mut Cursor) -> String {
    c.rest_of_statement(if c.is_at(2, "if") { 5 } else { 6 })
}

fn schema(c: &mut Cursor) -> SqlResult<Ddl> {
    if c.is("authorization") {
        return Err(c.unexpected());
    }
    let name = c.identifier()?;
    if c.eat("authorization") {
        c.identifier()?;
    }
    Ok(Ddl::CreateSchema { name })
}

fn with_list(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    c.expect("with")?;
    Ok(c.list(login_option)?.into_iter().flatten().collect())
}

/// As [`options::option`], and the words that may follow a password: `HASHED`, `MUST_CHANGE`, `UNLOCK`,
/// each an option of its own.
fn login_option(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    let mut options = options::option(c)?;
    while let Some(word) = c.eat_any(&["HASHED", "MUST_CHANGE", "UNLOCK"]) {
        options.push(DdlOption { key: word.into(), value: OptionValue::None });
    }
    if let Some(old) = c.eat_any(&["OLD_PASSWORD"]) {
        c.expect_token(&Token::Eq)?;
        options.extend(options::value(c, old)?);
    }
    Ok(options)
}

/// Takes the HASHED mark out of the options.
fn take_hashed(options: &mut Vec<DdlOption>) -> bool {
    let before = options.len();
    options.retain(|o| o.key != "HASHED");
    options.len() < before
}

fn create_login(c: &mut Cursor, name: String) -> SqlResult<Ddl> {
    let mut options = Vec::new();
    let mut from = None;
    if c.eat("from") {
        from = Some(origin(c, &mut options)?);
        if c.is("with") {
            options.extend(with_list(c)?);
        }
    } else {
        options = with_list(c)?;
    }
    let hashed = take_hashed(&mut options);
    Ok(Ddl::CreateLogin { name, from, options, hashed })
}

/// After FROM; the certificate's or key's name becomes an option of that key.
fn origin(c: &mut Cursor, options: &mut Vec<DdlOption>) -> SqlResult<String> {
    let kind = if c.eat("windows") {
        return Ok("WINDOWS".into());
    } else if c.eat_all(&["external", "provider"]) {
        return Ok("EXTERNAL PROVIDER".into());
    } else if c.eat("certificate") {
        "CERTIFICATE"
    } else if c.eat_all(&["asymmetric", "key"]) {
        "ASYMMETRIC KEY"
    } else {
        return Err(c.unexpected());
    };
    options.push(DdlOption { key: kind.into(), value: OptionValue::Ident(c.identifier()?) });
    Ok(kind.into())
}

fn alter_login(c: &mut Cursor, name: String) -> SqlResult<Ddl> {
    let mut enable = None;
    let mut options = Vec::new();
    match c.eat_any(&["ENABLE", "DISABLE"]) {
        Some(word) => enable = Some(word == "ENABLE"),
        None if (c.is("add") || c.is("drop")) && c.is_at(1, "credential") => {
            let verb = c.next().to_string().to_ascii_uppercase();
            c.next();
            options.push(DdlOption { key: format!("{verb} CREDENTIAL"), value: OptionValue::Ident(c.identifier()?) });
        }
        None => options = with_list(c)?,
    }
    let hashed = take_hashed(&mut options);
    Ok(Ddl::AlterLogin { name, enable, options, hashed })
}

/// Without FOR LOGIN and without the option `WITHOUT LOGIN`, the user belongs to the login of its name.
fn create_user(c: &mut Cursor, name: String) -> SqlResult<Ddl> {
    let mut options = Vec::new();
    let mut login = None;
    if c.eat_all(&["without", "login"]) {
        options.push(DdlOption { key: "WITHOUT LOGIN".into(), value: OptionValue::None });
    } else if c.eat_any(&["FOR", "FROM"]).is_some() {
        if c.eat("login") {
            login = Some(c.identifier()?);
        } else {
            let kind = origin(c, &mut options)?;
            if options.is_empty() {
                options.push(DdlOption { key: kind, value: OptionValue::None });
            }
        }
    }
    if c.is("with") {
        options.extend(with_list(c)?);
    }
    Ok(Ddl::CreateUser { name, login, options })
}

fn alter_role(c: &mut Cursor, name: String, server: bool) -> SqlResult<Ddl> {
    if c.is("with") {
        return Ok(Ddl::Unsupported(format!("ALTER ROLE {name} {}", c.rest_of_statement(1))));
    }
    let verb = c.eat_any(&["ADD", "DROP"]).ok_or_else(|| c.unexpected())?;
    c.expect("member")?;
    Ok(Ddl::AlterRole { name, server, add: verb == "ADD", member: c.identifier()? })
}
