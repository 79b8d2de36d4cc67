//! Access tokens: credentials of the Azure SDK behind a cache that renews early.

use super::cloud::Cloud;
use crate::base::clock::SharedClock;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::ExposeSecret;
use crate::base::redact::SecretString;
use async_trait::async_trait;
use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::Secret;
use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_identity::AzureCliCredential;
use azure_identity::AzureCliCredentialOptions;
use azure_identity::ClientAssertionCredentialOptions;
use azure_identity::ClientSecretCredential;
use azure_identity::ClientSecretCredentialOptions;
use azure_identity::DeveloperToolsCredential;
use azure_identity::ManagedIdentityCredential;
use azure_identity::ManagedIdentityCredentialOptions;
use azure_identity::UserAssignedId;
use azure_identity::WorkloadIdentityCredential;
use azure_identity::WorkloadIdentityCredentialOptions;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// A bearer token.
#[derive(Debug, Clone)]
pub struct Token {
    pub secret: SecretString,
    /// None: not known, as for a token given by hand.
    pub expires: Option<OffsetDateTime>,
}

/// Gives tokens.
#[async_trait]
pub trait TokenSource: Send + Sync {
    async fn token(&self, scope: &str) -> Result<Token>;
    /// The service refused the token: do not hand it out again.
    async fn forget(&self, scope: &str);
}

/// How to get a token.
#[derive(Debug, Clone)]
pub enum Credential {
    AzureCli {
        tenant: Option<String>,
        subscription: Option<String>,
    },
    /// System-assigned without a client id.
    ManagedIdentity {
        client_id: Option<String>,
    },
    /// From the environment of a pod where not given.
    WorkloadIdentity {
        tenant: Option<String>,
        client_id: Option<String>,
    },
    ClientSecret {
        tenant: String,
        client_id: String,
        secret: SecretString,
    },
    /// Whatever tool of this machine is signed in.
    DeveloperTools,
    /// Given by hand; used for every scope.
    Static(SecretString),
}

/// A source for a credential, with the cache in front.
pub fn source(credential: &Credential, cloud: &Cloud, clock: SharedClock) -> Result<Arc<dyn TokenSource>> {
    let inner: Arc<dyn TokenSource> = match credential {
        Credential::Static(secret) => return Ok(Arc::new(StaticToken::new(secret.clone()))),
        other => Arc::new(Sdk { credential: sdk(other, cloud)? }),
    };
    Ok(Arc::new(Cached::new(inner, clock)))
}

fn sdk(credential: &Credential, cloud: &Cloud) -> Result<Arc<dyn TokenCredential>> {
    let configuration = match cloud.name.as_str() {
        "usgov" => CloudConfiguration::AzureGovernment,
        "china" => CloudConfiguration::AzureChina,
        _ => CloudConfiguration::AzurePublic,
    };
    let client_options = ClientOptions { cloud: Some(Arc::new(configuration)), ..Default::default() };
    let built: azure_core::Result<Arc<dyn TokenCredential>> = match credential {
        Credential::AzureCli { tenant, subscription } => AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: tenant.clone(),
            subscription: subscription.clone(),
            ..Default::default()
        }))
        .map(|c| c as Arc<dyn TokenCredential>),
        Credential::ManagedIdentity { client_id } => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                client_options,
            }))
            .map(|c| c as Arc<dyn TokenCredential>)
        }
        Credential::WorkloadIdentity { tenant, client_id } => {
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                tenant_id: tenant.clone(),
                client_id: client_id.clone(),
                ..Default::default()
            }))
            .map(|c| c as Arc<dyn TokenCredential>)
        }
        Credential::ClientSecret { tenant, client_id, secret } => ClientSecretCredential::new(
            tenant,
            client_id.clone(),
            Secret::new(secret.expose_secret().to_owned()),
            Some(ClientSecretCredentialOptions { client_options }),
        )
        .map(|c| c as Arc<dyn TokenCredential>),
        Credential::DeveloperTools => DeveloperToolsCredential::new(None).map(|c| c as Arc<dyn TokenCredential>),
        Credential::Static(_) => return Err(Error::bug("a static token has no credential")),
    };
    built.map_err(|e| Error::usage("the Azure credential is not complete").caused_by(e))
}

/// Limit of one token request; the Azure CLI takes seconds to start.
const TOKEN_LIMIT: Duration = Duration::from_secs(60);

struct Sdk {
    credential: Arc<dyn TokenCredential>,
}

