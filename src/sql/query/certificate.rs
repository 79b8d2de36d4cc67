//! Master key and certificates in `master`.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::rows;
use super::kinds::script;
use crate::base::error::Result;
use crate::base::hex;
use crate::base::redact::SecretString;
use crate::model::certificate::ServerCertificate;
use crate::sql::row::Row;
use time::Date;

pub fn list() -> Result<Query<Vec<ServerCertificate>>> {
    Ok(Query::new(script("certificate.list")?.done()?, |sets| {
        rows(sets, |row| {
            Ok(ServerCertificate {
                name: row.get("name")?,
                certificate_id: row.get("certificate_id")?,
                subject: row.get("subject")?,
                issuer: row.get("issuer")?,
                serial: row.get("serial")?,
                thumbprint: row.get::<Option<Vec<u8>>>("thumbprint")?.map(|t| hex::encode(&t)),
                not_before: row.get("not_before")?,
                not_after: row.get("not_after")?,
                key_protection: row.get("key_protection")?,
            })
        })
    }))
}

/// Public part as DER; none: no such certificate, or hidden.
pub fn encoded(name: &str) -> Result<Query<Option<Vec<u8>>>> {
    let rendered = script("certificate.encoded")?.text("name", name).done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, |row| row.get::<Option<Vec<u8>>>("der"))?.flatten())))
}

/// Public part of the certificate that the mirroring endpoint uses.
pub fn of_endpoint() -> Result<Query<Option<Vec<u8>>>> {
    let rendered = script("certificate.endpoint")?.done()?;
    Ok(Query::new(rendered, |sets| Ok(maybe(sets, Row::first::<Option<Vec<u8>>>)?.flatten())))
}

/// Completes without an error if the chain validates on the server's host.
pub fn validate_chain(name: &str) -> Result<Query<()>> {
    let rendered = script("certificate.validate_chain")?.text("name", name).done()?;
    Ok(Query::new(rendered, |_| Ok(())))
}

/// With its own key, protected by the master key. `expiry` counts from midnight UTC.
pub fn create(name: &str, subject: &str, expiry: Date) -> Result<Statement> {
    let expiry = format!("{:04}{:02}{:02}", expiry.year(), u8::from(expiry.month()), expiry.day());
    let rendered =
        script("certificate.create")?.text("name", name).text("subject", subject).text("expiry", &expiry).done()?;
    Ok(Statement::new(rendered))
}

/// From the public part alone.
pub fn import(name: &str, der: &[u8]) -> Result<Statement> {
    Ok(Statement::new(script("certificate.import")?.text("name", name).binary("der", der).done()?))
}

/// Lets an imported authority vouch for names of the pattern, e.g. `*.database.windows.net`.
pub fn add_issuer(name: &str, pattern: &str) -> Result<Statement> {
    Ok(Statement::new(script("certificate.add_issuer")?.text("name", name).text("pattern", pattern).done()?))
}

pub fn drop(name: &str) -> Result<Statement> {
    Ok(Statement::new(script("certificate.drop")?.text("name", name).done()?))
}

/// The database master key of `master`.
pub fn create_master_key(password: &SecretString) -> Result<Statement> {
    Ok(Statement::new(script("master_key.create")?.secret("password", password).done()?))
}
