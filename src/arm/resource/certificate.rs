//! Certificates of an instance (facts: arm-api 4, 5).

use crate::base::hex;
use serde::Deserialize;
use serde::Serialize;

/// The instance's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCertificate {
    pub name: Option<String>,
    #[serde(default)]
    pub properties: EndpointCertificateProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointCertificateProperties {
    pub public_blob: Option<String>,
    /// Preview: the roots the SQL Server must trust.
    pub trusted_root_certificates: Vec<RootCertificate>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RootCertificate {
    pub subject: Option<String>,
    pub public_blob: Option<String>,
}

impl EndpointCertificate {
    pub fn der(&self) -> Option<Vec<u8>> {
        self.properties.public_blob.as_deref().and_then(hex::decode)
    }
    pub fn roots(&self) -> &[RootCertificate] {
        &self.properties.trusted_root_certificates
    }
}

impl RootCertificate {
    pub fn der(&self) -> Option<Vec<u8>> {
        self.public_blob.as_deref().and_then(hex::decode)
    }
}

/// A SQL Server's, given to the instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustCertificate {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub properties: TrustCertificateProperties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrustCertificateProperties {
    pub public_blob: Option<String>,
    pub thumbprint: Option<String>,
    pub certificate_name: Option<String>,
}

impl TrustCertificate {
    pub fn der(&self) -> Option<Vec<u8>> {
        self.properties.public_blob.as_deref().and_then(hex::decode)
    }
}
