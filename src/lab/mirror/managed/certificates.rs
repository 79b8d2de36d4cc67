//! Certificates of a managed instance: its own, and those of the SQL Servers it trusts (facts: arm-api 4, 5).

use super::types::LinkError;
use crate::lab::mirror::x509;
use crate::lab::world::hadr::TrustCertificate;
use crate::lab::world::instance::Instance;
use std::sync::Arc;

/// DER of the instance's endpoint certificate (`DATABASE_MIRRORING`).
pub fn endpoint_certificate(mi: &Instance) -> Option<Vec<u8>> {
    mi.with(|s| s.hadr.service_identity.as_ref().and_then(|i| i.chain.first().cloned()))
}

/// All server trust certificates.
pub fn list_trust_certificates(mi: &Instance) -> Vec<TrustCertificate> {
    mi.with(|s| s.hadr.trust.clone())
}

/// Uploads the public key of a SQL Server endpoint. The same name with the same certificate changes nothing.
pub fn put_trust_certificate(mi: &Arc<Instance>, name: &str, der: &[u8]) -> Result<(), LinkError> {
    if name.is_empty() {
        return Err(LinkError::new(400, "MissingCertificateName", "Certificate name is missing."));
    }
    if der.is_empty() {
        return Err(LinkError::new(400, "MissingPublicBlob", "Public blob of the certificate is missing."));
    }
    if x509::summary(der).is_none() {
        let text = "Public blob of the certificate is invalid, reason: 'The blob is not a certificate'.";
        return Err(LinkError::new(400, "InvalidPublicBlob", text));
    }
    mi.with(|s| {
        let same = |t: &&TrustCertificate| t.name.eq_ignore_ascii_case(name) || t.der == der;
        match s.hadr.trust.iter().find(same) {
            Some(t) if t.name.eq_ignore_ascii_case(name) && t.der == der => Ok(()),
            Some(t) => Err(LinkError::new(
                400,
                "CertificateAlreadyExists",
                format!(
                    "A certificate with name '{}' already exists or this certificate has already been added.",
                    t.name
                ),
            )),
            None => {
                s.hadr.trust.push(TrustCertificate { name: name.to_owned(), der: der.to_vec() });
                Ok(())
            }
        }
    })?;
    mi.notify();
    Ok(())
}

/// Removes a server trust certificate; false if there was none. Connections that stand go on.
pub fn delete_trust_certificate(mi: &Arc<Instance>, name: &str) -> bool {
    let found = mi.with(|s| {
        let before = s.hadr.trust.len();
        s.hadr.trust.retain(|t| !t.name.eq_ignore_ascii_case(name));
        s.hadr.trust.len() != before
    });
    mi.notify();
    found
}
