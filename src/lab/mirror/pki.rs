//! The certificate authority behind the managed instances of a lab: a root, an issuing CA, and one certificate an instance.

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use time::Duration;
use time::OffsetDateTime;

/// How long the authorities live.
const CA_YEARS: i64 = 15;
/// How long a service certificate lives before the service would rotate it.
const LEAF_DAYS: i64 = 365;

/// What an endpoint proves itself with.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Leaf first, then what stands between it and the root.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8, DER.
    pub key: Vec<u8>,
}

/// The lab's authority. Its root plays the part of the public roots of facts mi-link 3.3.
pub struct LabPki {
    /// What an operator imports on SQL Server, DER.
    pub root_der: Vec<u8>,
    pub issuing_der: Vec<u8>,
    root: Issuer<'static, KeyPair>,
    issuing: Issuer<'static, KeyPair>,
}

fn name(common: &str) -> DistinguishedName {
    let mut dn = DistinguishedName::new();
    dn.push(DnType::CountryName, "US");
    dn.push(DnType::OrganizationName, "Microsoft Corporation");
    dn.push(DnType::CommonName, common);
    dn
}

fn authority(common: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(common);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - Duration::days(365);
    params.not_after = now + Duration::days(365 * CA_YEARS);
    params
}

impl LabPki {
    /// A fresh authority whose certificates are valid around `now` (lab time).
    pub fn new(now: OffsetDateTime) -> Result<Self, rcgen::Error> {
        let root_key = KeyPair::generate()?;
        let root_params = authority("milink Lab Root CA", now);
        let root_der = root_params.self_signed(&root_key)?.der().to_vec();
        let root = Issuer::new(root_params, root_key);
        let issuing_key = KeyPair::generate()?;
        let issuing_params = authority("milink Lab Azure RSA TLS Issuing CA 01", now);
        let issuing_der = issuing_params.signed_by(&issuing_key, &root)?.der().to_vec();
        let issuing = Issuer::new(issuing_params, issuing_key);
        Ok(Self { root_der, issuing_der, root, issuing })
    }

    /// The service certificate of a managed instance: `CN=<fqdn>`, the name in the subject alternative names too.
    pub fn issue_mi(&self, fqdn: &str, now: OffsetDateTime) -> Result<Identity, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![fqdn.to_string()])?;
        params.distinguished_name = name(fqdn);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.not_before = now - Duration::days(1);
        params.not_after = now + Duration::days(LEAF_DAYS);
        let leaf = params.signed_by(&key, &self.issuing)?.der().to_vec();
        Ok(Identity { chain: vec![leaf, self.issuing_der.clone()], key: key.serialize_der() })
    }

    /// A further issuing authority under the root (what a chain change after maintenance looks like).
    pub fn rotate_issuing(&mut self, common: &str, now: OffsetDateTime) -> Result<(), rcgen::Error> {
        let key = KeyPair::generate()?;
        let params = authority(common, now);
        self.issuing_der = params.signed_by(&key, &self.root)?.der().to_vec();
        self.issuing = Issuer::new(params, key);
        Ok(())
    }
}
