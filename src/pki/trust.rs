//! Roots shipped with the product, more from files, and a best-effort look at chains.

use super::parse::CertificateFacts;
use super::parse::from_pem;
use super::parse::x509;
use crate::base::error::Error;
use crate::base::error::Result;
use serde::Deserialize;
use serde::Serialize;
use std::path::Path;
use time::OffsetDateTime;

/// An authority that SQL Server is to trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Name of the certificate object in `master` (facts: mi-link 3.3).
    pub name: String,
    pub der: Vec<u8>,
    pub facts: CertificateFacts,
}

/// (object name, PEM); sources and dates stand in `certs/README.md`.
const SHIPPED: [(&str, &str); 2] = [
    ("DigiCertPKI", include_str!("../../certs/DigiCert_Global_Root_G2.pem")),
    ("MicrosoftPKI", include_str!("../../certs/Microsoft_RSA_Root_Certificate_Authority_2017.pem")),
];

/// The documented minimum for the public cloud.
pub fn shipped() -> Result<Vec<Root>> {
    SHIPPED
        .iter()
        .map(|(name, pem)| {
            let der = from_pem(pem.as_bytes())?.into_iter().next().ok_or_else(|| Error::bug("certs/: empty"))?;
            Root::new(name, der)
        })
        .collect()
}

/// Roots from a PEM file. Each takes its object name from its common name.
pub fn from_file(path: &Path) -> Result<Vec<Root>> {
    let during = |e: Error| e.during(format!("reading `{}`", path.display()));
    let pem =
        std::fs::read(path).map_err(|e| Error::usage(format!("`{}` cannot be read", path.display())).caused_by(e))?;
    from_pem(&pem)
        .map_err(during)?
        .into_iter()
        .map(|der| {
            let facts = CertificateFacts::read(&der).map_err(during)?;
            let name = format!("{}PKI", facts.common_name().unwrap_or(&facts.sha256[..16]));
            Ok(Root { name, der, facts })
        })
        .collect()
}

impl Root {
    pub fn new(name: &str, der: Vec<u8>) -> Result<Self> {
        let facts = CertificateFacts::read(&der)?;
        Ok(Self { name: name.to_owned(), der, facts })
    }
}

/// What could be seen of a chain. No revocation is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "chain", rename_all = "snake_case")]
pub enum Chain {
    /// Signed all the way; subjects from the leaf's issuer to the root.
    Complete { path: Vec<String> },
    /// Nobody at hand issued it. With intermediates left out by the service this is unknown, not broken.
    IssuerMissing { issuer: String },
    /// An authority of the right name did not sign it.
    BadSignature { by: String },
    /// Out of its dates.
    NotValid { subject: String },
}

/// Longest chain followed.
const MAX_DEPTH: usize = 8;

