//! The database mirroring endpoint.

use serde::Deserialize;
use serde::Serialize;

/// The instance's one mirroring endpoint (facts: mi-link 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointFacts {
    pub name: String,
    /// `STARTED`, `STOPPED`, `DISABLED`.
    pub state: String,
    /// `ALL`, `PARTNER`, `WITNESS`.
    pub role: String,
    /// `CERTIFICATE`, `NEGOTIATE, CERTIFICATE`, …
    pub authentication: String,
    pub is_encryption_enabled: bool,
    /// `AES`, `RC4, AES`, `NONE, AES`, …
    pub algorithm: String,
    pub port: Option<i32>,
    pub ip_address: Option<String>,
    pub certificate_id: i32,
    pub certificate_name: Option<String>,
}

impl EndpointFacts {
    pub fn is_started(&self) -> bool {
        self.state == "STARTED"
    }
    /// "Contains", not "is": the documented remedy yields `NEGOTIATE, CERTIFICATE`.
    pub fn accepts_certificates(&self) -> bool {
        self.authentication.split(',').any(|part| part.trim() == "CERTIFICATE")
    }
    pub fn offers_aes(&self) -> bool {
        self.algorithm.split(',').any(|part| part.trim() == "AES")
    }
    /// Encryption is demanded, not merely possible: `NONE, AES` is "supported".
    pub fn requires_encryption(&self) -> bool {
        self.is_encryption_enabled && !self.algorithm.split(',').any(|part| part.trim() == "NONE")
    }
    /// What keeps a link from using it; `None`: nothing (facts: mi-link 4).
    pub fn gap_for_link(&self) -> Option<&'static str> {
        if !self.is_started() {
            Some("it is not started")
        } else if self.role != "ALL" {
            Some("its role is not ALL")
        } else if !self.accepts_certificates() {
            Some("it accepts no certificates")
        } else if !self.offers_aes() {
            Some("it does not offer AES")
        } else if !self.requires_encryption() {
            Some("it does not demand encryption")
        } else {
            None
        }
    }
    /// Windows authentication to be kept when a certificate is added: `NEGOTIATE`, `NTLM`, `KERBEROS`.
    pub fn windows_authentication(&self) -> Option<&str> {
        self.authentication.split(',').map(str::trim).find(|part| !part.is_empty() && *part != "CERTIFICATE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_of_the_documentation_passes_its_own_test() {
        let endpoint = EndpointFacts {
            name: "hadr".into(),
            state: "STARTED".into(),
            role: "ALL".into(),
            authentication: "NEGOTIATE, CERTIFICATE".into(),
            is_encryption_enabled: true,
            algorithm: "NONE, AES".into(),
            port: Some(5022),
            ip_address: None,
            certificate_id: 7,
            certificate_name: Some("c".into()),
        };
        assert!(endpoint.accepts_certificates() && endpoint.offers_aes() && !endpoint.requires_encryption());
        assert_eq!(endpoint.windows_authentication(), Some("NEGOTIATE"));
    }
}
