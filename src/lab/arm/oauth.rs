//! Where tokens are issued: the OAuth 2 client-credentials endpoint, and the App Service managed-identity endpoint.

use super::auth::Tokens;
use super::config::ArmConfig;
use super::config::Token;
use super::ids::Mint;
use super::ids::from_base64;
use super::route::query_value;
use hyper::http::HeaderMap;
use hyper::http::StatusCode;
use serde_json::Value;
use serde_json::json;

/// Answer of `POST /{tenant}/oauth2/v2.0/token` (and of the older `/oauth2/token`).
pub fn token(config: &ArmConfig, tokens: &Tokens, mint: &Mint, tenant: &str, form: &str) -> (StatusCode, Value) {
    let get = |name: &str| query_value(Some(form), name);
    if !tenant.eq_ignore_ascii_case(&config.tenant) {
        return oauth_error(config, mint, "invalid_tenant", 90002, &format!("Tenant '{tenant}' not found."));
    }
    match get("grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(other) => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            return oauth_error(config, mint, "unsupported_grant_type", 70003, &text);
        }
        None => {
            let text = "The request body must contain the following parameter: 'grant_type'.";
            return oauth_error(config, mint, "invalid_request", 900_144, text);
        }
    }
    let client = get("client_id").unwrap_or_default();
    let Some(application) = config.applications.iter().find(|a| a.principal.client_id.eq_ignore_ascii_case(&client))
    else {
        let text = format!("Application with identifier '{client}' was not found in the directory.");
        return oauth_error(config, mint, "unauthorized_client", 700_016, &text);
    };
    // A client assertion is taken when it names the application: its signature is the business of a real directory.
    let asserted = get("client_assertion").is_some_and(|a| assertion_issuer(&a).as_deref() == Some(client.as_str()));
    if !asserted && get("client_secret").as_deref() != Some(application.secret.as_str()) {
        return oauth_error(config, mint, "invalid_client", 7_000_215, "Invalid client secret provided.");
    }
    let Some(audience) = get("scope").map(scope_audience).or_else(|| get("resource")) else {
        let text = "The request body must contain the following parameter: 'scope'.";
        return oauth_error(config, mint, "invalid_request", 900_144, text);
    };
    let token = tokens.issue(config, mint, &application.principal, &audience);
    let lifetime = config.token_lifetime.as_secs();
    let body = json!({"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token.value});
    (StatusCode::OK, body)
}

/// `https://management.core.windows.net//.default` asks for the audience with its slash (facts: arm-api 12).
fn scope_audience(scope: String) -> String {
    scope.strip_suffix("/.default").map_or(scope.clone(), ToOwned::to_owned)
}

fn assertion_issuer(assertion: &str) -> Option<String> {
    let claims: Value = serde_json::from_slice(&from_base64(assertion.split('.').nth(1)?)?).ok()?;
    claims.get("iss")?.as_str().map(ToOwned::to_owned)
}

fn oauth_error(config: &ArmConfig, mint: &Mint, code: &str, number: u32, text: &str) -> (StatusCode, Value) {
    let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let body = json!({
        "error": code, "error_description": format!("AADSTS{number}: {text}"), "error_codes": [number],
        "timestamp": super::view::stamp((config.now)()), "trace_id": mint.guid(), "correlation_id": mint.guid(),
    });
    (status, body)
}

/// OpenID metadata, which MSAL reads before it asks for a token.
pub fn openid(config: &ArmConfig, base: &str) -> Value {
    let tenant = &config.tenant;
    json!({
        "issuer": format!("{base}/{tenant}/v2.0"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/devicecode"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "tenant_region_scope": null,
    })
}

/// Answer of the App Service identity endpoint: `GET …?api-version=2019-08-01&resource=…` with `X-IDENTITY-HEADER`
/// (facts: arm-api 12, az-cli 3).
pub fn identity(
    config: &ArmConfig,
    tokens: &Tokens,
    mint: &Mint,
    query: Option<&str>,
    headers: &HeaderMap,
) -> (StatusCode, Value) {
    let refuse = |status: StatusCode, text: &str| (status, json!({"statusCode": status.as_u16(), "message": text}));
    if query_value(query, "api-version").as_deref() != Some("2019-08-01") {
        return refuse(StatusCode::BAD_REQUEST, "The api-version is not supported.");
    }
    let sent = headers.get("x-identity-header").and_then(|v| v.to_str().ok());
    if sent.is_none() || config.identity_header.as_deref().is_some_and(|want| sent != Some(want)) {
        return refuse(StatusCode::UNAUTHORIZED, "The X-IDENTITY-HEADER is missing or wrong.");
    }
    let Some(resource) = query_value(query, "resource").filter(|r| !r.is_empty()) else {
        return refuse(StatusCode::BAD_REQUEST, "The parameter 'resource' is missing.");
    };
    if let Some(id) = query_value(query, "client_id")
        && !id.eq_ignore_ascii_case(&config.identity.client_id)
    {
        return refuse(
            StatusCode::BAD_REQUEST,
            "No User Assigned or Delegated Managed Identity found for specified ClientId.",
        );
    }
    let token: Token = tokens.issue(config, mint, &config.identity, &resource);
    let body = json!({
        "access_token": token.value, "expires_on": token.expires.unix_timestamp().to_string(),
        "resource": resource, "token_type": "Bearer", "client_id": config.identity.client_id,
    });
    (StatusCode::OK, body)
}