#[async_trait]
impl TokenSource for Sdk {
    async fn token(&self, scope: &str) -> Result<Token> {
        let scopes = [scope];
        let denied = |message: &str| {
            Error::new(Kind::Denied, message.to_owned())
                .hint("sign in again (`az login`), or check the `[azure]` credential")
        };
        match within(TOKEN_LIMIT, self.credential.get_token(&scopes, None)).await {
            Some(Ok(token)) => Ok(Token {
                secret: SecretString::from(token.token.secret().to_owned()),
                expires: Some(token.expires_on),
            }),
            Some(Err(e)) => Err(denied("no Azure access token could be had").caused_by(e)),
            None => Err(denied("no Azure access token came within 1 min 00 s")),
        }
    }
    async fn forget(&self, _: &str) {}
}

/// A token given by hand.
pub struct StaticToken {
    token: Token,
}

impl StaticToken {
    pub fn new(secret: SecretString) -> Self {
        Self { token: Token { secret, expires: None } }
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self, _: &str) -> Result<Token> {
        Ok(self.token.clone())
    }
    async fn forget(&self, _: &str) {}
}

/// Renewed so long before its end, that no request of a night starts with a token about to expire.
const REFRESH_SKEW: time::Duration = time::Duration::minutes(5);

/// Keeps tokens per scope. One request at a time: a hundred callers cause one renewal.
pub struct Cached {
    inner: Arc<dyn TokenSource>,
    clock: SharedClock,
    held: Mutex<BTreeMap<String, Token>>,
}

impl Cached {
    pub fn new(inner: Arc<dyn TokenSource>, clock: SharedClock) -> Self {
        Self { inner, clock, held: Mutex::new(BTreeMap::new()) }
    }
}

#[async_trait]
impl TokenSource for Cached {
    async fn token(&self, scope: &str) -> Result<Token> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some(token) = held.get(scope).filter(|t| t.expires.is_none_or(|e| now + REFRESH_SKEW < e)) {
            return Ok(token.clone());
        }
        match self.inner.token(scope).await {
            Ok(token) => {
                held.insert(scope.to_owned(), token.clone());
                Ok(token)
            }
            // The old one still holds: an outage of the authority must not stop a cutover that has minutes left.
            Err(error) => match held.get(scope).filter(|t| t.expires.is_some_and(|e| now < e)) {
                Some(token) => Ok(token.clone()),
                None => Err(error),
            },
        }
    }
    async fn forget(&self, scope: &str) {
        self.held.lock().await.remove(scope);
        self.inner.forget(scope).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::TokioClock;
    use crate::base::clock::pause;
    use crate::base::redact::secret;
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering;
    use time::macros::datetime;

    struct Counting {
        clock: SharedClock,
        asked: AtomicU32,
        fail: std::sync::atomic::AtomicBool,
    }
    #[async_trait]
    impl TokenSource for Counting {
        async fn token(&self, scope: &str) -> Result<Token> {
            if self.fail.load(Ordering::SeqCst) {
                return Err(Error::new(Kind::Denied, "authority down"));
            }
            let n = self.asked.fetch_add(1, Ordering::SeqCst);
            let expires = Some(self.clock.now() + time::Duration::hours(1));
            Ok(Token { secret: secret(format!("{scope}-{n}")), expires })
        }
        async fn forget(&self, _: &str) {}
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_early_and_an_old_one_outlives_an_outage() {
        let clock = TokioClock::starting_at(datetime!(2026-01-01 0:00 UTC));
        let inner = Arc::new(Counting { clock: clock.clone(), asked: AtomicU32::new(0), fail: false.into() });
        let cache = Cached::new(inner.clone(), clock);
        let get = async || cache.token("s").await.map(|t| t.secret.expose_secret().to_owned());
        assert_eq!(get().await.unwrap(), "s-0");
        pause(Duration::from_secs(54 * 60)).await;
        assert_eq!(get().await.unwrap(), "s-0");
        inner.fail.store(true, Ordering::SeqCst);
        pause(Duration::from_secs(2 * 60)).await;
        assert_eq!(get().await.unwrap(), "s-0", "still valid for four minutes");
        inner.fail.store(false, Ordering::SeqCst);
        assert_eq!(get().await.unwrap(), "s-1");
        cache.forget("s").await;
        assert_eq!(get().await.unwrap(), "s-2");
        inner.fail.store(true, Ordering::SeqCst);
        pause(Duration::from_secs(61 * 60)).await;
        assert_eq!(get().await.unwrap_err().kind(), Kind::Denied);
    }
}
