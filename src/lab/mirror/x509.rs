//! What the handshake must know of a certificate.

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// Longest chain looked at.
const MAX_CHAIN: usize = 8;

/// The identifying parts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Raw DER of the issuer's name: compared, never shown.
    pub issuer_raw: Vec<u8>,
    pub subject: String,
    /// Big-endian bytes.
    pub serial: Vec<u8>,
    pub not_before: OffsetDateTime,
    pub not_after: OffsetDateTime,
    /// Subject alternative DNS names and the common name, lower case.
    pub dns_names: Vec<String>,
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, c)| c)
}

/// Reads a certificate; `None` if it is not one.
pub fn summary(der: &[u8]) -> Option<Summary> {
    let c = parse(der)?;
    let mut dns_names: Vec<String> = Vec::new();
    if let Ok(Some(san)) = c.subject_alternative_name() {
        for name in &san.value.general_names {
            if let GeneralName::DNSName(n) = name {
                dns_names.push(n.to_ascii_lowercase());
            }
        }
    }
    for cn in c.subject().iter_common_name().filter_map(|a| a.as_str().ok()) {
        let cn = cn.to_ascii_lowercase();
        if !dns_names.contains(&cn) {
            dns_names.push(cn);
        }
    }
    Some(Summary {
        issuer_raw: c.issuer().as_raw().to_vec(),
        subject: c.subject().to_string(),
        serial: c.raw_serial().to_vec(),
        not_before: c.validity().not_before.to_datetime(),
        not_after: c.validity().not_after.to_datetime(),
        dns_names,
    })
}

/// True if `pattern` (`*.database.windows.net`) covers `name`; the star stands for one or more labels at the left.
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    match pattern.strip_prefix('*') {
        Some(suffix) if suffix.starts_with('.') => name.len() > suffix.len() && name.ends_with(suffix),
        Some(_) => false,
        None => pattern == name,
    }
}

fn signed_by(child: &X509Certificate<'_>, issuer: &X509Certificate<'_>, now: OffsetDateTime) -> bool {
    let valid = issuer.validity().not_before.to_datetime() <= now && now <= issuer.validity().not_after.to_datetime();
    valid
        && child.issuer().as_raw() == issuer.subject().as_raw()
        && child.verify_signature(Some(issuer.public_key())).is_ok()
}

/// True if `chain` (leaf first) leads to one of `roots` by valid signatures.
pub fn chains_to<'a>(chain: &[Vec<u8>], roots: impl IntoIterator<Item = &'a [u8]>, now: OffsetDateTime) -> bool {
    let parsed: Vec<_> = chain.iter().take(MAX_CHAIN).filter_map(|d| parse(d)).collect();
    let roots: Vec<_> = roots.into_iter().filter_map(parse).collect();
    let Some(mut current) = parsed.first() else { return false };
    for _ in 0..MAX_CHAIN {
        if roots.iter().any(|r| signed_by(current, r, now) && r.is_ca()) {
            return true;
        }
        match parsed.iter().skip(1).find(|c| c.is_ca() && signed_by(current, c, now) && !std::ptr::eq(*c, current)) {
            Some(next) => current = next,
            None => return false,
        }
    }
    false
}
