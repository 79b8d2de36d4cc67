//! Certificates in `master`.

use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

/// A row of `master.sys.certificates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificate {
    pub name: String,
    pub certificate_id: i32,
    pub subject: Option<String>,
    pub issuer: Option<String>,
    pub serial: Option<String>,
    /// SHA-1 as the server shows it, upper-case hex.
    pub thumbprint: Option<String>,
    pub not_before: Option<OffsetDateTime>,
    pub not_after: Option<OffsetDateTime>,
    /// `MK` master key, `PW` password, `NA` no private key.
    pub key_protection: String,
}

impl ServerCertificate {
    /// Has a private key the endpoint can open by itself (facts: mi-link 3.1).
    pub fn serves_endpoint(&self) -> bool {
        self.key_protection.trim() == "MK"
    }
    pub fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.not_before.is_none_or(|t| t <= now) && self.not_after.is_some_and(|t| now < t)
    }
}
