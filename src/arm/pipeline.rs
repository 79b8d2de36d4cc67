//! What every request gets: ids, token, retries by rule, and a log line without secrets.

use super::auth::TokenSource;
use super::error::ServiceError;
use super::transport::Method;
use super::transport::Request;
use super::transport::Response;
use super::transport::Transport;
use super::transport::TransportError;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// Waiting for one call in all, retries included.
const PATIENCE: Duration = Duration::from_secs(120);
/// Attempts of one call.
const ATTEMPTS: u32 = 6;
/// A remaining count below this is worth a warning (facts: arm-api 1.4).
const LOW_QUOTA: u64 = 25;

/// Sends requests by the rules of the service (facts: arm-api 1.3).
pub struct Pipeline {
    transport: Arc<dyn Transport>,
    tokens: Arc<dyn TokenSource>,
    clock: SharedClock,
    scope: String,
    /// Tokens go to this host and below it only.
    host: String,
    user_agent: String,
}

/// What follows an attempt.
enum Next {
    Done(Response),
    /// Once more after a delay; the reason is told if it was the last time.
    Again(Duration, Error),
    /// The token was refused: once more with a fresh one.
    Renew,
    Fail(Error),
}

impl Pipeline {
    pub fn new(
        transport: Arc<dyn Transport>,
        tokens: Arc<dyn TokenSource>,
        clock: SharedClock,
        scope: String,
        endpoint: &str,
        user_agent: String,
    ) -> Result<Self> {
        let host =
            origin(endpoint).ok_or_else(|| Error::usage(format!("`{endpoint}` is no address of an Azure endpoint")))?;
        Ok(Self { transport, tokens, clock, scope, host, user_agent })
    }

    /// Sends a request until it is answered for good. Any status but a transient one is an answer;
    /// a change whose fate is unknown is [`Kind::AnswerLost`].
    pub async fn call(&self, method: Method, url: &str, body: Option<&serde_json::Value>) -> Result<Response> {
        self.guard(url)?;
        let deadline = self.clock.monotonic() + PATIENCE;
        let id = crate::base::random::uuid();
        let mut backoff = Backoff::relaxed();
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let last = attempt >= ATTEMPTS;
            let answer = self.attempt(method, url, body, id).await?;
            let next = match answer {
                Ok(response) => after_response(method, response, backoff, renewed),
                Err(error) => after_failure(method, &error, backoff),
            };
            match next {
                Next::Done(response) => return Ok(response),
                Next::Renew => {
                    renewed = true;
                    self.tokens.forget(&self.scope).await;
                }
                Next::Again(delay, reason) => {
                    if last || self.clock.monotonic() + delay > deadline {
                        return Err(gave_up(attempt, reason));
                    }
                    pause(delay).await;
                    backoff.delay();
                }
                Next::Fail(error) => return Err(error),
            }
        }
    }

    async fn attempt(
        &self,
        method: Method,
        url: &str,
        body: Option<&serde_json::Value>,
        id: Uuid,
    ) -> Result<std::result::Result<Response, TransportError>> {
        let token = self.tokens.token(&self.scope).await?;
        let request = Request {
            method,
            url: url.to_owned(),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("user-agent", self.user_agent.clone()),
                ("x-ms-client-request-id", id.to_string()),
                ("x-ms-return-client-request-id", "true".to_owned()),
            ],
            bearer: Some(token.secret),
            body: body.cloned(),
        };
        let started = self.clock.monotonic();
        let answer = self.transport.send(request).await;
        let took = self.clock.monotonic().saturating_sub(started).as_millis() as u64;
        // The query of an operation's address is a signature: only the path is written.
        let path = url.split('?').next().unwrap_or(url);
        match &answer {
            Ok(response) => {
                tracing::debug!(%method, path, status = response.status, took, %id,
                    request = response.header("x-ms-request-id"),
                    correlation = response.header("x-ms-correlation-request-id"), "azure");
                warn_of_quota(response);
            }
            Err(error) => tracing::debug!(%method, path, took, %id, sent = error.sent, "azure: {error}"),
        }
        Ok(answer)
    }

    /// A token is for the endpoint alone, whatever address an answer names.
    fn guard(&self, url: &str) -> Result<()> {
        let there = origin(url).ok_or_else(|| Error::bug(format!("`{url}` is no address")))?;
        let below = there.rsplit_once("://").zip(self.host.rsplit_once("://")).is_some_and(|(there, host)| {
            there.0 == host.0 && (there.1 == host.1 || there.1.ends_with(&format!(".{}", host.1)))
        });
        if below {
            Ok(())
        } else {
            Err(Error::new(Kind::Denied, format!("Azure named an address at another host: `{there}`"))
                .hint("tokens are sent to the configured endpoint only"))
        }
    }
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?.to_ascii_lowercase();
    Some(format!("{}://{host}:{}", url.scheme(), url.port_or_known_default()?))
}

