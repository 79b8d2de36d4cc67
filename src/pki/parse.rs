//! Facts of a certificate, from its DER.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::hex;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use serde::Serialize;
use sha1::Digest;
use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::GeneralName;
use x509_parser::prelude::X509Certificate;

/// What a certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// `CN=…, O=…`.
    pub subject: String,
    pub issuer: String,
    /// Upper-case hex, all bytes, without the sign byte.
    pub serial: String,
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Upper-case hex; the thumbprint SQL Server shows.
    pub sha1: String,
    pub sha256: String,
    pub is_ca: bool,
    pub dns_names: Vec<String>,
}

impl CertificateFacts {
    /// Reads one certificate; bytes behind it are an error.
    pub fn read(der: &[u8]) -> Result<Self> {
        let certificate = x509(der)?;
        let validity = certificate.validity();
        let dns_names = match certificate.subject_alternative_name() {
            Ok(Some(names)) => names
                .value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: serial(certificate.raw_serial()),
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
            sha1: hex::encode(&sha1::Sha1::digest(der)),
            sha256: hex::encode(&sha2::Sha256::digest(der)),
            is_ca: certificate.is_ca(),
            dns_names,
        })
    }

    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before <= now && now < self.not_after
    }

    /// Time left; negative when it is over.
    pub fn remaining(&self, now: OffsetDateTime) -> time::Duration {
        self.not_after - now
    }

    /// The common name of the subject.
    pub fn common_name(&self) -> Option<&str> {
        self.subject.split(", ").find_map(|part| part.strip_prefix("CN="))
    }
}

fn serial(raw: &[u8]) -> String {
    let sign = usize::from(raw.len() > 1 && raw[0] == 0);
    hex::encode(&raw[sign..])
}

pub(super) fn x509(der: &[u8]) -> Result<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(Error::new(Kind::Usage, "bytes follow the certificate")),
        Err(e) => Err(Error::new(Kind::Usage, "not a DER certificate").caused_by(e)),
    }
}

/// Every certificate of a PEM text, as DER.
pub fn from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>> {
    let found = CertificateDer::pem_slice_iter(pem)
        .map(|item| item.map(|der| der.to_vec()))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| Error::new(Kind::Usage, "not a PEM certificate").caused_by(e))?;
    if found.is_empty() { Err(Error::new(Kind::Usage, "no certificate in the PEM text")) } else { Ok(found) }
}
