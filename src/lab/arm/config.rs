//! How the emulator is set up.

use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;

/// Wall time of the lab.
pub type Now = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// A bearer token that ARM takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub value: String,
    pub principal: Principal,
    /// Audience asked for, as sent (`https://management.core.windows.net/`).
    pub audience: String,
    pub expires: OffsetDateTime,
}

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Application (client) id.
    pub client_id: String,
    pub object_id: String,
}

/// An application that may ask for tokens by client credentials.
#[derive(Debug, Clone)]
pub struct Application {
    pub principal: Principal,
    pub secret: String,
}

/// Settings of [`super::server::ArmServer`].
#[derive(Clone)]
pub struct ArmConfig {
    pub tenant: String,
    pub subscription: String,
    /// `westeurope`: no blanks, lower case.
    pub region: String,
    /// Seconds in `Retry-After` of a 202; never 0, which azure-core reads as absent (facts: arm-api 1.2). The service sends 15.
    pub retry_after_s: u32,
    /// Tokens valid from the start.
    pub tokens: Vec<Token>,
    pub applications: Vec<Application>,
    /// Who the managed identity is, and the secret of its endpoint (`X-IDENTITY-HEADER`); `None`: any value.
    pub identity: Principal,
    pub identity_header: Option<String>,
    /// How long issued tokens last (the real ones: 3,600 s and more).
    pub token_lifetime: Duration,
    /// Audiences that ARM accepts, with or without a trailing slash.
    pub audiences: Vec<String>,
    /// Authority host told in challenges and metadata; `None`: the address the client called.
    pub authority: Option<String>,
    /// Seeds request ids and signatures, so that a run can be repeated.
    pub seed: u64,
    pub now: Now,
}

impl ArmConfig {
    /// Settings with public-cloud audiences, one managed identity and no other way in.
    pub fn new(tenant: &str, subscription: &str, region: &str, now: Now) -> Self {
        Self {
            tenant: tenant.to_owned(),
            subscription: subscription.to_owned(),
            region: region.to_owned(),
            retry_after_s: 1,
            tokens: Vec::new(),
            applications: Vec::new(),
            identity: Principal {
                client_id: "6f0f7c7e-5b0a-4f6e-9f64-0a4d7a9a51a1".to_owned(),
                object_id: "c5b6b4f0-3d1f-4b5b-8f0b-1d8f0a1f7e02".to_owned(),
            },
            identity_header: None,
            token_lifetime: Duration::from_secs(3600),
            audiences: vec![
                "https://management.core.windows.net".to_owned(),
                "https://management.azure.com".to_owned(),
            ],
            authority: None,
            seed: 1,
            now,
        }
    }
}
