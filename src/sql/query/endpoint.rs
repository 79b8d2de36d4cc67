//! The mirroring endpoint.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::endpoint::EndpointFacts;

/// The instance's one mirroring endpoint.
pub fn show() -> Result<Query<Option<EndpointFacts>>> {
    Ok(Query::new(script("endpoint.show")?.done()?, |sets| {
        maybe(sets, |row| {
            let text = |column: &str| -> Result<String> { Ok(row.get::<Option<String>>(column)?.unwrap_or_default()) };
            Ok(EndpointFacts {
                name: row.get("name")?,
                state: text("state")?,
                role: text("role")?,
                authentication: text("authentication")?,
                is_encryption_enabled: row.get("is_encryption_enabled")?,
                algorithm: text("algorithm")?,
                port: row.get("port")?,
                ip_address: row.get("ip_address")?,
                certificate_id: row.get("certificate_id")?,
                certificate_name: row.get("certificate_name")?,
            })
        })
    }))
}

/// Started, certificate only, encryption required with AES.
pub fn create(name: &str, port: u16, certificate: &str) -> Result<Statement> {
    let rendered = script("endpoint.create")?
        .text("name", name)
        .int("port", i64::from(port))
        .text("certificate", certificate)
        .done()?;
    Ok(Statement::new(rendered))
}

/// Makes the endpoint use a certificate. `current` tells what must be kept for groups that use it already:
/// Windows authentication and RC4.
pub fn alter_authentication(current: &EndpointFacts, certificate: &str) -> Result<Statement> {
    let authentication = match current.windows_authentication() {
        None => "CERTIFICATE",
        Some("NEGOTIATE") => "WINDOWS NEGOTIATE CERTIFICATE",
        Some("NTLM") => "WINDOWS NTLM CERTIFICATE",
        Some("KERBEROS") => "WINDOWS KERBEROS CERTIFICATE",
        Some(other) => return Err(Error::usage(format!("authentication `{other}` of endpoint `{}`", current.name))),
    };
    let offers = |word: &str| current.algorithm.split(',').any(|part| part.trim() == word);
    let algorithm = if offers("RC4") { "AES RC4" } else { "AES" };
    let rendered = script("endpoint.alter_authentication")?
        .text("name", &current.name)
        .text("windows", authentication)
        .text("certificate", certificate)
        .text("algorithm", algorithm)
        .done()?;
    Ok(Statement::new(rendered))
}

pub fn start(name: &str) -> Result<Statement> {
    Ok(Statement::new(script("endpoint.start")?.text("name", name).done()?))
}

/// Nothing is lost: what others send waits at their end.
pub fn stop(name: &str) -> Result<Statement> {
    Ok(Statement::new(script("endpoint.stop")?.text("name", name).done()?))
}

pub fn drop(name: &str) -> Result<Statement> {
    Ok(Statement::new(script("endpoint.drop")?.text("name", name).done()?))
}