fn gave_up(attempts: u32, reason: Error) -> Error {
    let tries = text::count(attempts as usize, "attempt");
    Error::new(Kind::Unreachable, format!("Azure gave no lasting answer in {tries}"))
        .hint("Azure throttles, is disturbed or cannot be reached: check the network, or try again in some minutes")
        .caused_by(reason)
}

fn after_response(method: Method, response: Response, mut backoff: Backoff, renewed: bool) -> Next {
    let asked = retry_after(&response);
    let read = method == Method::Get;
    match response.status {
        401 if !renewed => Next::Renew,
        408 | 429 | 500 | 502 | 503 | 504 if read => {
            Next::Again(asked.unwrap_or_else(|| backoff.delay()), ServiceError::read(&response).into_error())
        }
        // Refused before anything was done: the service says when to come back.
        429 | 503 if asked.is_some() => {
            Next::Again(asked.unwrap_or_default(), ServiceError::read(&response).into_error())
        }
        408 | 500 | 502 | 503 | 504 => {
            let error = ServiceError::read(&response);
            // Throttling may wear a 503.
            if response.status == 503 && error.code.eq_ignore_ascii_case("TooManyRequests") {
                return Next::Fail(error.into_error());
            }
            let text = error.into_error();
            Next::Fail(
                Error::new(Kind::AnswerLost, "Azure failed in the middle: the change may or may not have been made")
                    .code(text.service_code().unwrap_or_default())
                    .hint("read the resource back before anything else")
                    .caused_by(text),
            )
        }
        _ => Next::Done(response),
    }
}

fn after_failure(method: Method, error: &TransportError, mut backoff: Backoff) -> Next {
    if error.tls {
        return Next::Fail(
            Error::new(Kind::Denied, "TLS with Azure failed: its certificate was not accepted")
                .caused_by(error.clone())
                .hint("add the issuing root under `[trust]`; a proxy that opens TLS needs its root there"),
        );
    }
    if error.sent && method != Method::Get {
        return Next::Fail(
            Error::new(Kind::AnswerLost, "Azure's answer was lost: the change may or may not have been made")
                .caused_by(error.clone())
                .hint("read the resource back before anything else"),
        );
    }
    Next::Again(backoff.delay(), Error::new(Kind::Unreachable, error.message.clone()))
}

/// Seconds, or milliseconds under the two older names. Zero counts as absent, as in Microsoft's clients.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let number = |name: &str| response.header(name).and_then(|v| v.trim().parse::<u64>().ok()).filter(|n| *n > 0);
    number("retry-after")
        .map(Duration::from_secs)
        .or_else(|| number("retry-after-ms").map(Duration::from_millis))
        .or_else(|| number("x-ms-retry-after-ms").map(Duration::from_millis))
}

fn warn_of_quota(response: &Response) {
    for (name, value) in &response.headers {
        if let Some(what) = name.strip_prefix("x-ms-ratelimit-remaining-")
            && value.parse::<u64>().is_ok_and(|n| n < LOW_QUOTA)
        {
            tracing::warn!(what, remaining = value, "azure will throttle soon");
        }
    }
}
