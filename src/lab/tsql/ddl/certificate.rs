//! Master key and certificates (facts: sql-server-hadr c, Keys and certificates).

use super::options;
use crate::lab::tsql::ast::CertificateSource;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn master_key(c: &mut Cursor) -> SqlResult<Ddl> {
    let verb = c.eat_any(&["CREATE", "OPEN", "CLOSE", "ALTER", "DROP"]);
    c.next();
    c.next();
    match verb {
        Some("CREATE") => {
            let password = if c.is("encryption") { Some(password(c, "encryption")?) } else { None };
            Ok(Ddl::CreateMasterKey { password })
        }
        Some("OPEN") => Ok(Ddl::OpenMasterKey { password: password(c, "decryption")? }),
        Some("CLOSE") => Ok(Ddl::CloseMasterKey),
        Some("ALTER") => Ok(Ddl::AlterMasterKey { rest: c.rest_of_statement(1) }),
        _ => Ok(Ddl::DropMasterKey),
    }
}

/// `ENCRYPTION BY PASSWORD = '…'`.
fn password(c: &mut Cursor, direction: &str) -> SqlResult<String> {
    c.expect_all(&[direction, "by", "password"])?;
    c.expect_token(&Token::Eq)?;
    c.string()
}

pub(super) fn certificate(c: &mut Cursor) -> SqlResult<Ddl> {
    let verb = c.eat_any(&["CREATE", "ALTER", "DROP"]);
    c.expect("certificate")?;
    let name = c.identifier()?;
    match verb {
        Some("CREATE") => create(c, name),
        Some("ALTER") => Ok(Ddl::AlterCertificate { name, rest: c.rest_of_statement(1) }),
        _ => Ok(Ddl::DropCertificate { name }),
    }
}

fn create(c: &mut Cursor, name: String) -> SqlResult<Ddl> {
    let owner = if c.eat("authorization") { Some(c.identifier()?) } else { None };
    let source = if c.eat("from") { imported(c)? } else { self_signed(c)? };
    if c.eat_all(&["active", "for", "begin_dialog"]) {
        c.expect_token(&Token::Eq)?;
        c.eat_any(&["ON", "OFF"]).ok_or_else(|| c.unexpected())?;
    }
    Ok(Ddl::CreateCertificate { name, owner, source })
}

fn self_signed(c: &mut Cursor) -> SqlResult<CertificateSource> {
    let password = if c.is("encryption") { Some(password(c, "encryption")?) } else { None };
    c.expect_all(&["with", "subject"])?;
    c.expect_token(&Token::Eq)?;
    let subject = c.string()?;
    let (mut start, mut expiry) = (None, None);
    while c.eat_token(&Token::Comma) {
        let key = c.eat_any(&["START_DATE", "EXPIRY_DATE"]).ok_or_else(|| c.unexpected())?;
        c.expect_token(&Token::Eq)?;
        let date = Some(c.string()?);
        if key == "START_DATE" { start = date } else { expiry = date }
    }
    Ok(CertificateSource::SelfSigned { subject, start, expiry, password })
}

fn imported(c: &mut Cursor) -> SqlResult<CertificateSource> {
    if c.eat("assembly") {
        return Ok(CertificateSource::Assembly(c.identifier()?));
    }
    let executable = c.eat("executable");
    if c.eat("file") {
        c.expect_token(&Token::Eq)?;
        let path = c.string()?;
        if c.eat("with") {
            private_key(c)?;
        }
        return Ok(CertificateSource::File(path));
    }
    if executable {
        return Err(c.unexpected());
    }
    c.expect("binary")?;
    c.expect_token(&Token::Eq)?;
    let der = binary(c)?;
    let (mut key, mut decryption_password) = (None, None);
    if c.eat("with") {
        for option in private_key(c)? {
            match (option.key.as_str(), option.value) {
                ("BINARY", OptionValue::Binary(bytes)) => key = Some(bytes),
                ("DECRYPTION BY PASSWORD", OptionValue::Text(text)) => decryption_password = Some(text),
                _ => {}
            }
        }
    }
    Ok(CertificateSource::Binary { der, private_key: key, decryption_password })
}

/// `PRIVATE KEY ( … )`.
fn private_key(c: &mut Cursor) -> SqlResult<Vec<DdlOption>> {
    c.expect_all(&["private", "key"])?;
    options::group(c)
}

/// A literal: the server takes no variable here.
fn binary(c: &mut Cursor) -> SqlResult<Vec<u8>> {
    match c.peek().clone() {
        Token::HexStringLiteral(digits) => {
            c.next();
            Ok(options::bytes(&digits))
        }
        _ => Err(c.unexpected()),
    }
}
