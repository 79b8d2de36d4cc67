//! Bearer tokens: who is let in, and where tokens come from.

use super::config::ArmConfig;
use super::config::Principal;
use super::config::Token;
use super::error::ArmError;
use super::error::ArmResult;
use super::ids::Mint;
use super::ids::base64url;
use hyper::http::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Tokens live at once at most; the oldest-expiring goes first.
const TOKENS_MAX: usize = 10_000;

/// All tokens in force.
pub struct Tokens {
    by_value: Mutex<BTreeMap<String, Token>>,
}

impl Tokens {
    pub fn new(first: &[Token]) -> Self {
        Self { by_value: Mutex::new(first.iter().map(|t| (t.value.clone(), t.clone())).collect()) }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Token>> {
        self.by_value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new token for `principal`: an unsigned JWT, which is as much as any client looks at (facts: az-cli 3).
    pub fn issue(&self, config: &ArmConfig, mint: &Mint, principal: &Principal, audience: &str) -> Token {
        let now = (config.now)();
        let expires = now + config.token_lifetime;
        let head = json!({"typ": "JWT", "alg": "none"}).to_string();
        let claims = json!({
            "aud": audience, "iss": format!("https://sts.windows.net/{}/", config.tenant),
            "iat": now.unix_timestamp(), "nbf": now.unix_timestamp(), "exp": expires.unix_timestamp(),
            "appid": principal.client_id, "oid": principal.object_id, "sub": principal.object_id,
            "tid": config.tenant, "idtyp": "app", "ver": "1.0", "uti": mint.guid().simple().to_string(),
            "xms_mirid": format!("/subscriptions/{}/resourcegroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/lab", config.subscription),
        });
        let text = format!("{}.{}", base64url(head.as_bytes()), base64url(claims.to_string().as_bytes()));
        let value = format!("{text}.{}", mint.sign(&text));
        let token = Token { value, principal: principal.clone(), audience: audience.to_owned(), expires };
        let mut all = self.locked();
        if all.len() >= TOKENS_MAX
            && let Some(oldest) = all.values().min_by_key(|t| t.expires).map(|t| t.value.clone())
        {
            all.remove(&oldest);
        }
        all.insert(token.value.clone(), token.clone());
        token
    }

    /// Makes a token unknown: what a revoked session looks like.
    pub fn revoke(&self, value: &str) {
        self.locked().remove(value);
    }

    /// Judges an `Authorization` header.
    pub fn check(&self, config: &ArmConfig, header: Option<&str>) -> ArmResult<Principal> {
        let Some(header) = header.filter(|h| !h.trim().is_empty()) else {
            return Err(refusal(
                config,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                "The authentication failed because of missing 'Authorization' header.",
            ));
        };
        let (scheme, value) = header.trim().split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refusal(
                config,
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
                "The authentication scheme is not supported.",
            ));
        }
        let Some(token) = self.locked().get(value.trim()).cloned() else {
            return Err(refusal(
                config,
                "InvalidAuthenticationToken",
                "The access token is invalid.",
                "The access token is invalid.",
            ));
        };
        if token.expires <= (config.now)() {
            return Err(refusal(
                config,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
                "The access token has expired.",
            ));
        }
        if !audience_fits(config, &token.audience) {
            return Err(refusal(
                config,
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource.",
                "The access token is from the wrong audience.",
            ));
        }
        Ok(token.principal)
    }
}

fn audience_fits(config: &ArmConfig, audience: &str) -> bool {
    let bare = |s: &str| s.trim_end_matches("/.default").trim_end_matches('/').to_ascii_lowercase();
    let asked = bare(audience);
    config.audiences.iter().any(|a| bare(a) == asked)
}

fn refusal(config: &ArmConfig, code: &str, message: &str, description: &str) -> ArmError {
    let authority = config.authority.as_deref().unwrap_or("https://login.microsoftonline.com");
    let mut error = ArmError::new(StatusCode::UNAUTHORIZED, code, message).from_gateway();
    error.challenge = Some(format!(
        "Bearer authorization_uri=\"{authority}/{}\", error=\"invalid_token\", error_description=\"{description}\"",
        config.tenant
    ));
    error
}