/// Follows a certificate by issuer name and signature to one of the roots.
pub fn chains_to(leaf: &[u8], intermediates: &[Vec<u8>], roots: &[Root], now: OffsetDateTime) -> Result<Chain> {
    let mut current = leaf.to_vec();
    let mut path = Vec::new();
    for _ in 0..MAX_DEPTH {
        let facts = CertificateFacts::read(&current)?;
        if !facts.is_valid_at(now) {
            return Ok(Chain::NotValid { subject: facts.subject });
        }
        if path.is_empty() && roots.iter().any(|root| root.der == current) {
            return Ok(Chain::Complete { path });
        }
        let mut wrong = None;
        let mut next = None;
        let pool = roots.iter().map(|r| (&r.der, true)).chain(intermediates.iter().map(|i| (i, false)));
        for (der, is_root) in pool {
            let (child, parent) = (x509(&current)?, x509(der)?);
            if child.issuer().as_raw() != parent.subject().as_raw() || *der == current {
                continue;
            }
            if child.verify_signature(Some(parent.public_key())).is_ok() {
                next = Some((der.clone(), is_root));
                break;
            }
            wrong = Some(parent.subject().to_string());
        }
        match (next, wrong) {
            (Some((der, is_root)), _) => {
                let facts = CertificateFacts::read(&der)?;
                path.push(facts.subject.clone());
                if is_root {
                    let valid = facts.is_valid_at(now);
                    return Ok(if valid {
                        Chain::Complete { path }
                    } else {
                        Chain::NotValid { subject: facts.subject }
                    });
                }
                current = der;
            }
            (None, Some(by)) => return Ok(Chain::BadSignature { by }),
            (None, None) => return Ok(Chain::IssuerMissing { issuer: facts.issuer }),
        }
    }
    Ok(Chain::IssuerMissing { issuer: CertificateFacts::read(&current)?.issuer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::BasicConstraints;
    use rcgen::CertificateParams;
    use rcgen::DnType;
    use rcgen::IsCa;
    use rcgen::Issuer;
    use rcgen::KeyPair;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-06-01 0:00 UTC);

    struct Authority {
        der: Vec<u8>,
        issuer: Issuer<'static, KeyPair>,
    }

    fn params(name: &str, is_ca: bool) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["mi.zone.database.windows.net".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = datetime!(2026-01-01 0:00 UTC);
        params.not_after = datetime!(2027-01-01 0:00 UTC);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    }

    fn authority(name: &str, parent: Option<&Authority>) -> Authority {
        let key = KeyPair::generate().unwrap();
        let params = params(name, true);
        let der = match parent {
            None => params.self_signed(&key).unwrap().der().to_vec(),
            Some(parent) => params.signed_by(&key, &parent.issuer).unwrap().der().to_vec(),
        };
        Authority { der, issuer: Issuer::new(params, key) }
    }

    fn leaf(parent: &Authority) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        params("leaf", false).signed_by(&key, &parent.issuer).unwrap().der().to_vec()
    }

    #[test]
    fn shipped_roots_are_the_documented_ones() {
        let roots = shipped().unwrap();
        let seen: Vec<_> =
            roots.iter().map(|r| (r.name.as_str(), r.facts.serial.as_str(), r.facts.not_after)).collect();
        assert_eq!(
            seen,
            [
                ("DigiCertPKI", "033AF1E6A711A9A0BB2864B11D09FAE5", datetime!(2038-01-15 12:00 UTC)),
                ("MicrosoftPKI", "1ED397095FD8B4B347701EAABE7F45B3", datetime!(2042-07-18 23:00:23 UTC)),
            ]
        );
        let readme = include_str!("../../certs/README.md");
        for root in &roots {
            assert!(root.facts.is_ca && root.facts.subject == root.facts.issuer);
            assert!(readme.contains(&root.facts.serial) && readme.contains(&root.facts.sha256), "{}", root.name);
            assert!(readme.contains(&root.facts.not_after.date().to_string()));
            // A release must not ship a root that ends within a year of this line.
            assert!(root.facts.remaining(datetime!(2027-01-01 0:00 UTC)) > time::Duration::days(365));
            assert_eq!(chains_to(&root.der, &[], &roots, NOW).unwrap(), Chain::Complete { path: vec![] });
        }
    }

    #[test]
    fn a_chain_is_followed_by_name_and_signature() {
        let root = authority("Root", None);
        let middle = authority("Middle", Some(&root));
        let leaf = leaf(&middle);
        let roots = [Root::new("RootPKI", root.der.clone()).unwrap()];
        let whole = chains_to(&leaf, std::slice::from_ref(&middle.der), &roots, NOW).unwrap();
        assert_eq!(whole, Chain::Complete { path: vec!["CN=Middle".into(), "CN=Root".into()] });
        let short = chains_to(&leaf, &[], &roots, NOW).unwrap();
        assert_eq!(short, Chain::IssuerMissing { issuer: "CN=Middle".into() });
        let impostor = authority("Middle", Some(&root));
        let wrong = chains_to(&leaf, &[impostor.der], &roots, NOW).unwrap();
        assert_eq!(wrong, Chain::BadSignature { by: "CN=Middle".into() });
        let late = chains_to(&leaf, &[middle.der], &roots, datetime!(2028-01-01 0:00 UTC)).unwrap();
        assert_eq!(late, Chain::NotValid { subject: "CN=leaf".into() });
    }

    #[test]
    fn facts_are_read_from_der_and_pem() {
        let root = authority("Root", None);
        let facts = CertificateFacts::read(&root.der).unwrap();
        assert_eq!(facts.common_name(), Some("Root"));
        assert_eq!(facts.dns_names, ["mi.zone.database.windows.net"]);
        assert_eq!((facts.sha1.len(), facts.sha256.len()), (40, 64));
        let mut longer = root.der.clone();
        longer.push(0);
        assert!(CertificateFacts::read(&longer).is_err() && CertificateFacts::read(b"x").is_err());
        assert!(from_pem(b"nothing").is_err());
        let both = format!("{}{}", SHIPPED[0].1, SHIPPED[1].1);
        assert_eq!(from_pem(both.as_bytes()).unwrap().len(), 2);
    }
}
