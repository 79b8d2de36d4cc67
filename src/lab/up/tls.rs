//! The lab's own authority for TLS to SQL and ARM: one CA, one leaf for every loopback name.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::PrivatePkcs8KeyDer;
use time::Duration;
use time::OffsetDateTime;

/// CA and leaf, for servers that listen on loopback.
pub struct LabTls {
    pub ca_pem: String,
    pub ca_der: Vec<u8>,
    /// Leaf, then CA: clients of FreeTDS want both.
    pub chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl LabTls {
    /// A new CA with a leaf for `localhost`, the loopback addresses and `names`.
    pub fn new(names: &[String], now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name.push(DnType::CommonName, "milink lab CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - Duration::days(1);
        params.not_after = now + Duration::days(30);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        all.extend(names.iter().cloned());
        let mut leaf = CertificateParams::new(all)?;
        leaf.distinguished_name.push(DnType::CommonName, "localhost");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.not_before = now - Duration::days(1);
        leaf.not_after = now + Duration::days(30);
        let key = KeyPair::generate()?;
        let cert = leaf.signed_by(&key, &ca)?;
        let ca_der = ca.der().to_vec();
        Ok(Self {
            ca_pem: ca.pem(),
            chain: vec![cert.der().clone(), CertificateDer::from(ca_der.clone())],
            ca_der,
            key: key.serialize_der(),
        })
    }

    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }

    /// Server side for HTTPS.
    pub fn https(&self) -> Result<rustls::ServerConfig, rustls::Error> {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key())
    }
}
