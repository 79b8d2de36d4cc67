//! Who is let in: on loopback everybody who means this machine, else whoever has the token.

use crate::base::redact::ExposeSecret;
use crate::base::redact::SecretString;
use axum::http::HeaderMap;
use axum::http::header;
use base64::Engine;
use sha2::Digest;
use sha2::Sha256;
use std::net::IpAddr;

/// What a request must show.
pub(super) struct Guard {
    /// Of the token, so that comparing takes as long whatever is sent.
    token: Option<[u8; 32]>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No token, or a wrong one.
    Token,
    /// The request means another host: a page of somebody else that was led here by its name server.
    Host,
}

impl Guard {
    pub(super) fn new(token: Option<&SecretString>) -> Self {
        Self { token: token.map(|t| Sha256::digest(t.expose_secret().as_bytes()).into()) }
    }

    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match &self.token {
            Some(wanted) => match presented(headers) {
                Some(found) if <[u8; 32]>::from(Sha256::digest(found.as_bytes())) == *wanted => Ok(()),
                _ => Err(Refusal::Token),
            },
            None if means_loopback(headers) => Ok(()),
            None => Err(Refusal::Host),
        }
    }
}

/// Bearer, or the password of Basic: a browser can be asked for that one.
fn presented(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

fn means_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::redact::secret;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_token_is_needed_whole_and_in_either_form() {
        let guard = Guard::new(Some(&secret("s3cret".to_owned())));
        let ask = |value: &str| guard.check(&headers(header::AUTHORIZATION, value));
        assert_eq!(ask("Bearer s3cret"), Ok(()));
        assert_eq!(ask("Basic b3BzOnMzY3JldA=="), Ok(()), "ops:s3cret");
        for bad in ["Bearer s3cre", "Bearer ", "Basic czNjcmV0", "Basic !", "Digest s3cret", "s3cret"] {
            assert_eq!(ask(bad), Err(Refusal::Token), "{bad}");
        }
        assert_eq!(guard.check(&HeaderMap::new()), Err(Refusal::Token));
    }

    #[test]
    fn without_one_only_this_machine_is_meant() {
        let guard = Guard::new(None);
        let ask = |host: &str| guard.check(&headers(header::HOST, host));
        for good in ["localhost:9187", "127.0.0.1", "[::1]:9187", "LOCALHOST"] {
            assert_eq!(ask(good), Ok(()), "{good}");
        }
        for bad in ["evil.example:9187", "10.0.0.1:9187", "127.0.0.1.evil.example", "[::2]"] {
            assert_eq!(ask(bad), Err(Refusal::Host), "{bad}");
        }
        assert_eq!(guard.check(&HeaderMap::new()), Err(Refusal::Host));
    }
}
